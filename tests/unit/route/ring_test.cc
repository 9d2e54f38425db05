// Rings as a pool builds, swaps and drops them.
#include "core/route/ring.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/route/puppet.h"

namespace weir::route {
namespace {

using weir::testing::puppet_tables;
using weir::testing::PuppetPool;

struct Seen {
  std::vector<std::string> names;
  std::vector<uint32_t> alive, weights, ports, indices;
  const void *old = nullptr;
  bool refuse = false;
  std::string say = "no";
  uint32_t say_len = 2;
  int built = 0, dropped = 0;
};
Seen seen;

void *build(void *, const weir_server *servers, uint32_t n, const void *old, weir_errbuf *why) {
  if (seen.refuse) {
    std::memcpy(why->ptr, seen.say.data(), std::min<size_t>(seen.say.size(), why->cap));
    why->len = seen.say_len;
    return nullptr;
  }
  seen.names.clear();
  seen.alive.clear();
  for (uint32_t i = 0; i < n; ++i) {
    seen.names.emplace_back(reinterpret_cast<const char *>(servers[i].name.ptr), servers[i].name.len);
    seen.alive.push_back(servers[i].alive);
    EXPECT_EQ(servers[i].index, i);
    EXPECT_GE(servers[i].weight, 1U);
  }
  seen.old = old;
  ++seen.built;
  return new int;
}
void drop(void *, void *ring) {
  ++seen.dropped;
  delete static_cast<int *>(ring);
}

struct RingTest : ::testing::Test {
  RingTest() {
    seen = {};
    auto tables = puppet_tables();
    tables.dist.build = &build;
    tables.dist.drop = &drop;
  }
};

TEST_F(RingTest, TheFirstHasEveryServerInTheOrderOfTheConfiguration) {
  PuppetPool made({"127.0.0.1:3", "127.0.0.1:11211", "127.0.0.1:2"});
  ASSERT_TRUE(made.pool) << made.complaints;
  EXPECT_EQ(seen.names, (std::vector<std::string>{"127.0.0.1:3", "127.0.0.1", "127.0.0.1:2"}));
  EXPECT_EQ(seen.alive, (std::vector<uint32_t>{1, 1, 1}));
  EXPECT_EQ(seen.old, nullptr);
  EXPECT_EQ(made.pool->ring().live(), 3U);
}

TEST_F(RingTest, ARebuiltOneReplacesTheOldWhichIsHandedBack) {
  PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"});
  ASSERT_TRUE(made.pool) << made.complaints;
  const Ring *first = &made.pool->ring();
  const void *first_table = first->table();
  std::unique_ptr<Ring> old = made.pool->rebuild({1, 0});
  EXPECT_EQ(old.get(), first);
  EXPECT_EQ(seen.old, first_table);
  EXPECT_EQ(seen.alive, (std::vector<uint32_t>{1, 0}));
  EXPECT_EQ(made.pool->ring().live(), 1U);
  EXPECT_TRUE(made.pool->ring().alive(0));
  EXPECT_FALSE(made.pool->ring().alive(1));
  EXPECT_GT(made.pool->ring().epoch(), old->epoch());
  EXPECT_EQ(seen.dropped, 0) << "somebody may still read it";
  old.reset();
  EXPECT_EQ(seen.dropped, 1);
}

TEST_F(RingTest, ARefusalKeepsTheOldOne) {
  PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"});
  ASSERT_TRUE(made.pool) << made.complaints;
  const Ring *first = &made.pool->ring();
  seen.refuse = true;
  EXPECT_EQ(made.pool->rebuild({1, 0}), nullptr);
  EXPECT_EQ(&made.pool->ring(), first);
  EXPECT_EQ(made.pool->ring().live(), 2U);
  EXPECT_EQ(seen.dropped, 0);
}

TEST_F(RingTest, ARefusalOfTheFirstIsAComplaintInTheComponentsWords) {
  seen.refuse = true;
  seen.say = "needs an odd number";
  seen.say_len = 19;
  PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"});
  EXPECT_FALSE(made.pool);
  EXPECT_NE(made.complaints.find("needs an odd number"), std::string::npos) << made.complaints;
}

TEST_F(RingTest, ATextLongerThanItsBufferIsCut) {
  seen.refuse = true;
  seen.say.assign(4096, 'x');
  seen.say_len = UINT32_MAX;
  PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"});
  EXPECT_FALSE(made.pool);
  EXPECT_LT(made.complaints.size(), 1000U);
}

TEST_F(RingTest, EveryRingIsDroppedInTheEnd) {
  {
    PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"});
    ASSERT_TRUE(made.pool) << made.complaints;
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(made.pool->rebuild({1, i % 2 == 1}));
  }
  EXPECT_EQ(seen.built, 6);
  EXPECT_EQ(seen.dropped, 6);
}

}  // namespace
}  // namespace weir::route
