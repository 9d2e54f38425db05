#include "core/buffer/chunk.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace weir {

ChunkPool::~ChunkPool() {
  for (FreeList &list : free_) {
    while (Chunk *chunk = list.head) {
      list.head = chunk->next;
      std::free(chunk);
    }
  }
}

Chunk *ChunkPool::make(size_t room, uint32_t size_class) {
  bool pooled = size_class < kClasses;
  size_t total = pooled ? kClassBytes[size_class] : room + sizeof(Chunk);
  void *memory = std::malloc(total);
  if (memory == nullptr) std::abort();  // the bounds on what clients may make us hold come long before this
  auto *chunk = new (memory) Chunk{};
  chunk->cap = total - sizeof(Chunk);
  chunk->size_class = pooled ? size_class : kUnpooled;
  in_use_ += chunk->cap;
  return chunk;
}

void ChunkPool::release(Chunk *chunk) {
  released_ = true;
  std::free(chunk);
}

Chunk *ChunkPool::grow(Chunk *chunk, size_t total) {
  if (chunk->cap >= total) return chunk;
  if (chunk->size_class == kUnpooled) {  // large blocks are remapped by the allocator, not copied
    in_use_ += total - chunk->cap;
    auto *moved = static_cast<Chunk *>(std::realloc(static_cast<void *>(chunk), total + sizeof(Chunk)));
    if (moved == nullptr) std::abort();
    moved->cap = total;
    return moved;
  }
  Chunk *larger = get(total);
  std::memcpy(larger->bytes(), chunk->bytes(), chunk->end);
  larger->begin = chunk->begin;
  larger->end = chunk->end;
  put(chunk);
  return larger;
}

bool ChunkPool::trim() {
  bool freed = false;
  for (FreeList &list : free_) {
    for (size_t spare = list.low; spare > 0; --spare) {
      Chunk *chunk = list.head;
      list.head = chunk->next;
      --list.count;
      std::free(chunk);
      freed = true;
    }
    list.low = list.count;
  }
  bool quiet = owes_ && !released_;
  owes_ = !quiet && (owes_ || released_) && !freed;
  released_ = false;
  return freed || quiet;
}

}  // namespace weir
