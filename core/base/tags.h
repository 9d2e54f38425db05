// What requests with the same tag have in common: how many there were, how many went wrong, how long they took. One
// table a pool and worker, which that worker alone writes; the control thread reads it meanwhile.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/histogram.h"
#include "core/base/stats.h"

namespace weir {

struct TagCells {
  explicit TagCells(std::string_view tag) : name(tag) {}
  const std::string name;
  Cell requests, errors;
  Histogram latency_us;
};

class TagTable {
 public:
  static constexpr size_t kMost = 256, kLongest = 64;
  static constexpr std::string_view kOther = "(other)";  // all that has no place

  TagTable() = default;
  TagTable(const TagTable &) = delete;
  TagTable &operator=(const TagTable &) = delete;

  // [worker] The cells of a tag, which stay where they are for the life of the process. The first of its kind makes
  // them; a tag too many, or a longer one than kLongest, is "(other)".
  TagCells &cells(std::string_view tag);

  // [control] Calls f(const TagCells &) for each that there is.
  template <class F>
  void each(F f) const {
    for (const auto &slot : slots_) {
      if (const TagCells *there = slot.load(std::memory_order_acquire)) f(*there);
    }
  }

 private:
  static constexpr size_t kPlaces = 2 * kMost;  // a power of two
  TagCells &made(size_t slot, std::string_view tag);

  std::array<std::atomic<const TagCells *>, kMost + 1> slots_{};  // the last one is kOther's
  // The worker's own.
  std::array<uint16_t, kPlaces> places_{};  // by hash: 1 + slot, 0 = none
  std::vector<std::unique_ptr<TagCells>> owned_ = std::vector<std::unique_ptr<TagCells>>(kMost + 1);
  size_t used_ = 0;
};

// One tag of a pool, over all its workers.
struct TagSum {
  uint64_t requests = 0, errors = 0;
  HistogramSum latency_us;
};

}  // namespace weir
