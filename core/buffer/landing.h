// Room at the end of a chain for bytes that are read straight into it, by one readv(2): what the last chunk has left,
// then new chunks. What is not filled goes back, and a chunk that got little is exchanged for one that fits, so that
// memory follows what arrives.
//
//   Landing room(pool, chain, most); n = readv(fd, room.pieces(), room.count()); beyond = room.landed(n);
//
// Owner: lives for one read, in which nobody else touches the chain. Thread: the worker's alone.
#pragma once

#include <sys/uio.h>

#include "core/buffer/chain.h"

namespace weir {

class Landing {
 public:
  static constexpr size_t kMost = 256 << 10;  // bytes at once

  // For the next `most` bytes, or as many of them as are read at once.
  Landing(ChunkPool &pool, Chain &to, size_t most);
  ~Landing();
  Landing(const Landing &) = delete;
  Landing &operator=(const Landing &) = delete;

  // Where to read what comes behind these bytes.
  void add_behind(uint8_t *data, size_t len) { pieces_[count_++] = {data, len}; }
  const iovec *pieces() const { return pieces_; }
  int count() const { return count_; }
  // n bytes were read: they are the chain's. How many of them lie behind. Once.
  size_t landed(size_t n);

 private:
  static constexpr size_t kChunk = Chain::kMost;
  static constexpr int kMostPieces = static_cast<int>(kMost / kChunk) + 3;  // the tail, the chunks, and what is behind
  void take(Chunk *chunk, size_t len);

  ChunkPool &pool_;
  Chain &to_;
  Chunk *chunks_ = nullptr;
  size_t in_tail_ = 0;
  int count_ = 0;
  iovec pieces_[kMostPieces];
};

}  // namespace weir
