// Verdicts that send a request, or a copy of it, to another pool, or to a server there.
#include <gtest/gtest.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint32_t kOwn = 0;

// A pool, and another one of three servers.
struct Pools {
  Pools(uint32_t servers, Act first, Act second = {})
      : own(servers),
        world({.servers = servers,
               .rig =
                   [&](const Tables &) {
                     test_filters()[0].request = std::move(first);
                     test_filters()[1].request = std::move(second);
                     test_filters()[1].wants_response = true;
                   },
               .filters = 2,
               .other_servers = 3}) {}
  Peer &there(uint32_t server) { return world.server(own + server); }
  bool nobody_asks(uint32_t server) {
    world.settle();
    return world.servers[server].connections.empty();
  }
  PoolCells &cells() { return world.pool_cells(); }
  const uint32_t own;
  World world;
};

Act to_other_pool() {
  return decide([](weir_verdict &v) { v.pool = World::kOther; });
}

Act copies() {
  return decide([](weir_verdict &v) { v.mirror_pool = World::kOther; });
}

// ---- pool

TEST(FilterPools, KeysLieWhereTheOtherPoolHasThem) {
  Pools p(2, to_other_pool());
  Peer &client = p.world.connect();
  client.say("get 2\nmget 0 2a 1 2b\nset 5 1\nx");
  EXPECT_TRUE(p.world.got(p.there(0), "mget 0\n"));
  EXPECT_TRUE(p.world.got(p.there(1), "mget 1\n"));
  EXPECT_TRUE(p.world.got(p.there(2), "get 2\nmget 2a 2b\nset 5 1\nx"));
  p.there(2).say("+a\n*c,d\n+e\n");
  p.there(1).say("*b\n");
  EXPECT_TRUE(p.world.got(client, "+a\n"));
  p.there(0).say("*f\n");
  EXPECT_TRUE(p.world.got(client, "*f,c,b,d\n+e\n"));
  EXPECT_TRUE(p.nobody_asks(0) && p.nobody_asks(1));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, RequestsWithoutKeysToo) {
  Pools p(1, to_other_pool());
  Peer &client = p.world.connect();
  client.say("at 2\nhush\nany\nping\n");
  EXPECT_TRUE(p.world.got(p.there(2), "at 2\nhush\n"));
  EXPECT_TRUE(p.world.got(p.there(1), "hush\n"));
  EXPECT_TRUE(p.world.got(p.there(0), "hush\nany\n"));
  p.there(0).say("+b\n");
  p.there(2).say("+a\n");
  EXPECT_TRUE(p.world.got(client, "+a\n+b\n+ping\n"));
  EXPECT_TRUE(p.nobody_asks(0));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, ACommandOfVeryManyKeys) {
  Pools p(1, to_other_pool());
  Peer &client = p.world.connect();
  std::string asked = "mget", some[3] = {"mget", "mget", "mget"}, items = "*v", merged = "*v";
  for (int i = 0; i < 4500; ++i) {
    const std::string key = " " + std::to_string(i % 3);
    asked += key;
    some[i % 3] += key;
    if (i % 3 == 1) items += i > 1 ? ",v" : "";
    if (i > 0) merged += ",v";
  }
  client.say(asked + "\n");
  for (uint32_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(p.world.got(p.there(i), some[i] + "\n"));
    p.there(i).say(items + "\n");
  }
  EXPECT_TRUE(p.world.got(client, merged + "\n"));
  EXPECT_TRUE(p.nobody_asks(0));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, WhoHearsOfItHearsOfThatPool) {
  std::string seen, ended;
  Pools p(2, to_other_pool(), [&seen](const weir_scope &, const weir_view &view, weir_verdict &) {
    seen += std::to_string(view.pool) + ";";
    return WEIR_OK;
  });
  test_filters()[1].response = [&ended](const weir_view &, const weir_outcome &outcome) {
    ended += std::to_string(outcome.pool) + "," + std::to_string(outcome.server) + ";";
  };
  Peer &client = p.world.connect();
  client.say("get 2\n");
  EXPECT_TRUE(p.world.got(p.there(2), "get 2\n"));
  p.there(2).say("+a\n");
  EXPECT_TRUE(p.world.got(client, "+a\n"));
  test_filters()[0].request = {};
  client.say("get 1\n");
  EXPECT_TRUE(p.world.got(p.world.server(1), "get 1\n"));
  p.world.server(1).say("+b\n");
  EXPECT_TRUE(p.world.got(client, "+b\n"));
  EXPECT_EQ(seen, "1;0;");
  EXPECT_EQ(ended, "1,2;0,1;");
  EXPECT_EQ(p.world.leftovers(), "");
}

