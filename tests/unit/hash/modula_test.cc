// Modula's slots.
#include <gtest/gtest.h>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

std::vector<uint32_t> slots(const Ring &ring, uint64_t n) {
  std::vector<uint64_t> hashes(n);
  for (uint64_t i = 0; i < n; ++i) hashes[i] = i;
  return ring.select(hashes);
}

using Indices = std::vector<uint32_t>;

TEST(Modula, RoutesAsMeasuredOnNutcracker) {
  const Ring ring("modula", {{"bb", 2}, {"a", 1}, {"c", 1}});
  std::string chosen;
  for (int i = 0; i < 24; ++i) {
    const std::string key = "key" + std::to_string(i);
    chosen += "bac"[ring.select(hash_of(hash_named("crc32a"), bytes(key)))];
  }
  EXPECT_EQ(chosen, "bababcbcabcbcbababbcbaba");
}

TEST(Modula, ShorterNamesComeFirstThenBytes) {
  EXPECT_EQ(slots(Ring("modula", {{"ccc"}, {"zz"}, {"aaa"}, {"bb"}}), 4), (Indices{3, 1, 2, 0}));
}

TEST(Modula, BytesFrom0x80OnSortAfterAscii) {
  EXPECT_EQ(slots(Ring("modula", {{"\x80"}, {"z"}, {"\xff"}, {"a"}}), 4), (Indices{3, 1, 0, 2}));
}

TEST(Modula, ServersOfOneNameKeepTheOrderOfTheConfiguration) {
  EXPECT_EQ(slots(Ring("modula", {{"b"}, {"a"}, {"b"}, {"a"}, {"b"}}), 5), (Indices{1, 3, 0, 2, 4}));
}

TEST(Modula, AServerOwnsAsManySlotsAsItsWeightAndTheyRepeat) {
  EXPECT_EQ(slots(Ring("modula", {{"a", 2}, {"b", 1}, {"c", 3}}), 9), (Indices{0, 0, 1, 2, 2, 2, 0, 0, 1}));
}

TEST(Modula, DeadServersGiveUpTheirSlots) {
  EXPECT_EQ(slots(Ring("modula", {{"a", 2, false}, {"b", 1}, {"c", 2}}), 4), (Indices{1, 2, 2, 1}));
}

TEST(Modula, WithoutALiveServerNoneIsChosen) {
  EXPECT_EQ(slots(Ring("modula", {{"a", 1, false}, {"b", 1, false}}), 2), (Indices{WEIR_NO_SERVER, WEIR_NO_SERVER}));
  EXPECT_EQ(Ring("modula", {}).select(7), WEIR_NO_SERVER);
}

TEST(Modula, HugeWeightsAreHonouredToTheLastSlot) {
  const uint64_t big = UINT32_MAX;
  const Ring ring("modula", {{"a", UINT32_MAX}, {"b", 1}, {"c", UINT32_MAX}});
  EXPECT_EQ(ring.select({0, big - 1, big, big + 1, 2 * big, 2 * big + 1, UINT64_MAX}),
            (Indices{0, 0, 1, 2, 2, 0, UINT64_MAX % (2 * big + 1) < big ? 0u : 2u}));
}

TEST(Modula, SlotsAreTheSameHoweverManyThereAre) {
  // Total weights from well below to well above the size at which slots are searched rather than listed.
  for (uint32_t weight : {1u, 100u, 5000u, 8191u, 8192u, 8193u, 100'000u}) {
    const Ring ring("modula", {{"b", weight}, {"a", weight}});
    const uint64_t total = 2ull * weight;
    EXPECT_EQ(ring.select({0, weight - 1, weight, total - 1, total, total + weight}), (Indices{1, 1, 0, 0, 1, 0}))
        << weight;
  }
}

}  // namespace
}  // namespace weir::test
