// What the components are asked, and what is made of their answers.
#include "core/route/router.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/message/arena.h"
#include "tests/unit/route/puppet.h"

namespace weir::route {
namespace {

using weir::testing::puppet_tables;
using weir::testing::PuppetPool;

struct Asked {
  std::vector<std::vector<std::string>> runs;  // keys of each run() of the hash
  std::vector<std::vector<uint64_t>> hashes;   // of each select()
  std::vector<std::vector<std::string>> keys;  // of each select()
  uint64_t result = 0;                         // of every hash; 0 = the key's first digit
  std::vector<uint32_t> choose;                // select() answers these when there are any
  bool had_hash = false, had_keys = false;
};
Asked asked;

std::string text_of(const weir_bytes &bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

void run(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  ASSERT_GE(n, 1U);
  auto &list = asked.runs.emplace_back();
  for (uint32_t i = 0; i < n; ++i) {
    ASSERT_GT(keys[i].len, 0U);
    list.push_back(text_of(keys[i]));
    out[i] = asked.result != 0 ? asked.result : static_cast<uint64_t>(keys[i].ptr[0] - '0');
  }
}

void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *keys, uint32_t n,
            uint32_t *out) {
  asked.had_hash = hash != nullptr;
  asked.had_keys = keys != nullptr;
  if (hash != nullptr) asked.hashes.emplace_back(hash, hash + n);
  auto &list = asked.keys.emplace_back();
  for (uint32_t i = 0; keys != nullptr && i < n; ++i) list.push_back(text_of(keys[i]));
  for (uint32_t i = 0; i < n; ++i) {
    out[i] = !asked.choose.empty()
                 ? asked.choose[i]
                 : static_cast<uint32_t>((hash == nullptr ? 0 : hash[i]) % *static_cast<const uint32_t *>(ring));
  }
}

struct RouterTest : ::testing::Test {
  RouterTest() : tables(puppet_tables()), arena(chunks) {
    asked = {};
    tables.hash.run = &run;
    tables.dist.select = &select;
  }
  void make(size_t servers, const std::string &tag = "") {
    std::vector<std::string> list;
    for (size_t i = 0; i < servers; ++i) list.push_back("127.0.0.1:" + std::to_string(i + 1));
    made = std::make_unique<PuppetPool>(list, [&](config::Pool &pool) { pool.hash_tag = tag; });
    ASSERT_TRUE(made->pool) << made->complaints;
    router = std::make_unique<Router>(*made->pool, 0, arena.abi(), nullptr);
  }
  std::vector<uint32_t> route(const std::vector<std::string> &keys, uint64_t now_us = 1) {
    std::vector<weir_bytes> bytes;
    for (const auto &k : keys) bytes.push_back({reinterpret_cast<const uint8_t *>(k.data()), k.size()});
    std::vector<uint32_t> servers(keys.size(), 777);
    router->route(made->pool->ring(), bytes.data(), static_cast<uint32_t>(keys.size()), servers.data(), now_us);
    return servers;
  }

