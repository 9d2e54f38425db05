#include "core/buffer/landing.h"

#include <algorithm>
#include <cstring>

namespace weir {

Landing::Landing(ChunkPool &pool, Chain &to, size_t most) : pool_(pool), to_(to) {
  size_t left = std::min(most, kMost);
  if (iovec tail = to.room(); tail.iov_len > 0) {
    in_tail_ = std::min(tail.iov_len, left);
    add_behind(static_cast<uint8_t *>(tail.iov_base), in_tail_);
    left -= in_tail_;
  }
  for (Chunk **end = &chunks_; left > 0; end = &(*end)->next) {
    size_t len = std::min(left, kChunk);
    *end = pool.get(len);
    add_behind((*end)->bytes(), len);
    left -= len;
  }
}

Landing::~Landing() {
  landed(0);
}

size_t Landing::landed(size_t n) {
  const iovec *piece = pieces_;
  if (in_tail_ > 0) {
    size_t part = std::min(n, in_tail_);
    if (part > 0) to_.filled(part);
    n -= part;
    in_tail_ = 0;
    ++piece;
  }
  while (Chunk *chunk = chunks_) {
    chunks_ = chunk->next;
    size_t part = std::min(n, piece++->iov_len);
    take(chunk, part);
    n -= part;
  }
  return n;
}

void Landing::take(Chunk *chunk, size_t len) {
  if (len == 0) return pool_.put(chunk);
  chunk->end = len;
  bool roomy = len < chunk->cap / 4 && ChunkPool::class_of(len + sizeof(Chunk)) < chunk->size_class;
  if (!roomy) return to_.append(chunk);
  Chunk *fits = pool_.get(len);
  std::memcpy(fits->bytes(), chunk->bytes(), len);
  fits->end = len;
  to_.append(fits);
  pool_.put(chunk);
}

}  // namespace weir
