// Ketama's circle, against one laid out the slow way.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "plugins/hash/hashes.h"
#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

using Point = std::pair<uint32_t, uint32_t>;  // value, server

// The points of servers given in name order, sorted by value.
std::vector<Point> points_of(const std::vector<Server> &servers) {
  uint64_t total = 0, live = 0;
  for (const Server &s : servers) {
    if (s.alive) total += s.weight, ++live;
  }
  std::vector<Point> points;
  for (uint32_t index = 0; index < servers.size(); ++index) {
    if (!servers[index].alive) continue;
    const float share = static_cast<float>(servers[index].weight) / static_cast<float>(total);
    const float digests = std::floor(share * 160.0f / 4.0f * static_cast<float>(live) + 1e-10f);
    for (int i = 0; i < static_cast<int>(digests); ++i) {
      const std::string text = servers[index].name + "-" + std::to_string(i);
      for (uint32_t value : hash::md5_words(bytes(text).ptr, text.size())) points.emplace_back(value, index);
    }
  }
  std::stable_sort(points.begin(), points.end(), [](const Point &a, const Point &b) { return a.first < b.first; });
  return points;
}

uint32_t expected_server(const std::vector<Point> &points, uint32_t hash) {
  const auto at = std::find_if(points.begin(), points.end(), [&](const Point &p) { return p.first >= hash; });
  return at == points.end() ? points.front().second : at->second;
}

// The hashes at which a lookup could go wrong: each point, its neighbours, and the circle's ends. No more than about n.
std::vector<uint64_t> telling_hashes(const std::vector<Point> &points, size_t n) {
  std::vector<uint64_t> hashes = {0, 1, UINT32_MAX - 1, UINT32_MAX};
  const auto around = [&](uint32_t value) {
    for (uint32_t step : {UINT32_MAX, 0u, 1u}) hashes.push_back(static_cast<uint32_t>(value + step));
  };
  around(points.back().first);
  for (size_t i = 0; i < points.size(); i += points.size() / n + 1) around(points[i].first);
  for (const uint64_t hash : scattered_hashes(n)) hashes.push_back(hash);
  return hashes;
}

void expect_same_as_slow(const std::vector<Server> &servers, size_t n) {
  const Ring ring("ketama", servers);
  ASSERT_TRUE(ring.built()) << ring.error();
  const std::vector<Point> points = points_of(servers);
  const std::vector<uint64_t> hashes = telling_hashes(points, n);
  const std::vector<uint32_t> chosen = ring.select(hashes);
  for (size_t i = 0; i < hashes.size(); ++i) {
    ASSERT_EQ(chosen[i], expected_server(points, static_cast<uint32_t>(hashes[i])))
        << "hash " << hashes[i] << " over " << servers.size() << " servers";
  }
}

// Names of one length, so that the order of the list is the order of the names.
std::vector<Server> numbered(uint32_t n) {
  std::vector<Server> servers;
  for (uint32_t i = 0; i < n; ++i) servers.push_back({"10.0." + std::to_string(1000 + i) + ":6379"});
  return servers;
}

TEST(Ketama, RoutesAsMeasuredOnNutcracker) {
  const Ring ring("ketama", {{"bb", 2}, {"a", 1}, {"c", 1}});
  std::string chosen;
  for (int i = 0; i < 24; ++i) {
    const std::string key = "key" + std::to_string(i);
    chosen += "bac"[ring.select(hash_of(hash_named("md5"), bytes(key)))];
  }
  EXPECT_EQ(chosen, "bcbbcaabbbbcbbbbcaccccbb");
}

