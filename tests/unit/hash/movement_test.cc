// Which keys move when servers come and go.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

using Names = std::vector<std::string>;
constexpr size_t kKeys = 20'000;

std::vector<Server> ten() {
  std::vector<Server> servers;
  for (uint32_t i = 0; i < 10; ++i) servers.push_back({"cache-" + std::to_string(i)});
  return servers;
}

// Where each hash goes, by name. Hashes use all 64 bits.
Names places(const std::string &distribution, const std::vector<Server> &servers) {
  std::vector<uint64_t> hashes = scattered_hashes(kKeys);
  for (uint64_t &hash : hashes) hash *= 0x9e3779b97f4a7c15;
  Names names;
  for (const uint32_t server : Ring(distribution, servers).select(hashes)) {
    names.push_back(server == WEIR_NO_SERVER ? "" : servers.at(server).name);
  }
  return names;
}

struct Moved {
  size_t from = 0, to = 0, between_others = 0;  // `who` lost them, gained them, or had nothing to do with it
};

Moved moved(const Names &before, const Names &after, const std::string &who) {
  Moved moved;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i] == after[i]) continue;
    ++(before[i] == who ? moved.from : after[i] == who ? moved.to : moved.between_others);
  }
  return moved;
}

std::vector<Server> without(std::vector<Server> servers, size_t which) {
  servers[which].alive = false;
  return servers;
}

TEST(Movement, OfAServerThatDiesOnlyItsOwnKeysMove) {
  for (const char *distribution : {"ketama", "jump", "rendezvous"}) {
    const Names before = places(distribution, ten());
    for (const size_t dead : {0u, 4u, 9u}) {
      const Names after = places(distribution, without(ten(), dead));
      const Moved keys = moved(before, after, ten()[dead].name);
      EXPECT_EQ(std::count(after.begin(), after.end(), ten()[dead].name), 0) << distribution;
      EXPECT_GT(keys.from, kKeys / 15) << distribution;
      EXPECT_EQ(keys.between_others, 0u) << distribution << dead;
    }
  }
}

// The table is filled anew, and the paper measures that some entries change hands.
TEST(Movement, OfMaglevsTableFewEntriesOfOthersMove) {
  const Names before = places("maglev", ten());
  const Moved keys = moved(before, places("maglev", without(ten(), 4)), "cache-4");
  EXPECT_NEAR(static_cast<double>(keys.from), kKeys / 10.0, kKeys * 0.01);
  EXPECT_GT(keys.between_others, 0u);
  EXPECT_LT(keys.between_others, kKeys / 20);
}

TEST(Movement, KeysOfTheDeadAreSharedByAllOthers) {
  for (const char *distribution : {"jump", "rendezvous", "maglev"}) {
    const Names before = places(distribution, ten()), after = places(distribution, without(ten(), 2));
    for (const Server &server : ten()) {
      if (server.name == "cache-2") continue;
      size_t gained = 0;
      for (size_t i = 0; i < kKeys; ++i) gained += before[i] == "cache-2" && after[i] == server.name ? 1 : 0;
      EXPECT_NEAR(static_cast<double>(gained), kKeys / 90.0, kKeys / 180.0) << distribution << server.name;
    }
  }
}

// Each of them has one order of preference for a key, which the dead are struck from.
TEST(Movement, ASecondDeathMovesOnlyKeysOfTheSecond) {
  for (const char *distribution : {"jump", "rendezvous"}) {
    const Names one = places(distribution, without(ten(), 2)),
                both = places(distribution, without(without(ten(), 2), 7));
    const Moved keys = moved(one, both, "cache-7");
    EXPECT_EQ(keys.between_others, 0u) << distribution;
    EXPECT_GT(keys.from, 0u) << distribution;
  }
}

TEST(Movement, AServerAddedAtTheEndTakesItsShareAndNothingElseMoves) {
  std::vector<Server> eleven = ten();
  eleven.push_back({"cache-10"});
  for (const char *distribution : {"jump", "rendezvous"}) {
    const Moved keys = moved(places(distribution, ten()), places(distribution, eleven), "cache-10");
    EXPECT_NEAR(static_cast<double>(keys.to), kKeys / 11.0, kKeys * 0.01) << distribution;
    EXPECT_EQ(keys.between_others, 0u) << distribution;
  }
}

TEST(Movement, MoreWeightOnlyAttractsKeys) {
  std::vector<Server> heavier = ten();
  heavier[3].weight = 2;
  const Moved keys = moved(places("rendezvous", ten()), places("rendezvous", heavier), "cache-3");
  EXPECT_NEAR(static_cast<double>(keys.to), kKeys * (2 / 11.0 - 1 / 10.0), kKeys * 0.01);
  EXPECT_EQ(keys.from, 0u);
  EXPECT_EQ(keys.between_others, 0u);
}

TEST(Movement, EqualWeightsAreAsGoodAsNone) {
  std::vector<Server> sevens = ten();
  for (Server &server : sevens) server.weight = 7;
  for (const char *distribution : {"jump", "rendezvous", "maglev"}) {
    EXPECT_EQ(places(distribution, sevens), places(distribution, ten())) << distribution;
  }
  // With an eleventh of another weight that is dead, draws are weighed instead of compared, and say the same.
  sevens.push_back({"cache-10", 1, false});
  EXPECT_EQ(places("rendezvous", sevens), places("rendezvous", ten()));
}

TEST(Movement, TheOrderOfTheConfigurationMattersToJumpAlone) {
  std::vector<Server> turned = ten();
  std::reverse(turned.begin(), turned.end());
  for (const char *distribution : {"ketama", "rendezvous", "maglev"}) {
    EXPECT_EQ(places(distribution, turned), places(distribution, ten())) << distribution;
  }
  EXPECT_NE(places("jump", turned), places("jump", ten()));
}

TEST(Movement, WithoutALiveServerNoneIsChosen) {
  for (const std::string &distribution : hashing_names()) {
    for (const std::vector<Server> &servers : {std::vector<Server>{}, {{"a", 1, false}, {"b", 1, false}}}) {
      const Ring ring(distribution, servers);
      EXPECT_EQ(ring.select(UINT64_MAX), WEIR_NO_SERVER) << distribution;
      EXPECT_EQ(ring.explain(7, "key"), "no live server") << distribution;
    }
  }
}

TEST(Movement, TheLastLiveServerHasAllKeys) {
  std::vector<Server> servers = ten();
  for (Server &server : servers) server.alive = server.name == "cache-6";
  for (const std::string &distribution : hashing_names()) {
    EXPECT_EQ(places(distribution, servers), Names(kKeys, "cache-6")) << distribution;
  }
}

}  // namespace
}  // namespace weir::test
