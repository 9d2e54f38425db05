// Slots of a Redis cluster: of keys, and of servers.
#include "plugins/hash/slots.h"

#include <gmock/gmock.h>

#include <stdexcept>

#include "plugins/hash/hashes.h"
#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

uint32_t slot(std::string_view key) {
  return hash::cluster_slot(bytes(key).ptr, key.size());
}

// A key for each slot.
const std::vector<std::string> &keys_by_slot() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> keys(hash::kClusterSlots);
    size_t found = 0;
    for (uint32_t i = 0; found < keys.size(); ++i) {
      const std::string key = std::to_string(i);
      std::string &place = keys[slot(key)];
      found += place.empty() ? 1 : 0;
      place = key;
    }
    return keys;
  }();
  return all;
}

std::vector<Server> numbered(uint32_t n) {
  std::vector<Server> servers;
  for (uint32_t i = 0; i < n; ++i) servers.push_back({"s" + std::to_string(i)});
  return servers;
}

std::vector<uint32_t> owners(const std::vector<Server> &servers) {
  return Ring("slots", servers).select_keys(keys_by_slot());
}

// The first slot of each server but the first.
std::vector<uint32_t> borders(uint32_t n) {
  std::vector<uint32_t> first;
  const std::vector<uint32_t> owner = owners(numbered(n));
  for (uint32_t i = 1; i < owner.size(); ++i) {
    if (owner[i] != owner[i - 1]) first.push_back(i);
  }
  return first;
}

// The specification's example, and what redis-server 7.0 answers to CLUSTER KEYSLOT.
TEST(Slots, OfKeysAreThoseOfTheCluster) {
  EXPECT_EQ(slot("123456789"), 0x31c3u);
  EXPECT_EQ(slot("foo"), 12182u);
  EXPECT_EQ(slot("bar"), 5061u);
  EXPECT_EQ(slot("hello"), 866u);
  EXPECT_EQ(slot(""), 0u);
}

TEST(Slots, OfKeysWithATagAreTheTags) {
  EXPECT_EQ(slot("{user1000}.following"), slot("user1000"));
  EXPECT_EQ(slot("{user1000}.followers"), slot("user1000"));
  EXPECT_EQ(slot("foo{}{bar}"), 8363u) << "an empty tag is none, and the next one does not count";
  EXPECT_EQ(slot("foo{{bar}}zap"), slot("{bar"));
  EXPECT_EQ(slot("foo{bar}{zap}"), slot("bar"));
  EXPECT_NE(slot("foo{bar"), slot("bar"));
  EXPECT_NE(slot("}foo{"), slot("foo"));
}

TEST(Slots, AreDealtOutAsByRedisCli) {
  EXPECT_EQ(borders(2), (std::vector<uint32_t>{8192}));
  EXPECT_EQ(borders(3), (std::vector<uint32_t>{5461, 10923}));
  EXPECT_EQ(borders(5), (std::vector<uint32_t>{3277, 6554, 9830, 13107}));
  EXPECT_EQ(borders(6), (std::vector<uint32_t>{2731, 5461, 8192, 10923, 13653}));
}

TEST(Slots, EachServerHasSomeUpToAsManyAsThereAreSlots) {
  for (const uint32_t n : {1u, 7u, 100u, 1000u, 16384u}) EXPECT_EQ(borders(n).size(), n - 1) << n;
  const Ring ring("slots", numbered(16385));
  EXPECT_FALSE(ring.built());
  EXPECT_EQ(ring.error(), "slots: there are 16384, and the pool has more servers than that");
}

TEST(Slots, OfADeadServerGoToTheOthersAndAllElseStays) {
  std::vector<Server> servers = numbered(4);
  const std::vector<uint32_t> before = owners(servers);
  servers[1].alive = false;
  const std::vector<uint32_t> after = owners(servers);
  std::vector<uint32_t> gained(4);
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == 1) {
      ++gained.at(after[i]);
    } else {
      EXPECT_EQ(after[i], before[i]) << i;
    }
  }
  EXPECT_EQ(gained[1], 0u);
  for (const uint32_t server : {0u, 2u, 3u}) EXPECT_NEAR(gained[server], 4096 / 3.0, 200) << server;
}

TEST(Slots, WithoutALiveServerNoneIsChosen) {
  EXPECT_EQ(Ring("slots", {{"a", 1, false}, {"b", 1, false}}).select_keys({"foo"}).front(), WEIR_NO_SERVER);
}

TEST(Slots, AreNamedForAKey) {
  EXPECT_EQ(Ring("slots", {{"a"}, {"b"}}).explain(0, "foo"), "slot 12182");
  EXPECT_EQ(Ring("slots", {{"a"}, {"b", 1, false}}).explain(0, "foo"), "slot 12182, whose server is down");
}

TEST(Slots, WeightsThatDifferAreRefused) {
  EXPECT_THAT(
      Ring("slots", {{"a", 1}, {"b", 2}}).error(),
      testing::StartsWith("slots has no weights, but a has 1 and b has 2: give all servers the same, or write"));
}

// ---- ranges

using Ranges = std::vector<hash::SlotRange>;

std::string refusal(const Ranges &ranges) {
  const weir_server servers[] = {{bytes("a"), {}, 0, 1, 0, 1}, {bytes("b"), {}, 1, 2, 0, 1}};
  try {
    hash::SlotRing(servers, 2, ranges);
  } catch (const std::invalid_argument &refused) {
    return refused.what();
  }
  return "";
}

TEST(SlotRanges, SayWhoHasASlotWhateverTheWeights) {
  const weir_server servers[] = {{bytes("a"), {}, 0, 1, 0, 1}, {bytes("b"), {}, 1, 2, 0, 1}};
  const hash::SlotRing ring(servers, 2, {{"b", 0, 99}, {"a", 100, 16382}, {"b", 16383, 16383}});
  for (const auto &[at, owner] : {std::pair{0u, 1u}, {99u, 1u}, {100u, 0u}, {16382u, 0u}, {16383u, 1u}}) {
    EXPECT_EQ(ring.find(bytes(keys_by_slot()[at])), owner) << at;
  }
}

TEST(SlotRanges, MustGiveEachSlotToOneServerOfThePool) {
  EXPECT_EQ(refusal({{"a", 0, 16383}}), "");
  EXPECT_EQ(refusal({{"a", 0, 5}, {"b", 7, 16383}}), "ranges: slot 6 has no server; together they must be 0-16383");
  EXPECT_EQ(refusal({{"a", 0, 16383}, {"b", 9, 9}}), "ranges: slot 9 is given twice, the second time to b");
  EXPECT_EQ(refusal({{"c", 0, 16383}}),
            "ranges: the pool has no server named c; write names as under servers, without weights");
}

}  // namespace
}  // namespace weir::test