// ---- server

TEST(FilterPools, AServerOfThatPool) {
  Pools p(1, decide([](weir_verdict &v) {
            v.pool = World::kOther;
            v.server = 2;
          }));
  Peer &client = p.world.connect();
  const std::string all = "get 0\nmget 0 1\nany\nall\nat 0\nsame 0 1\n";
  client.say(all);
  EXPECT_TRUE(p.world.got(p.there(2), all));
  p.there(2).say("+1\n+2\n+3\n+4\n+5\n+6\n");
  EXPECT_TRUE(p.world.got(client, "+1\n+2\n+3\n+4\n+5\n+6\n"));
  EXPECT_TRUE(p.nobody_asks(0) && p.nobody_asks(1) && p.nobody_asks(2));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, AServerIsForgottenWhenALaterFilterChoosesAPool) {
  Pools p(2, decide([](weir_verdict &v) { v.server = 1; }), to_other_pool());
  Peer &client = p.world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(p.world.got(p.there(0), "get 0\n"));
  p.there(0).say("+a\n");
  EXPECT_TRUE(p.world.got(client, "+a\n"));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, AServerIsCountedInThePoolThatAnEarlierFilterChose) {
  Pools p(5, to_other_pool(), decide([](weir_verdict &v) { v.server = 3; }));
  Peer &client = p.world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(p.world.got(client, "-4 a filter failed\n"));
  test_filters()[1].request = decide([](weir_verdict &v) {
    v.pool = kOwn;
    v.server = 3;
  });
  client.say("get 0\n");
  EXPECT_TRUE(p.world.got(p.world.server(3), "get 0\n"));
  p.world.server(3).say("+a\n");
  EXPECT_TRUE(p.world.got(client, "+a\n"));
  EXPECT_EQ(p.cells().filter_errors.get(), 1U);
  EXPECT_EQ(p.world.leftovers(), "");
}

// ---- where it may not go

TEST(FilterPools, WhatBelongsToAConnectionStaysInItsPool) {
  Pools p(2, to_other_pool());
  Peer &client = p.world.connect();
  client.say("watch 1\ntune 1\n");
  EXPECT_TRUE(p.world.got(client, "-4 a filter failed\n-4 a filter failed\n"));
  EXPECT_EQ(line_hooks().leases, "");
  test_filters()[0].request = decide([](weir_verdict &v) { v.pool = kOwn; });
  client.say("watch 1\n");
  EXPECT_TRUE(p.world.got(p.world.server(1), "watch 1\n"));
  p.world.server(1).say("+w\n");
  EXPECT_TRUE(p.world.got(client, "+w\n"));
  test_filters()[0].request = to_other_pool();
  client.say("over 1\n");
  EXPECT_TRUE(p.world.got(client, "-4 a filter failed\n"));
  EXPECT_EQ(p.cells().filter_errors.get(), 3U);
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, APoolThatIsGone) {
  Pools p(1, to_other_pool());
  Peer &client = p.world.connect();
  client.say("get 2\n");
  EXPECT_TRUE(p.world.got(p.there(2), "get 2\n"));
  p.there(2).say("+a\n");
  EXPECT_TRUE(p.world.got(client, "+a\n"));
  p.world.front->forget_pool(*p.world.other);
  client.say("get 2\nmget 0 1\nany\nat 0\n");
  EXPECT_TRUE(
      p.world.got(client, "-2 Connection refused\n-2 Connection refused\n-2 Connection refused\n-10 no such server\n"));
  test_filters()[0].request = copies();
  client.say("get 2\n");
  EXPECT_TRUE(p.world.got(p.world.server(0), "get 2\n"));
  p.world.server(0).say("+b\n");
  EXPECT_TRUE(p.world.got(client, "+b\n"));
  EXPECT_EQ(p.cells().mirrored.get(), 0U);
  EXPECT_EQ(p.cells().mirror_dropped.get(), 1U);
  EXPECT_EQ(p.world.leftovers(), "");
}

// ---- mirror_pool

