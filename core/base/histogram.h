// How values are spread, in fixed memory and right to 1/16: 16 buckets to each power of two, the values below 16 one by
// one. Written by one thread, read by another while that goes on; sums over several writers are made on reading.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "core/base/stats.h"

namespace weir {

class Histogram {
 public:
  static constexpr uint32_t kFine = 4;      // bits of a value that tell buckets apart, below the highest
  static constexpr uint32_t kHighBit = 40;  // values from 2^41 on are counted as the largest
  static constexpr size_t kBuckets = (kHighBit - kFine + 2) << kFine;

  // [writer]
  void add(uint64_t value) {
    buckets_[bucket_of(value)].add();
    sum_.add(value);
    if (value > max_.get()) max_.set(value);
  }

  static size_t bucket_of(uint64_t value) {
    if (value >> kFine == 0) return value;
    uint32_t high = 63 - static_cast<uint32_t>(std::countl_zero(value));
    if (high > kHighBit) return kBuckets - 1;
    return (static_cast<size_t>(high - kFine + 1) << kFine) + ((value >> (high - kFine)) & ((1U << kFine) - 1));
  }
  // The smallest and the largest value that a bucket counts; of the last one, but for those beyond all buckets.
  static uint64_t lowest_of(size_t bucket);
  static uint64_t highest_of(size_t bucket);

 private:
  friend class HistogramSum;
  std::array<Cell, kBuckets> buckets_;
  Cell sum_, max_;
};

// What several histograms say together, at one moment.
class HistogramSum {
 public:
  void add(const Histogram &one);
  void add(const HistogramSum &other);

  uint64_t count() const { return count_; }
  uint64_t sum() const { return sum_; }
  uint64_t max() const { return max_; }
  // Of the values in their order, the one at this share of the way (0.99 of a hundred: the 99th): the middle of its
  // bucket, and never more than max(). 0 without values.
  uint64_t quantile(double share) const;

 private:
  std::array<uint64_t, Histogram::kBuckets> buckets_{};
  uint64_t count_ = 0, sum_ = 0, max_ = 0;
};

}  // namespace weir
