#include "core/message/arena.h"

#include <algorithm>

namespace weir {

Arena::Arena(ChunkPool &pool) : abi_{{sizeof(weir_arena), 0, &Arena::from_plugin}, this}, pool_(pool) {}

void *Arena::from_plugin(weir_arena *abi, uint64_t size, uint32_t align) {
  if (align == 0 || align > 64 || (align & (align - 1)) != 0) return nullptr;
  return static_cast<Abi *>(abi)->self->alloc(size, align);
}

void *Arena::alloc(size_t size, size_t align) {
  if (size > kLimit || used_ + size > kLimit) return nullptr;
  if (head_ != nullptr) {
    auto at = reinterpret_cast<uintptr_t>(head_->bytes() + head_->end);
    size_t pad = (align - at % align) % align;
    if (head_->room() >= pad + size) {
      head_->end += pad + size;
      used_ += pad + size;
      return head_->bytes() + head_->end - size;
    }
  }
  Chunk *chunk = pool_.get(std::max<size_t>(size + align, 3 << 10));
  chunk->next = head_;
  head_ = chunk;
  return alloc(size, align);
}

void Arena::release() {
  while (Chunk *chunk = head_) {
    head_ = chunk->next;
    pool_.put(chunk);
  }
  used_ = 0;
}

bool Arena::holds(const uint8_t *ptr, size_t len) const {
  for (const Chunk *chunk = head_; chunk != nullptr; chunk = chunk->next) {
    if (ptr >= chunk->bytes() && len <= chunk->end && ptr <= chunk->bytes() + chunk->end - len) return true;
  }
  return false;
}

}  // namespace weir
