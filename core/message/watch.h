// What is remembered of a request whose end somebody wants to hear of: its filters, or the tag that they gave it.
//
// It hangs on its request until that has ended, however it ends; requests that nobody watches have none.
//
// Owner: the request, then the pool's free list. Thread: the worker's alone.
#pragma once

#include <weir/filter.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "core/base/tags.h"

namespace weir {

struct Watch {
  Watch *next = nullptr;  // the free list
  uint64_t began_us = 0;
  uint64_t reply_size = 0;
  TagCells *counted = nullptr;     // null: it has no tag
  uint32_t status = WEIR_PART_OK;  // of the first part that failed
  uint32_t error = WEIR_ERR_NONE;  // weir's
  bool is_error = false;
  uint8_t asked = 0;  // a bit for each filter that hears how it ended
  uint8_t tag_len = 0;
  uint8_t tag[TagTable::kLongest];
  uint64_t user[8];

  void replied(const weir_rsp &rsp) {
    reply_size += rsp.size;
    is_error = is_error || (rsp.flags & WEIR_RF_ERROR) != 0;
  }
  // The first failure is the one that is told.
  void failed(uint32_t why, uint32_t told) {
    if (status == WEIR_PART_OK) status = why;
    if (error == WEIR_ERR_NONE) error = told;
    is_error = is_error || error != WEIR_ERR_NONE;
  }
  void set_tag(weir_bytes text) {
    tag_len = static_cast<uint8_t>(std::min<size_t>(text.len, sizeof tag));
    if (tag_len > 0) std::memcpy(tag, text.ptr, tag_len);
  }
};

// Those that are not in use, bounded: a worker makes none once it is warm.
class WatchPool {
 public:
  WatchPool() = default;
  ~WatchPool() {
    while (Watch *watch = free_) {
      free_ = watch->next;
      delete watch;
    }
  }
  WatchPool(const WatchPool &) = delete;
  WatchPool &operator=(const WatchPool &) = delete;

  Watch *get() {
    ++in_use_;
    Watch *watch = free_;
    if (watch == nullptr) return new Watch;
    free_ = watch->next;
    --idle_;
    watch->reply_size = 0;
    watch->counted = nullptr;
    watch->status = WEIR_PART_OK;
    watch->error = WEIR_ERR_NONE;
    watch->is_error = false;
    watch->asked = watch->tag_len = 0;
    return watch;
  }
  void put(Watch *watch) {
    --in_use_;
    if (idle_ >= kMaxIdle) {
      delete watch;
      return;
    }
    watch->next = free_;
    free_ = watch;
    ++idle_;
  }
  size_t in_use() const { return in_use_; }

 private:
  static constexpr size_t kMaxIdle = 4 << 10;
  Watch *free_ = nullptr;
  size_t idle_ = 0, in_use_ = 0;
};

}  // namespace weir
