// A server that came back gets its keys by and by, and which they are is the same whoever asks.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/buffer/chunk.h"
#include "core/message/arena.h"
#include "core/route/router.h"
#include "core/route/slow_start.h"
#include "tests/unit/route/puppet.h"

namespace weir::route {
namespace {

using weir::testing::PuppetPool;

constexpr uint64_t kBack = 5'000'000, kSlow = 1'000'000;

weir_bytes bytes_of(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

// Which servers are in a table: select() finds its way by them.
void *build(void *, const weir_server *servers, uint32_t n, const void *, weir_errbuf *) {
  auto *alive = new std::vector<uint32_t>;
  for (uint32_t i = 0; i < n; ++i) {
    if (servers[i].alive != 0) alive->push_back(i);
  }
  return alive;
}
void drop(void *, void *ring) {
  delete static_cast<std::vector<uint32_t> *>(ring);
}
// The server of a key's first digit; when that is not there, the first one that is.
void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n, uint32_t *out) {
  const auto &alive = *static_cast<const std::vector<uint32_t> *>(ring);
  for (uint32_t i = 0; i < n; ++i) {
    bool there = std::find(alive.begin(), alive.end(), hash[i]) != alive.end();
    out[i] = there ? static_cast<uint32_t>(hash[i]) : alive.empty() ? WEIR_NO_SERVER : alive.front();
  }
}

struct SlowStart : ::testing::Test {
  SlowStart() : arena(chunks) {
    auto tables = weir::testing::puppet_tables();
    tables.dist.build = &build;
    tables.dist.drop = &drop;
    tables.dist.select = &select;
  }
  void make(size_t servers, const std::function<void(config::Pool &)> &tune) {
    std::vector<std::string> list;
    for (size_t i = 0; i < servers; ++i) list.push_back("127.0.0.1:" + std::to_string(i + 1));
    made = std::make_unique<PuppetPool>(list, [&](config::Pool &pool) {
      pool.on_failure = "rehash";
      pool.slow_start_us = kSlow;
      tune(pool);
    });
    ASSERT_TRUE(made->pool) << made->complaints;
    router = std::make_unique<Router>(*made->pool, 0, arena.abi(), nullptr);
  }
  uint32_t route(const std::string &key, uint64_t now_us) {
    return router->route_one(made->pool->ring(), bytes_of(key), now_us);
  }

  ChunkPool chunks;
  Arena arena;
  std::unique_ptr<PuppetPool> made;
  std::unique_ptr<Router> router;
};

std::string key_of(int i) {
  return "1-" + std::to_string(i);  // of server 1
}

TEST_F(SlowStart, GivesAServerItsKeysOneAfterTheOtherAndNoneTwice) {
  make(3, [](config::Pool &) {});
  auto first = made->pool->rebuild({true, false, true});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(route(key_of(i), kBack - 1), 0U);
  auto second = made->pool->rebuild({true, Standing(true, kBack), true});
  std::vector<bool> home(1000, false);
  for (uint64_t step = 0; step <= 20; ++step) {
    uint64_t now = kBack + step * kSlow / 20;
    int count = 0;
    for (int i = 0; i < 1000; ++i) {
      uint32_t server = route(key_of(i), now);
      EXPECT_TRUE(server == 1 || (server == 0 && !home[static_cast<size_t>(i)])) << "key " << i << " at step " << step;
      home[static_cast<size_t>(i)] = server == 1;
      count += server == 1;
    }
    EXPECT_NEAR(count, static_cast<int>(step) * 50, 60) << "at step " << step;
  }
  EXPECT_EQ(std::count(home.begin(), home.end(), true), 1000);
  EXPECT_EQ(route("2x", kBack), 2U) << "keys of others stay where they are";
}

TEST_F(SlowStart, KeepsKeysOfOneTagTogether) {
  make(3, [](config::Pool &pool) { pool.hash_tag = "{}"; });
  auto old = made->pool->rebuild({true, Standing(true, kBack), true});
  bool seen[2] = {};
  for (int i = 0; i < 50; ++i) {
    std::string tag = "{" + key_of(i) + "}";
    uint32_t server = route("a" + tag, kBack + kSlow / 2);
    seen[server] = true;
    for (int j = 0; j < 10; ++j) EXPECT_EQ(route(std::to_string(j) + tag, kBack + kSlow / 2), server);
  }
  EXPECT_TRUE(seen[0] && seen[1]) << "or this says nothing";
}

TEST_F(SlowStart, WithNobodyElseToGoToEverythingIsHome) {
  make(2, [](config::Pool &) {});
  auto old = made->pool->rebuild({Standing(true, kBack), Standing(true, kBack)});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(route(key_of(i), kBack), 1U);
}

TEST_F(SlowStart, LeavesOneServersPoolAlone) {
  make(1, [](config::Pool &) {});
  auto old = made->pool->rebuild({Standing(true, kBack)});
  EXPECT_EQ(route("1", kBack), 0U);
}

TEST_F(SlowStart, TablesAreLaidOutOnlyWhenTheServersInThemChange) {
  make(3, [](config::Pool &) {});
  const void *all = made->pool->ring().table();
  auto first = made->pool->rebuild({true, Standing(true, kBack), true});
  EXPECT_EQ(made->pool->ring().table(), all);
  auto second = made->pool->rebuild({true, true, true});
  EXPECT_EQ(made->pool->ring().table(), all);
  first.reset();
  second.reset();
  EXPECT_EQ(route("1", kBack), 1U) << "the table went with a ring that had it, too";
}

TEST_F(SlowStart, ARingThatKeepsItsServersSaysWhoseKeysGoElsewhere) {
  make(3, [](config::Pool &pool) { pool.on_failure = "failover"; });
  EXPECT_FALSE(made->pool->ring().diverts());
  auto first = made->pool->rebuild({true, false, true});
  const Ring &down = made->pool->ring();
  EXPECT_TRUE(down.diverts());
  EXPECT_FALSE(down.warms());
  EXPECT_FALSE(down.alive(1));
  EXPECT_EQ(route("1", kBack), 1U);
  auto second = made->pool->rebuild({false, false, false});
  EXPECT_FALSE(made->pool->ring().empty());
  EXPECT_EQ(route("1", kBack), 1U);
  auto third = made->pool->rebuild({true, Standing(true, kBack), true});
  EXPECT_TRUE(made->pool->ring().diverts());
  EXPECT_FALSE(made->pool->ring().has_come_back(1, bytes_of("1-1"), kBack));
  EXPECT_TRUE(made->pool->ring().has_come_back(1, bytes_of("1-1"), kBack + kSlow));
  EXPECT_TRUE(made->pool->ring().has_come_back(0, bytes_of("1-1"), kBack));
  auto fourth = made->pool->rebuild({true, true, true});
  EXPECT_FALSE(made->pool->ring().diverts());
}

}  // namespace
}  // namespace weir::route
