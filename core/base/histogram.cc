#include "core/base/histogram.h"

#include <algorithm>
#include <cmath>

namespace weir {

uint64_t Histogram::lowest_of(size_t bucket) {
  constexpr size_t kOne = size_t{1} << kFine;
  if (bucket < kOne) return bucket;
  size_t power = (bucket >> kFine) - 1;
  return (kOne + (bucket & (kOne - 1))) << power;
}

uint64_t Histogram::highest_of(size_t bucket) {
  return lowest_of(bucket + 1) - 1;
}

void HistogramSum::add(const Histogram &one) {
  for (size_t i = 0; i < buckets_.size(); ++i) {
    uint64_t n = one.buckets_[i].get();
    buckets_[i] += n;
    count_ += n;
  }
  sum_ += one.sum_.get();
  max_ = std::max(max_, one.max_.get());
}

void HistogramSum::add(const HistogramSum &other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

uint64_t HistogramSum::quantile(double share) const {
  if (count_ == 0) return 0;
  auto wanted = static_cast<uint64_t>(std::ceil(std::clamp(share, 0.0, 1.0) * static_cast<double>(count_)));
  wanted = std::clamp<uint64_t>(wanted, 1, count_);
  uint64_t seen = 0;
  size_t at = 0;
  while ((seen += buckets_[at]) < wanted) ++at;
  // Beyond all buckets there is no middle to speak of.
  if (at == buckets_.size() - 1 && max_ > Histogram::highest_of(at)) return max_;
  uint64_t low = Histogram::lowest_of(at);
  return std::min(low + (Histogram::highest_of(at) - low) / 2, max_);
}

}  // namespace weir
