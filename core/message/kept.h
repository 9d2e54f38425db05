// A request as it was sent to a server, to be sent again should the connection be lost: in a chunk of its own, behind
// the key that its server was chosen by.
// Owner: its Part. Thread: the worker's alone. No I/O here.
#pragma once

#include <weir/types.h>

#include "core/buffer/chain.h"

namespace weir {

class Kept {
 public:
  // What is larger is not worth a copy that is hardly ever needed.
  static constexpr size_t kMost = 64 << 10;

  // The last len bytes of `from`. key: NULLABLE, a request without can be sent to its server again, but to no other.
  static Chunk *make(ChunkPool &pool, const Chain &from, size_t len, const weir_bytes *key);
  static bool has_key(const Chunk &kept) { return key_len(kept) != kNone; }
  static weir_bytes key(const Chunk &kept) { return {kept.bytes() + sizeof(uint32_t), key_len(kept)}; }

 private:
  static constexpr uint32_t kNone = UINT32_MAX;
  static uint32_t key_len(const Chunk &kept) {
    uint32_t len = 0;
    std::memcpy(&len, kept.bytes(), sizeof len);
    return len;
  }
};

}  // namespace weir
