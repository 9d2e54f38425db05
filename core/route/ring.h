// Which server a hash belongs to, for one set of live servers. Immutable once built: the control thread builds a new
// one when a server is ejected or comes back, workers read whichever is current. Owner: the pool. Thread: built and
// dropped by control, read by all.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/plugin/instance.h"
#include "core/upstream/backend.h"

namespace weir::route {

class Ring {
 public:
  // old: the ring this one replaces, or null.
  static Result<std::unique_ptr<Ring>> build(const plugin::Instance &dist,
                                             const std::deque<upstream::Backend> &backends, std::vector<uint8_t> alive,
                                             const Ring *old);
  ~Ring();
  Ring(const Ring &) = delete;
  Ring &operator=(const Ring &) = delete;

  const void *table() const { return table_; }
  bool alive(uint32_t server) const { return alive_[server] != 0; }
  uint32_t live() const { return live_; }
  uint32_t size() const { return size_; }
  // Tells a ring from those before and after it; an address may be used again.
  uint64_t epoch() const { return epoch_; }

 private:
  Ring(const plugin::Instance &dist, void *table, std::vector<uint8_t> alive, uint64_t epoch);
  const plugin::Instance &dist_;
  void *const table_;
  const std::vector<uint8_t> alive_;
  const uint32_t size_;
  const uint64_t epoch_;
  uint32_t live_ = 0;
};

}  // namespace weir::route
