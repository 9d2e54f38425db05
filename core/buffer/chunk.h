// A block of bytes with exactly one owner, and the pool a worker takes its blocks from.
// Owner: whoever holds the pointer; it goes back by ChunkPool::put. Thread: the worker's alone.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace weir {

// Bytes [begin, end) of the block are filled.
struct Chunk {
  Chunk *next;
  size_t cap, begin, end;
  uint32_t size_class;  // kUnpooled: allocated for its size, freed when given back

  uint8_t *bytes() { return reinterpret_cast<uint8_t *>(this + 1); }
  const uint8_t *bytes() const { return reinterpret_cast<const uint8_t *>(this + 1); }
  uint8_t *data() { return bytes() + begin; }
  const uint8_t *data() const { return bytes() + begin; }
  size_t size() const { return end - begin; }
  size_t room() const { return cap - end; }
};

// Blocks of five sizes on free lists, larger ones straight from the system. What is idle is bounded, and trim() gives
// it back, so that memory follows the load down.
class ChunkPool {
 public:
  static constexpr size_t kClassBytes[] = {256, 1 << 10, 4 << 10, 16 << 10, 64 << 10};  // with the header
  static constexpr uint32_t kClasses = 5;
  // The smallest class with room for so many bytes; kClasses or more when there is none.
  static constexpr uint32_t class_of(size_t total) {
    return total <= kClassBytes[0] ? 0 : (static_cast<uint32_t>(std::bit_width(total - 1)) - 7) / 2;
  }
  static constexpr uint32_t kUnpooled = kClasses;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool &) = delete;
  ChunkPool &operator=(const ChunkPool &) = delete;

  // An empty block with room for at least `room` bytes. Never null: out of memory ends the process.
  [[gnu::always_inline]] Chunk *get(size_t room) {
    uint32_t size_class = class_of(room + sizeof(Chunk));
    if (size_class >= kClasses || free_[size_class].head == nullptr) return make(room, size_class);
    FreeList &list = free_[size_class];
    Chunk *chunk = list.head;
    list.head = chunk->next;
    list.low = std::min(list.low, --list.count);
    chunk->next = nullptr;
    chunk->begin = chunk->end = 0;
    in_use_ += chunk->cap;
    return chunk;
  }
  void put(Chunk *chunk) {
    in_use_ -= chunk->cap;
    if (chunk->size_class >= kClasses) return release(chunk);
    FreeList &list = free_[chunk->size_class];
    if (list.count >= kMostIdle[chunk->size_class]) return release(chunk);
    chunk->next = list.head;
    list.head = chunk;
    ++list.count;
  }
  // The chunk with room for at least `total` bytes in all; it may have moved. What it holds stays where it is in it.
  Chunk *grow(Chunk *chunk, size_t total);

  // Bytes handed out now.
  size_t in_use() const { return in_use_; }
  // Gives idle blocks that were not needed since the last trim back to the allocator. True when that should now
  // give memory back to the system: after that, and once blocks too large or too many to keep have ceased to come back.
  bool trim();

 private:
  struct FreeList {
    Chunk *head = nullptr;
    size_t count = 0;
    size_t low = 0;  // the fewest idle since the last trim: what was never needed
  };
  Chunk *make(size_t room, uint32_t size_class);
  void release(Chunk *chunk);

  static constexpr size_t kMostIdleBytes = 8 << 20;   // a class
  static constexpr size_t kMostIdleLarge = 64 << 20;  // of the last one
  static constexpr size_t kMostIdle[kClasses] = {kMostIdleBytes / kClassBytes[0], kMostIdleBytes / kClassBytes[1],
                                                 kMostIdleBytes / kClassBytes[2], kMostIdleBytes / kClassBytes[3],
                                                 kMostIdleLarge / kClassBytes[4]};
  FreeList free_[kClasses];
  size_t in_use_ = 0;
  bool released_ = false;  // since the last trim the allocator got a block back, ...
  bool owes_ = false;      // ... or before it, and was not yet told to give memory back
};

}  // namespace weir
