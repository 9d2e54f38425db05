#include "core/base/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

namespace weir {
namespace {

TEST(Histogram, EveryBucketBeginsWhereTheOneBeforeEnds) {
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    EXPECT_EQ(Histogram::bucket_of(Histogram::lowest_of(i)), i);
    EXPECT_EQ(Histogram::bucket_of(Histogram::highest_of(i)), i);
    uint64_t width = Histogram::highest_of(i) - Histogram::lowest_of(i);
    EXPECT_LE(width * 16, Histogram::lowest_of(i)) << i;
  }
  EXPECT_EQ(Histogram::highest_of(Histogram::kBuckets - 1), (uint64_t{1} << 41) - 1);
  EXPECT_EQ(Histogram::bucket_of(UINT64_MAX), Histogram::kBuckets - 1);
}

TEST(Histogram, QuantilesAreRightToASixteenth) {
  std::mt19937_64 random(7);
  std::vector<uint64_t> values;
  auto one = std::make_unique<Histogram>(), other = std::make_unique<Histogram>();
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random() >> (24 + random() % 40));
    (i % 3 == 0 ? one : other)->add(values.back());
  }
  HistogramSum sum;
  sum.add(*one);
  sum.add(*other);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(sum.count(), values.size());
  EXPECT_EQ(sum.max(), values.back());
  for (double share : {0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    auto exact = static_cast<double>(values[static_cast<size_t>(share * static_cast<double>(values.size())) - 1]);
    EXPECT_NEAR(static_cast<double>(sum.quantile(share)), exact, exact / 16) << share;
  }
}

TEST(Histogram, OfOneValueEveryQuantileIsThatValue) {
  Histogram one;
  HistogramSum none, sum;
  EXPECT_EQ(none.quantile(0.5), 0u);
  one.add(1'000);
  sum.add(one);
  EXPECT_EQ(sum.sum(), 1'000u);
  EXPECT_NEAR(static_cast<double>(sum.quantile(0)), 1'000, 1'000.0 / 16);
  EXPECT_LE(sum.quantile(1), 1'000u);
}

TEST(Histogram, WhatIsBeyondAllBucketsCountsAsTheLargestThereIs) {
  Histogram one;
  HistogramSum sum;
  one.add(UINT64_MAX);
  sum.add(one);
  EXPECT_EQ(sum.quantile(0.5), UINT64_MAX);
}

}  // namespace
}  // namespace weir