TEST(Ketama, AgreesWithALinearSearchAtEveryPointOfSmallRings) {
  for (uint32_t n = 1; n <= 12; ++n) expect_same_as_slow(numbered(n), 10'000);
}

TEST(Ketama, AgreesWithALinearSearchUnderWeightsAndDeaths) {
  std::vector<Server> servers = numbered(9);
  for (size_t i = 0; i < servers.size(); ++i) servers[i].weight = static_cast<uint32_t>(1 + i * i);
  expect_same_as_slow(servers, 5'000);
  servers[0].alive = servers[4].alive = servers[8].alive = false;
  expect_same_as_slow(servers, 5'000);
}

TEST(Ketama, AgreesWithALinearSearchOverAThousandServers) {
  expect_same_as_slow(numbered(1000), 300);
}

TEST(Ketama, ALiveServerAloneGetsEverything) {
  std::vector<Server> servers = numbered(5);
  for (Server &s : servers) s.alive = false;
  servers[3].alive = true;
  for (const uint32_t server : Ring("ketama", servers).select(scattered_hashes(1000))) ASSERT_EQ(server, 3u);
}

TEST(Ketama, WithoutALiveServerNoneIsChosen) {
  const Ring dead("ketama", {{"a", 1, false}, {"b", 1, false}});
  EXPECT_EQ(dead.select({0, 1, UINT32_MAX}), std::vector<uint32_t>(3, WEIR_NO_SERVER));
  EXPECT_EQ(Ring("ketama", {}).select(7), WEIR_NO_SERVER);
}

TEST(Ketama, AServerTooLightForADigestGetsNothing) {
  for (const uint32_t server : Ring("ketama", {{"a", 100}, {"b", 1}, {"c", 200}}).select(scattered_hashes(20'000))) {
    ASSERT_NE(server, 1u);
  }
}

TEST(Ketama, TheOrderOfTheConfigurationDoesNotMatter) {
  std::vector<Server> servers = numbered(16), reversed = servers;
  std::reverse(reversed.begin(), reversed.end());
  const std::vector<uint64_t> hashes = scattered_hashes(5000);
  std::vector<uint32_t> there = Ring("ketama", servers).select(hashes), back = Ring("ketama", reversed).select(hashes);
  for (uint32_t &server : back) server = 15 - server;
  EXPECT_EQ(there, back);
}

TEST(Ketama, OfServersThatShareTheirPointsTheFirstConfiguredGetsThem) {
  for (const uint32_t server : Ring("ketama", {{"same"}, {"same"}, {"same"}}).select(scattered_hashes(1000))) {
    ASSERT_EQ(server, 0u);
  }
}

TEST(Ketama, KeysOfServersThatLiveStayWhereTheyAreWhenOneDies) {
  std::vector<Server> servers = numbered(4);  // 160 points each, with three alive as with four
  const std::vector<uint64_t> hashes = scattered_hashes(20'000);
  const std::vector<uint32_t> before = Ring("ketama", servers).select(hashes);
  servers[2].alive = false;
  const std::vector<uint32_t> after = Ring("ketama", servers).select(hashes);
  for (size_t i = 0; i < hashes.size(); ++i) {
    if (before[i] != 2) {
      ASSERT_EQ(after[i], before[i]);
    }
    ASSERT_NE(after[i], 2u);
  }
}

TEST(Ketama, OnlyTheLow32BitsOfAHashCount) {
  const Ring ring("ketama", numbered(4));
  for (const uint64_t hash : scattered_hashes(100)) EXPECT_EQ(ring.select(hash | 0xabcd'0000'0000u), ring.select(hash));
}

TEST(Ketama, ABatchChoosesForEachHashAsIfItWereAlone) {
  const Ring ring("ketama", numbered(7));
  const std::vector<uint64_t> hashes = scattered_hashes(1001);
  const std::vector<uint32_t> chosen = ring.select(hashes);
  for (size_t i = 0; i < hashes.size(); ++i) ASSERT_EQ(chosen[i], ring.select(hashes[i]));
}

TEST(Ketama, WeightsOfAnySizeAreLaidOut) {
  const Ring ring("ketama", {{"a", UINT32_MAX}, {"b", UINT32_MAX}, {"c", 1}});
  std::vector<size_t> counts(3);
  for (const uint32_t server : ring.select(scattered_hashes(10'000))) ++counts.at(server);
  EXPECT_GT(counts[0], 3000u);
  EXPECT_GT(counts[1], 3000u);
  EXPECT_EQ(counts[2], 0u);
}

TEST(Ketama, TooManyServersAreRefusedWithTheReason) {
  const Ring ring("ketama", std::vector<Server>(65'537, Server{"s"}));
  EXPECT_FALSE(ring.built());
  EXPECT_NE(ring.error().find("at most 65536 servers, the pool has 65537"), std::string::npos) << ring.error();
}

TEST(Ketama, EightThreadsReadOneRing) {
  const Ring ring("ketama", numbered(50));
  const std::vector<uint64_t> hashes = scattered_hashes(20'000);
  const std::vector<uint32_t> expected = ring.select(hashes);
  std::vector<int> agreed(8);
  std::vector<std::thread> threads;
  for (int &result : agreed) {
    threads.emplace_back([&] { result = ring.select(hashes) == expected; });
  }
  for (std::thread &thread : threads) thread.join();
  EXPECT_EQ(agreed, std::vector<int>(8, 1));
}

}  // namespace
}  // namespace weir::test
