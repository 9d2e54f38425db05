// What a connection has received and not yet finished with, kept contiguous from the unfinished message's first byte.
//
// Bytes are read into the worker's window, parsed in place and gone at the end of the call; only what is left of an
// unfinished message is kept, in a chunk that fits. A message that grows large gets its own chunk, and is read into it
// directly from then on. A connection without an unfinished message holds nothing.
//
//   prepare() -> read -> received(n) -> parse -> keep(what is left)
//
// Owner: the connection. Thread: the worker's alone. No I/O here.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/buffer/chunk.h"

namespace weir {

// The worker's receive buffer, shared by all its connections.
struct Window {
  uint8_t *data = nullptr;
  size_t size = 0;
};

class Inbox {
 public:
  struct Span {
    uint8_t *data = nullptr;
    size_t len = 0;
  };

  // Where the next bytes go.
  Span prepare(ChunkPool &pool, const Window &window) {
    return held_ == nullptr ? Span{window.data, window.size} : prepare_more(pool, window);
  }
  // n bytes were put there. All that is at hand, from the first byte of the unfinished message. {call}: until keep() or
  // done().
  Span received(ChunkPool &pool, const Window &window, size_t n) {
    return held_ == nullptr ? Span{window.data, n} : received_more(pool, window, n);
  }
  // The same without new bytes: what keep() kept.
  Span again();

  // The bytes were received in a chunk of their own; nothing is held.
  void hold(Chunk *chunk) { held_ = chunk; }
  // They were received behind what is held.
  void add(ChunkPool &pool, Span more);

  // The message that begins at `from` is unfinished; its parser goes on at offset `resume` of it, which may lie past
  // the end. size: the message's whole size where it is known, else 0; no byte past it is read then.
  void keep(ChunkPool &pool, Span all, size_t from, size_t resume, size_t size);
  // Nothing is unfinished.
  void done(ChunkPool &pool) {
    if (held_ != nullptr) pool.put(held_);
    held_ = nullptr;
    resume_ = size_ = 0;
  }
  void clear(ChunkPool &pool) { done(pool); }

  size_t resume() const { return resume_; }
  size_t held() const { return held_ == nullptr ? 0 : held_->size(); }
  // Whether `all` lies in a chunk of its own that can be taken over whole.
  bool owns(Span all) const { return held_ != nullptr && all.data == held_->data(); }
  // The same for a message that fills most of the chunk, and is all that is there.
  bool is_filled_by(const uint8_t *message, size_t size) const {
    return held_ != nullptr && held_->data() == message && held_->size() == size && size >= held_->cap / 2;
  }
  Chunk *take();

  static constexpr size_t kMostAtOnce = 256 << 10;  // memory is never taken for more than this before it is needed

 private:
  static constexpr size_t kOwnChunkFrom = 16 << 10;  // smaller remainders are copied to the front of the window
  static constexpr size_t kGrowStep = kMostAtOnce;
  bool reads_in_place(const Window &window) const;
  Span prepare_more(ChunkPool &pool, const Window &window);
  Span received_more(ChunkPool &pool, const Window &window, size_t n);

  Chunk *held_ = nullptr;
  size_t resume_ = 0;
  size_t size_ = 0;  // of the message held, 0 = not known
};

}  // namespace weir