TEST(FilterPools, ACopyIsNotWaitedForAndItsReplyIsNobodys) {
  Pools p(2, copies());
  Peer &client = p.world.connect();
  client.say("get 2\nget 5\n");
  EXPECT_TRUE(p.world.got(p.there(2), "get 2\nget 5\n"));
  EXPECT_TRUE(p.world.got(p.world.server(0), "get 2\n"));
  EXPECT_TRUE(p.world.got(p.world.server(1), "get 5\n"));
  p.there(2).say("+not for you\n");
  p.world.server(0).say("+a\n");
  p.world.server(1).say("+b\n");
  EXPECT_TRUE(p.world.got(client, "+a\n+b\n"));
  EXPECT_EQ(p.cells().mirrored.get(), 2U);
  client.close();  // and its last copy is not answered yet
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, EachServerGetsACopyOfItsKeysInTheirOrder) {
  Pools p(1, copies());
  Peer &client = p.world.connect();
  client.say("mget 2x 0a 1 0b 2a 0c\n");
  EXPECT_TRUE(p.world.got(p.world.server(0), "mget 2x 0a 1 0b 2a 0c\n"));
  EXPECT_TRUE(p.world.got(p.there(0), "mget 0a 0b 0c\n"));
  EXPECT_TRUE(p.world.got(p.there(1), "mget 1\n"));
  EXPECT_TRUE(p.world.got(p.there(2), "mget 2x 2a\n"));
  for (uint32_t i = 0; i < 3; ++i) p.there(i).say("*x\n");
  p.world.server(0).say("*all\n");
  EXPECT_TRUE(p.world.got(client, "*all\n"));
  EXPECT_EQ(p.cells().mirrored.get(), 3U);
  EXPECT_EQ(p.world.leftovers(), "");
}

// The copy of one that is split itself, while its own parts are counted.
TEST(FilterPools, BothAreSplit) {
  Pools p(2, copies());
  Peer &client = p.world.connect();
  client.say("mget 0 1 2 3\n");
  EXPECT_TRUE(p.world.got(p.there(0), "mget 0 3\n"));
  EXPECT_TRUE(p.world.got(p.there(1), "mget 1\n"));
  EXPECT_TRUE(p.world.got(p.there(2), "mget 2\n"));
  EXPECT_TRUE(p.world.got(p.world.server(0), "mget 0 2\n"));
  EXPECT_TRUE(p.world.got(p.world.server(1), "mget 1 3\n"));
  p.world.server(1).say("*b,d\n");
  p.world.server(0).say("*a,c\n");
  EXPECT_TRUE(p.world.got(client, "*a,b,c,d\n"));
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, ACopyHasTheKeysThatFiltersGaveIt) {
  Pools p(1, copies(), prefix_filter("1"));
  Peer &client = p.world.connect();
  client.say("get 0\nmget 0 2\ntell 2\n");
  EXPECT_TRUE(p.world.got(p.there(1), "get 10\nmget 10 12\ntell 12\n"));
  EXPECT_TRUE(p.world.got(p.world.server(0), "get 10\nmget 10 12\ntell 12\n"));
  p.there(1).say("+x\n+x\n");
  p.world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(p.world.got(client, "+a\n+b\n"));
  EXPECT_EQ(p.cells().mirrored.get(), 3U);
  EXPECT_EQ(p.world.leftovers(), "");
}

TEST(FilterPools, WhatCannotBeCopiedIsDroppedAndCounted) {
  Pools p(1, copies());
  Peer &client = p.world.connect();
  client.say("same 0 1\nhush\nwatch 0\n");  // keys of two servers there; to all; with a lease
  EXPECT_TRUE(p.world.got(p.world.server(0), "same 0 1\nhush\n"));
  for (uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(p.world.got(p.there(i), "hush\n"));
  EXPECT_EQ(p.cells().mirrored.get(), 3U);
  EXPECT_EQ(p.cells().mirror_dropped.get(), 1U);
  p.world.server(0).say("+a\n");
  EXPECT_TRUE(p.world.got(p.world.server(0, 1), "watch 0\n"));
  p.world.server(0, 1).say("+w\n");
  EXPECT_TRUE(p.world.got(client, "+a\n+w\n"));
  EXPECT_EQ(p.cells().mirror_dropped.get(), 2U);
  EXPECT_EQ(p.world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
