// The host's side of weir_out: collects the segments of one callback, checks them, and turns them into bytes.
// Owner: the worker, one for all callbacks, since only one runs at a time.
#pragma once

#include <weir/out.h>

#include <span>
#include <vector>

#include "core/buffer/chain.h"
#include "core/message/arena.h"
#include "core/message/held_reply.h"

namespace weir {

class OutList {
 public:
  static constexpr size_t kMaxSegments = 8 << 20;

  OutList();
  OutList(const OutList &) = delete;
  OutList &operator=(const OutList &) = delete;

  // Ready for one callback; the sources are what WEIR_SEG_REF and peek() may name, and must stay until flatten().
  weir_out *open(std::span<const weir_bytes> sources);
  // Appends the bytes of all segments to `to`. False, with nothing appended, when a segment is not legal.
  bool flatten(const Arena &arena, ChunkPool &pool, Chain &to);
  bool flatten(const Arena &arena, ChunkPool &pool, HeldReply &to);
  size_t bytes() const;
  uint32_t swallow() const { return abi_.swallow; }
  // Between two callbacks: the room that a large one needed is not kept.
  void trim();
  bool wants_close() const { return (abi_.flags & WEIR_OUT_CLOSE) != 0; }

 private:
  static constexpr size_t kFirst = 256;
  static weir_status grow(weir_out *, uint32_t want);
  static const uint8_t *peek(weir_out *, uint32_t src, uint64_t off, uint64_t len);
  bool put(ChunkPool &pool, Chain &to) const;
  bool locate(const Arena &arena);  // every segment's ptr says where its bytes are; false when one is not legal
  static bool is_legal(const weir_seg &seg, const Arena &arena);  // one that is no REF

  weir_out abi_{};
  std::vector<weir_seg> segs_;
  size_t total_ = 0;  // of the segments, once they are located
  std::span<const weir_bytes> sources_;
};

}  // namespace weir
