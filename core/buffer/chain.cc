#include "core/buffer/chain.h"

#include <algorithm>

namespace weir {

void Chain::append(Chunk *chunk) {
  chunk->next = nullptr;
  (tail_ != nullptr ? tail_->next : head_) = chunk;
  tail_ = chunk;
  bytes_ += chunk->size();
}

void Chain::append_fitting(ChunkPool &pool, const void *data, size_t len) {
  Chunk *chunk = pool.get(len);
  std::memcpy(chunk->bytes(), data, len);
  chunk->end = len;
  append(chunk);
}

void Chain::append(Chain &other) {
  if (other.head_ == nullptr) return;
  (tail_ != nullptr ? tail_->next : head_) = other.head_;
  tail_ = other.tail_;
  bytes_ += other.bytes_;
  other.head_ = other.tail_ = nullptr;
  other.bytes_ = 0;
}

Chunk *Chain::pop() {
  Chunk *chunk = head_;
  if (chunk == nullptr) return nullptr;
  head_ = chunk->next;
  if (head_ == nullptr) tail_ = nullptr;
  bytes_ -= chunk->size();
  chunk->next = nullptr;
  return chunk;
}

void Chain::append_slowly(ChunkPool &pool, const void *data, size_t len) {
  if (tail_ == nullptr && len <= kFirst) {
    Chunk *chunk = pool.get(kFirst);
    head_ = tail_ = chunk;
    chunk->end = bytes_ = len;
    std::memcpy(chunk->bytes(), data, len);
    return;
  }
  const auto *from = static_cast<const uint8_t *>(data);
  while (len > 0) {
    if (tail_ == nullptr || tail_->room() == 0) {
      size_t want = tail_ == nullptr ? kFirst : std::min(tail_->cap * 4, kMost);
      append(pool.get(std::max(want, std::min(len, kMost))));
    }
    size_t part = std::min(len, tail_->room());
    std::memcpy(tail_->bytes() + tail_->end, from, part);
    tail_->end += part;
    bytes_ += part;
    from += part;
    len -= part;
  }
}

void Chain::append(ChunkPool &pool, Chain &other) {
  while (Chunk *chunk = other.head_) {
    other.head_ = chunk->next;
    if (chunk->size() <= kCopyBelow) {
      append(pool, chunk->data(), chunk->size());
      pool.put(chunk);
    } else {
      append(chunk);
    }
  }
  other.tail_ = nullptr;
  other.bytes_ = 0;
}

void Chain::copy_last(size_t len, uint8_t *to) const {
  if (tail_ != nullptr && tail_->size() >= len) {
    std::memcpy(to, tail_->bytes() + tail_->end - len, len);
    return;
  }
  size_t skip = bytes_ - len;
  for (const Chunk *chunk = head_; chunk != nullptr; chunk = chunk->next) {
    size_t left_out = std::min(skip, chunk->size());
    skip -= left_out;
    std::memcpy(to, chunk->data() + left_out, chunk->size() - left_out);
    to += chunk->size() - left_out;
  }
}

int Chain::gather(iovec *out, int max) const {
  int n = 0;
  for (Chunk *chunk = head_; chunk != nullptr && n < max; chunk = chunk->next) {
    if (chunk->size() > 0) out[n++] = {chunk->data(), chunk->size()};
  }
  return n;
}

void Chain::consume_slowly(ChunkPool &pool, size_t len) {
  bytes_ -= len;
  while (head_ != nullptr && head_->size() <= len) {
    Chunk *chunk = head_;
    len -= chunk->size();
    head_ = chunk->next;
    pool.put(chunk);
  }
  if (head_ == nullptr) {
    tail_ = nullptr;
  } else {
    head_->begin += len;
  }
}

}  // namespace weir
