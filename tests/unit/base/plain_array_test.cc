#include "core/base/plain_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <numeric>

namespace weir {
namespace {

TEST(PlainArray, KeepsWhatItHasHoweverItGrows) {
  PlainArray<uint64_t> array(3);
  std::iota(array.data(), array.data() + 3, 0);
  size_t filled = 3;
  for (size_t size : {4U, 1000U, 100'000U, 3'000'000U}) {
    array.resize(size);
    ASSERT_EQ(array.size(), size);
    for (size_t i = 0; i < filled; ++i) ASSERT_EQ(array[i], i);
    std::iota(array.data() + filled, array.data() + size, filled);
    filled = size;
  }
  array.resize(2);
  EXPECT_EQ(array[1], 1U);
  array.resize(0);
  EXPECT_EQ(array.size(), 0U);
}

TEST(PlainArray, TakesInCopiesAndNeverShrinksForThem) {
  const int some[] = {1, 2, 3, 4};
  PlainArray<int> array;
  array.put(some, 0);
  EXPECT_EQ(array.size(), 0U);
  array.put(some, 4);
  array.put(some + 2, 2);
  ASSERT_EQ(array.size(), 4U);
  EXPECT_EQ(array[0], 3);
  EXPECT_EQ(array[1], 4);
  EXPECT_EQ(array[3], 4);
}

TEST(PlainArray, ChangesItsOwner) {
  PlainArray<int> from(2), to(1);
  from[0] = 7;
  to = std::move(from);
  EXPECT_EQ(to.size(), 2U);
  EXPECT_EQ(to[0], 7);
  PlainArray<int> last(std::move(to));
  EXPECT_EQ(last[0], 7);
  last.swap(to);
  EXPECT_EQ(last.size(), 0U);
  EXPECT_EQ(to[0], 7);
}

}  // namespace
}  // namespace weir
