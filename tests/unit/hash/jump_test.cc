// Jump, beside the buckets that other implementations of the paper publish in their tests.
#include <gtest/gtest.h>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

uint32_t bucket(uint64_t hash, uint32_t buckets) {
  std::vector<Server> servers;
  for (uint32_t i = 0; i < buckets; ++i) servers.push_back({"s" + std::to_string(i)});
  return Ring("jump", servers).select(hash);
}

// The function as the paper prints it.
int32_t printed(uint64_t key, int32_t num_buckets) {
  int64_t b = -1, j = 0;
  while (j < num_buckets) {
    b = j;
    key = key * 2862933555777941757ULL + 1;
    j = static_cast<int64_t>(static_cast<double>(b + 1) *
                             (static_cast<double>(1LL << 31) / static_cast<double>((key >> 33) + 1)));
  }
  return static_cast<int32_t>(b);
}

TEST(Jump, ChoosesThePublishedBuckets) {
  EXPECT_EQ(bucket(1, 1), 0u);
  EXPECT_EQ(bucket(42, 57), 43u);
  EXPECT_EQ(bucket(0xdead10cc, 1), 0u);
  EXPECT_EQ(bucket(0xdead10cc, 666), 361u);
  EXPECT_EQ(bucket(256, 1024), 520u);
  EXPECT_EQ(bucket(0, 60), 0u);
}

TEST(Jump, IsThePapersFunctionForHashesOfAllSizes) {
  for (const uint32_t buckets : {2u, 3u, 10u, 1000u}) {
    std::vector<Server> servers(buckets, Server{"s"});
    const Ring ring("jump", servers);
    for (const uint64_t part : scattered_hashes(1000)) {
      for (const uint64_t hash : {part, part << 32 | part, ~part}) {
        EXPECT_EQ(ring.select(hash), static_cast<uint32_t>(printed(hash, static_cast<int32_t>(buckets))));
      }
    }
  }
}

TEST(Jump, RefusesWeightsThatDifferAndSaysWhoHasThem) {
  const Ring ring("jump", {{"a", 1}, {"b", 3}});
  EXPECT_FALSE(ring.built());
  EXPECT_EQ(ring.error(),
            "jump has no weights, but a has 1 and b has 3: give all servers the same, or use ketama, rendezvous or "
            "maglev, which have weights");
  EXPECT_TRUE(Ring("jump", {{"a", 7}, {"b", 7}}).built());
}

TEST(Jump, SaysWhichBucketAKeyHas) {
  EXPECT_EQ(Ring("jump", {{"a"}, {"b"}}).explain(0, ""), "bucket 0 of 2");
  EXPECT_EQ(Ring("jump", {{"a", 1, false}, {"b"}}).explain(0, ""), "bucket 0 of 2, whose server is down");
}

}  // namespace
}  // namespace weir::test
