// Bytes on their way out: a list of chunks that is appended to at the tail and written from the head.
// Owner: the connection or request that holds it; it must be cleared into its pool. Thread: the worker's alone.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstring>

#include "core/buffer/chunk.h"

namespace weir {

class Chain {
 public:
  Chain() = default;
  ~Chain() = default;
  Chain(const Chain &) = delete;
  Chain &operator=(const Chain &) = delete;

  bool empty() const { return bytes_ == 0; }
  size_t size() const { return bytes_; }
  bool holds_memory() const { return head_ != nullptr; }  // perhaps without a byte in it yet

  // Copies.
  [[gnu::always_inline]] void append(ChunkPool &pool, const void *data, size_t len) {
    Chunk *tail = tail_;
    if (tail == nullptr || tail->room() < len) return append_slowly(pool, data, len);
    size_t end = tail->end;
    tail->end = end + len;
    bytes_ += len;
    std::memcpy(tail->bytes() + end, data, len);
  }
  // The same for bytes that will lie here for a while: a first chunk that fits instead of a roomy one.
  void append_snugly(ChunkPool &pool, const void *data, size_t len) {
    reserve_snugly(pool, len);
    append(pool, data, len);
  }
  // The next len bytes will lie here for a while.
  void reserve_snugly(ChunkPool &pool, size_t len) {
    if (tail_ == nullptr && len > 0 && len < kFirst) append(pool.get(len));
  }
  // Room for len bytes behind the last, in one piece: filled() makes them count. Null when they are too many for that.
  uint8_t *reserve(ChunkPool &pool, size_t len) {
    if (tail_ == nullptr || tail_->room() < len) {
      if (len == 0 || len > kMost) return nullptr;
      append(pool.get(std::max(len, kFirst)));
    }
    return tail_->bytes() + tail_->end;
  }
  // What the last chunk has left; filled() counts there, too.
  iovec room() {
    if (tail_ == nullptr) return {nullptr, 0};
    return {tail_->bytes() + tail_->end, tail_->room()};
  }
  void filled(size_t len) {
    tail_->end += len;
    bytes_ += len;
  }
  // Takes the chunk over; it keeps its place.
  void append(Chunk *chunk);
  // Copies into a chunk that fits.
  void append_fitting(ChunkPool &pool, const void *data, size_t len);
  // Takes everything from other as it is.
  void append(Chain &other);
  // Takes everything from other, copying what is small so that the list stays short.
  void append(ChunkPool &pool, Chain &other);

  // The first chunk leaves with what it holds; null when there is none.
  Chunk *pop();
  // The first bytes, as far as they lie in one piece.
  const uint8_t *front() const { return head_->data(); }
  // The chunk that holds everything; null when there are several, or none.
  const Chunk *only() const { return head_ == tail_ ? head_ : nullptr; }
  // Copies the last len bytes, of at least as many.
  void copy_last(size_t len, uint8_t *to) const;
  // Fills at most max entries; returns how many.
  int gather(iovec *out, int max) const;
  // Drops len bytes from the front and gives emptied chunks back.
  void consume(ChunkPool &pool, size_t len) {
    if (len == bytes_ && head_ == tail_ && head_ != nullptr) {  // all of it, in one chunk: most often
      pool.put(head_);
      head_ = tail_ = nullptr;
      bytes_ = 0;
      return;
    }
    consume_slowly(pool, len);
  }
  void clear(ChunkPool &pool) {
    if (head_ != nullptr) consume(pool, bytes_);
  }

  static constexpr size_t kMost = (64 << 10) - sizeof(Chunk);  // the largest piece that bytes are copied into

 private:
  static constexpr size_t kFirst = (4 << 10) - sizeof(Chunk);
  static constexpr size_t kCopyBelow = 2 << 10;
  void append_slowly(ChunkPool &pool, const void *data, size_t len);
  void consume_slowly(ChunkPool &pool, size_t len);

  Chunk *head_ = nullptr, *tail_ = nullptr;
  size_t bytes_ = 0;
};

}  // namespace weir
