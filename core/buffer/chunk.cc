#include "core/buffer/chunk.h"

#include <algorithm>
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

Chunk *ChunkPool::allocate(size_t total, uint32_t size_class) {
  void *memory = std::malloc(total);
  if (memory == nullptr) std::abort();  // the bounds on what clients may make us hold come long before this
  auto *chunk = new (memory) Chunk{};
  chunk->cap = total - sizeof(Chunk);
  chunk->size_class = size_class;
  return chunk;
}

Chunk *ChunkPool::get(size_t room) {
  size_t total = room + sizeof(Chunk);
  uint32_t size_class = 0;
  while (size_class < kClasses && kClassBytes[size_class] < total) ++size_class;
  Chunk *chunk = nullptr;
  if (size_class < kClasses && free_[size_class].head != nullptr) {
    FreeList &list = free_[size_class];
    chunk = list.head;
    list.head = chunk->next;
    list.low = std::min(list.low, --list.count);
  } else {
    chunk = allocate(size_class < kClasses ? kClassBytes[size_class] : total, size_class);
  }
  chunk->next = nullptr;
  chunk->begin = chunk->end = 0;
  in_use_ += chunk->cap;
  return chunk;
}

void ChunkPool::put(Chunk *chunk) {
  in_use_ -= chunk->cap;
  if (chunk->size_class < kClasses) {
    FreeList &list = free_[chunk->size_class];
    if (list.count * kClassBytes[chunk->size_class] < kMaxIdleBytes) {
      chunk->next = list.head;
      list.head = chunk;
      ++list.count;
      return;
    }
  }
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
  return freed;
}

}  // namespace weir
