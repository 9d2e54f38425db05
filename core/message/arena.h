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
  void *alloc(size_t size, size_t align);
  void reset() {
    if (head_ != nullptr) release();
  }
  // True when all of [ptr, ptr + len) came from here since the last reset.
  bool holds(const uint8_t *ptr, size_t len) const;

 private:
  // A small callback gets along with a small chunk; a large one should not fill hundreds.
  static constexpr size_t kFirst = 3 << 10;
  static constexpr size_t kMost = (64 << 10) - sizeof(Chunk);
  static void *from_plugin(weir_arena *, uint64_t size, uint32_t align);
  void release();

  struct Abi : weir_arena {
    Arena *self;
  };
  Abi abi_;
  ChunkPool &pool_;
  Chunk *head_ = nullptr, *tail_ = nullptr;   // in the order in which they were filled
  mutable const Chunk *last_held_ = nullptr;  // where holds() looks first: it is asked in that order, too
  size_t used_ = 0;
};

}  // namespace weir
