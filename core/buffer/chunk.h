// A block of bytes with exactly one owner, and the pool a worker takes its blocks from.
// Owner: whoever holds the pointer; it goes back by ChunkPool::put. Thread: the worker's alone.
#pragma once

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
  static constexpr uint32_t kUnpooled = kClasses;

  ChunkPool() = default;
  ~ChunkPool();
  ChunkPool(const ChunkPool &) = delete;
  ChunkPool &operator=(const ChunkPool &) = delete;

  // An empty block with room for at least `room` bytes. Never null: out of memory ends the process.
  Chunk *get(size_t room);
  void put(Chunk *chunk);
  // The chunk with room for at least `total` bytes in all; it may have moved. What it holds stays where it is in it.
  Chunk *grow(Chunk *chunk, size_t total);

  // Bytes handed out now.
  size_t in_use() const { return in_use_; }
  // Gives idle blocks that were not needed since the last trim back to the system. True when it freed any.
  bool trim();

 private:
  struct FreeList {
    Chunk *head = nullptr;
    size_t count = 0;
    size_t low = 0;  // the fewest idle since the last trim: what was never needed
  };
  Chunk *allocate(size_t total, uint32_t size_class);

  static constexpr size_t kMaxIdleBytes = 8 << 20;  // a class
  FreeList free_[kClasses];
  size_t in_use_ = 0;
};

}  // namespace weir
