// How evenly, and how well by weight, the distributions share keys out.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

constexpr size_t kKeys = 200'000;

std::vector<uint64_t> hashes_of_keys(const std::string &hash, size_t n) {
  std::vector<uint64_t> hashes(n);
  for (size_t i = 0; i < n; ++i) {
    const std::string key = "user:" + std::to_string(i);
    hashes[i] = hash_of(hash_named(hash), bytes(key));
  }
  return hashes;
}

std::vector<Server> servers_of(const std::vector<uint32_t> &weights) {
  std::vector<Server> servers;
  for (const uint32_t weight : weights)
    servers.push_back({"10.0.0." + std::to_string(servers.size()) + ":6379", weight});
  return servers;
}

// By how much of its due the worst server is off. Of keys placed by chance, 5 standard deviations would be 3 % with ten
// servers.
double worst_deviation(const std::string &distribution, const std::vector<uint32_t> &weights,
                       const std::vector<uint64_t> &hashes) {
  std::vector<double> count(weights.size());
  for (const uint32_t server : Ring(distribution, servers_of(weights)).select(hashes)) ++count.at(server);
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double worst = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    const double due = weights[i] / total * static_cast<double>(hashes.size());
    worst = std::max(worst, std::abs(count[i] - due) / due);
  }
  return worst;
}

TEST(Balance, NewerDistributionsAreEvenToChanceWithEveryGoodHash) {
  for (const char *hash : {"xxh64", "murmur3", "murmur3_32", "fnv1a_64", "md5"}) {
    const std::vector<uint64_t> hashes = hashes_of_keys(hash, kKeys);
    for (const char *distribution : {"jump", "rendezvous", "maglev"}) {
      EXPECT_LT(worst_deviation(distribution, std::vector<uint32_t>(10, 1), hashes), 0.03) << distribution << hash;
    }
  }
}

TEST(Balance, SharesFollowWeights) {
  const std::vector<uint64_t> hashes = hashes_of_keys("xxh64", kKeys);
  for (const char *distribution : {"rendezvous", "maglev"}) {
    EXPECT_LT(worst_deviation(distribution, {1, 2, 3, 4, 10}, hashes), 0.04) << distribution;
    EXPECT_LT(worst_deviation(distribution, {100, 100, 50, 25, 25}, hashes), 0.04) << distribution;
    EXPECT_LT(worst_deviation(distribution, {4'000'000'000, 4'000'000'000, 2'000'000'000}, hashes), 0.03)
        << distribution;
  }
}

// With hashes 0, 1, ... 65536 every entry of maglev's table is seen once.
std::vector<uint32_t> entries(const std::vector<uint32_t> &weights) {
  std::vector<uint64_t> hashes(65537);
  std::iota(hashes.begin(), hashes.end(), 0);
  std::vector<uint32_t> count(weights.size());
  for (const uint32_t server : Ring("maglev", servers_of(weights)).select(hashes)) ++count.at(server);
  return count;
}

TEST(Balance, MaglevsEntriesAreSharedToTheLast) {
  for (const uint32_t servers : {1u, 2u, 3u, 10u, 100u, 1000u}) {
    const std::vector<uint32_t> count = entries(std::vector<uint32_t>(servers, 5));
    const auto [least, most] = std::minmax_element(count.begin(), count.end());
    EXPECT_LE(*most - *least, 1u) << servers;
  }
  const std::vector<uint32_t> count = entries({1, 2, 3, 4});
  for (uint32_t i = 0; i < 4; ++i) EXPECT_NEAR(count[i], 65537.0 * (i + 1) / 10, 1.5) << i;
}

TEST(Balance, MaglevRefusesMoreServersThanItsTableIsGoodFor) {
  EXPECT_TRUE(Ring("maglev", servers_of(std::vector<uint32_t>(6553, 1))).built());
  const Ring ring("maglev", servers_of(std::vector<uint32_t>(6554, 1)));
  EXPECT_FALSE(ring.built());
  EXPECT_EQ(ring.error(),
            "maglev lays out at most 6553 servers, the pool has 6554; split the pool or use \"distribution: jump\"");
}

TEST(Balance, ServersOfOneNameShareKeysToo) {
  const std::vector<uint64_t> hashes = hashes_of_keys("xxh64", 10'000);
  for (const char *distribution : {"jump", "rendezvous", "maglev"}) {
    uint32_t first = 0;
    for (const uint32_t server : Ring(distribution, {{"a"}, {"a"}}).select(hashes)) first += server == 0 ? 1 : 0;
    EXPECT_NEAR(first, 5000, 300) << distribution;
  }
}

}  // namespace
}  // namespace weir::test
