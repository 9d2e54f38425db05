// The scratch memory behind weir_arena: grows by chunks, emptied in one go.
// Owner: the worker, which resets it once the output of a callback is taken. Thread: the worker's alone.
#pragma once

#include <weir/types.h>

#include "core/buffer/chunk.h"

namespace weir {

class Arena {
 public:
  static constexpr size_t kLimit = 64 << 20;  // bytes between two resets

  explicit Arena(ChunkPool &pool);
  ~Arena() { reset(); }
  Arena(const Arena &) = delete;
  Arena &operator=(const Arena &) = delete;

  weir_arena *abi() { return &abi_; }
  void *alloc(size_t size, size_t align) {
    const size_t at = (first_used_ + align - 1) & ~(align - 1);
    if (head_ != nullptr || size > kHere || at > kHere - size) return alloc_in_chunks(size, align);
    first_used_ = at + size;
    return first_ + at;
  }
  void reset() {
    first_used_ = 0;
    if (head_ != nullptr) release();
  }
  // True when all of [ptr, ptr + len) came from here since the last reset.
  bool holds(const uint8_t *ptr, size_t len) const {
    const auto at = reinterpret_cast<uintptr_t>(ptr) - reinterpret_cast<uintptr_t>(first_);
    if (at <= first_used_ && len <= first_used_ - at) return true;
    return head_ != nullptr && chunks_hold(ptr, len);
  }

 private:
  // Most callbacks get along with what lies in here; a large one should not fill hundreds of chunks.
  static constexpr size_t kHere = 1 << 10;
  static constexpr size_t kFirst = 3 << 10;
  static constexpr size_t kMost = (64 << 10) - sizeof(Chunk);
  static void *from_plugin(weir_arena *, uint64_t size, uint32_t align);
  void *alloc_in_chunks(size_t size, size_t align);
  bool chunks_hold(const uint8_t *ptr, size_t len) const;
  void release();

  struct Abi : weir_arena {
    Arena *self;
  };
  Abi abi_;
  ChunkPool &pool_;
  Chunk *head_ = nullptr, *tail_ = nullptr;   // in the order in which they were filled
  mutable const Chunk *last_held_ = nullptr;  // where holds() looks first: it is asked in that order, too
  size_t used_ = 0;                           // of the chunks
  size_t first_used_ = 0;
  alignas(64) uint8_t first_[kHere];
};

}  // namespace weir
