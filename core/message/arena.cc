#include "core/message/arena.h"

#include <algorithm>

namespace weir {

Arena::Arena(ChunkPool &pool) : abi_{{sizeof(weir_arena), 0, &Arena::from_plugin}, this}, pool_(pool) {}

void *Arena::from_plugin(weir_arena *abi, uint64_t size, uint32_t align) {
  if (align == 0 || align > 64 || (align & (align - 1)) != 0) return nullptr;
  return static_cast<Abi *>(abi)->self->alloc(size, align);
}

void *Arena::alloc_in_chunks(size_t size, size_t align) {
  if (size > kLimit || used_ + first_used_ + size > kLimit) return nullptr;
  if (tail_ != nullptr) {
    auto at = reinterpret_cast<uintptr_t>(tail_->bytes() + tail_->end);
    size_t pad = (align - at % align) % align;
    if (tail_->room() >= pad + size) {
      tail_->end += pad + size;
      used_ += pad + size;
      return tail_->bytes() + tail_->end - size;
    }
  }
  size_t usual = tail_ == nullptr ? kFirst : std::min(tail_->cap * 4, kMost);
  Chunk *chunk = pool_.get(std::max(size + align, usual));
  (tail_ != nullptr ? tail_->next : head_) = chunk;
  tail_ = chunk;
  return alloc_in_chunks(size, align);
}

void Arena::release() {
  while (Chunk *chunk = head_) {
    head_ = chunk->next;
    pool_.put(chunk);
  }
  tail_ = nullptr;
  last_held_ = nullptr;
  used_ = 0;
}

bool Arena::chunks_hold(const uint8_t *ptr, size_t len) const {
  const Chunk *first = last_held_ != nullptr ? last_held_ : head_;
  const Chunk *chunk = first;
  while (chunk != nullptr) {
    if (ptr >= chunk->bytes() && len <= chunk->end && ptr <= chunk->bytes() + chunk->end - len) {
      last_held_ = chunk;
      return true;
    }
    chunk = chunk->next != nullptr ? chunk->next : head_;
    if (chunk == first) return false;
  }
  return false;
}

}  // namespace weir