  weir::testing::Tables tables;
  ChunkPool chunks;
  Arena arena;
  std::unique_ptr<PuppetPool> made;
  std::unique_ptr<Router> router;
};

using Servers = std::vector<uint32_t>;
using Keys = std::vector<std::string>;

TEST_F(RouterTest, AllKeysOfAWindowAreAskedInOneCall) {
  make(3);
  EXPECT_EQ(route({"0", "1", "2", "3", "4"}), (Servers{0, 1, 2, 0, 1}));
  ASSERT_EQ(asked.runs.size(), 1U);
  EXPECT_EQ(asked.runs[0], (Keys{"0", "1", "2", "3", "4"}));
  EXPECT_EQ(asked.keys.size(), 1U);
}

TEST_F(RouterTest, EmptyKeysHashToZeroWithoutBeingAsked) {
  make(3);
  EXPECT_EQ(route({"", "1", "2", "", "", "5", ""}), (Servers{0, 1, 2, 0, 0, 2, 0}));
  EXPECT_EQ(asked.runs, (std::vector<Keys>{{"1", "2"}, {"5"}}));
  EXPECT_EQ(asked.hashes.at(0), (std::vector<uint64_t>{0, 1, 2, 0, 0, 5, 0}));
}

TEST_F(RouterTest, WithNothingButEmptyKeysTheHashIsNotAsked) {
  make(2);
  EXPECT_EQ(route({"", ""}), (Servers{0, 0}));
  EXPECT_TRUE(asked.runs.empty());
}

TEST_F(RouterTest, AnEmptyKeyIsZeroAgainAfterOtherKeysHadItsPlace) {
  make(3);
  route({"2", "2"});
  EXPECT_EQ(route({"", "2"}), (Servers{0, 2}));
}

TEST_F(RouterTest, AHashOf32BitsIsCutTo32Bits) {
  asked.result = 0xffffffff00000004;
  make(3);
  EXPECT_EQ(route({"x"}), (Servers{1}));
  EXPECT_EQ(asked.hashes.at(0).at(0), 4U);
}

TEST_F(RouterTest, AHashOf64BitsIsLeftAsItIs) {
  tables.hash.bits = 64;
  asked.result = 0xffffffff00000004;
  make(3);
  route({"x"});
  EXPECT_EQ(asked.hashes.at(0).at(0), 0xffffffff00000004);
}

TEST_F(RouterTest, AServerOutOfRangeIsNoServer) {
  make(3);
  asked.choose = {0, 2, 3, 4711, WEIR_NO_SERVER};
  EXPECT_EQ(route({"a", "b", "c", "d", "e"}), (Servers{0, 2, WEIR_NO_SERVER, WEIR_NO_SERVER, WEIR_NO_SERVER}));
}

TEST_F(RouterTest, APoolOfOneServerAsksNobody) {
  make(1);
  EXPECT_EQ(route({"7", "", "9"}), (Servers{0, 0, 0}));
  EXPECT_TRUE(asked.runs.empty());
  EXPECT_TRUE(asked.keys.empty());
}

TEST_F(RouterTest, WithEveryServerDeadThereIsNoServerAndNobodyIsAsked) {
  for (size_t servers : {1, 3}) {
    asked = {};
    make(servers);
    auto old = made->pool->rebuild(Standings(servers, Standing(false)));
    EXPECT_EQ(route({"1", "2"}), (Servers{WEIR_NO_SERVER, WEIR_NO_SERVER}));
    EXPECT_TRUE(asked.runs.empty());
    EXPECT_TRUE(asked.keys.empty());
  }
}

TEST_F(RouterTest, TheHashSeesTheTagAlone) {
  make(3, "{}");
  EXPECT_EQ(route({"a{1}b", "2", "c{2}", "{}2"}).at(0), 1U);
  EXPECT_EQ(asked.runs.at(0), (Keys{"1", "2", "2", "{}2"}));
}

TEST_F(RouterTest, ADistributionThatWantsKeysGetsThemAfterTheTagWasTakenOut) {
  tables.dist.flags = WEIR_D_KEYS;
  make(3, "{}");
  route({"a{1}b", ""});
  EXPECT_EQ(asked.keys.at(0), (Keys{"1", ""}));
  EXPECT_TRUE(asked.had_hash);
}

TEST_F(RouterTest, ADistributionThatWantsNoKeysGetsNone) {
  make(3);
  route({"1"});
  EXPECT_FALSE(asked.had_keys);
}

TEST_F(RouterTest, ADistributionThatWantsNoHashSavesTheHash) {
  tables.dist.flags = WEIR_D_NO_HASH | WEIR_D_KEYS;
  make(3);
  route({"1", "2"});
  EXPECT_TRUE(asked.runs.empty());
  EXPECT_FALSE(asked.had_hash);
  EXPECT_EQ(asked.keys.at(0), (Keys{"1", "2"}));
}

TEST_F(RouterTest, WindowsMayGrow) {
  make(3);
  for (size_t n : {1, 10, 100, 5000, 3}) {
    Keys keys;
    for (size_t i = 0; i < n; ++i) keys.push_back(std::to_string(i % 10));
    Servers servers = route(keys);
    for (size_t i = 0; i < n; ++i) ASSERT_EQ(servers[i], i % 10 % 3) << i;
  }
}

}  // namespace
}  // namespace weir::route
