// Logarithms in whole numbers, beside the C library's.
#include "plugins/hash/log2.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

using hash::minus_log2;

double as_double(uint64_t number) {
  return static_cast<double>(minus_log2(number)) / std::pow(2.0, hash::kLogFraction);
}

TEST(Log2, PowersOfTwoAreExact) {
  for (uint32_t bit = 0; bit < 64; ++bit) {
    EXPECT_EQ(minus_log2(1ull << bit), static_cast<uint64_t>(64 - bit) << hash::kLogFraction) << bit;
  }
  EXPECT_EQ(minus_log2(0), minus_log2(1));
}

TEST(Log2, AgreesWithTheLibraryToItsTablesAccuracy) {
  for (const uint64_t part : scattered_hashes(100'000)) {
    const uint64_t number = (part << 32 | part * 2654435761u % UINT32_MAX) >> part % 40;
    EXPECT_NEAR(as_double(number), 64 - std::log2(static_cast<double>(number)), 2e-7) << number;
  }
}

// A draw that is better in one is never worse in the other.
TEST(Log2, FallsWhileNumbersRise) {
  uint64_t before = minus_log2(0);
  for (uint64_t number = 1; number < 1ull << 63; number += number / 1000 + 1) {
    const uint64_t now = minus_log2(number);
    EXPECT_LE(now, before) << number;
    before = now;
  }
  for (uint64_t back = 10'000; back-- > 0;) EXPECT_LE(minus_log2(UINT64_MAX - back), minus_log2(UINT64_MAX - back - 1));
  EXPECT_LT(minus_log2(UINT64_MAX), 4u);
}

}  // namespace
}  // namespace weir::test
