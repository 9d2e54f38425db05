// A reply that is ready before its turn: a few bytes lie in here, more in a chain.
// Owner: its Request; it must be cleared into its pool. Thread: the worker's alone.
#pragma once

#include <cstring>

#include "core/buffer/chain.h"

namespace weir {

class HeldReply {
 public:
  static constexpr uint32_t kSmall = 60;  // bytes that lie in here

  HeldReply() = default;
  ~HeldReply() = default;
  HeldReply(const HeldReply &) = delete;
  HeldReply &operator=(const HeldReply &) = delete;

  bool empty() const { return small_len_ == 0 && chain_.empty(); }
  size_t size() const { return small_len_ + chain_.size(); }
  bool holds_memory() const { return chain_.holds_memory(); }

  void append(ChunkPool &pool, const void *data, size_t len) {
    if (len <= kSmall - small_len_ && chain_.empty()) {
      std::memcpy(small_ + small_len_, data, len);
      small_len_ += static_cast<uint32_t>(len);
      return;
    }
    chain(pool).append_snugly(pool, data, len);
  }
  // Everything there is, as a chain that more can be appended to.
  Chain &chain(ChunkPool &pool) {
    if (small_len_ > 0) {
      chain_.append_snugly(pool, small_, small_len_);
      small_len_ = 0;
    }
    return chain_;
  }
  // Moves everything to the end of `to`.
  void move_to(ChunkPool &pool, Chain &to) {
    if (small_len_ > 0) to.append(pool, small_, small_len_);
    small_len_ = 0;
    if (!chain_.empty()) to.append(pool, chain_);
  }
  void clear(ChunkPool &pool) {
    small_len_ = 0;
    chain_.clear(pool);
  }

 private:
  Chain chain_;
  uint32_t small_len_ = 0;
  uint8_t small_[kSmall];
};

}  // namespace weir
