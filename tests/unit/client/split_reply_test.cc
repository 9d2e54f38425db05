// Requests that go to several servers and come back as one reply.
#include <gtest/gtest.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

TEST(SplitReply, JoinsTheItemsInTheOrderOfTheKeys) {
  World world({.servers = 3});
  Peer &client = world.connect();
  client.say("mget 2a 0a 1a 0b 2b\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0a 0b\n"));
  EXPECT_TRUE(world.got(world.server(1), "mget 1a\n"));
  EXPECT_TRUE(world.got(world.server(2), "mget 2a 2b\n"));
  world.server(2).say("*C,CC\n");
  world.server(0).say("*A,AA\n");
  world.settle();
  EXPECT_EQ(line_hooks().expected_keys, 2U);
  world.server(1).say("*B\n");
  EXPECT_TRUE(world.got(client, "*C,A,B,AA,CC\n"));
  EXPECT_EQ(world.pool_cells().fragments.get(), 3U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, OneServerGetsTheBytesUntouched) {
  World world({.servers = 3});
  Peer &client = world.connect();
  client.say("mget   1a    1b\n");
  EXPECT_TRUE(world.got(world.server(1), "mget   1a    1b\n"));
  world.server(1).say("*x,y\n");
  EXPECT_TRUE(world.got(client, "*x,y\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, HoldsTheRequestsBehindIt) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("mget 0 1\nget 0\nmget 1 0\nping\n");
  world.server(0).say("*a\n+g\n*c\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(1).say("*b\n");
  EXPECT_TRUE(world.got(client, "*a,b\n+g\n"));
  world.server(1).say("*d\n");
  EXPECT_TRUE(world.got(client, "*d,c\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ARepeatedKeyIsAskedAsOftenAsItIsNamed) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("mget 0 1 0 0\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0 0 0\n"));
  world.server(0).say("*p,q,r\n");
  world.server(1).say("*s\n");
  EXPECT_TRUE(world.got(client, "*p,s,q,r\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ThousandsOfKeysAreRenderedAndMergedInSlices) {
  World world({.servers = 2, .rig = [](const Tables &tables) { tables.protocol.max_head = 1 << 20; }});
  Peer &client = world.connect();
  constexpr int kKeys = 20000;
  std::string request = "mget", expected = "*", zero = "mget", reply[2] = {"*", "*"};
  for (int i = 0; i < kKeys; ++i) {
    std::string key = std::to_string(i % 2) + "k" + std::to_string(i);
    request += " " + key;
    expected += (i > 0 ? "," : "") + key;
    if (i % 2 == 0) zero += " " + key;
    reply[i % 2] += (i > 1 ? "," : "") + key;
  }
  client.say(request + "\n");
  EXPECT_TRUE(world.got(world.server(0), zero + "\n"));
  world.server(0).say(reply[0] + "\n");
  world.server(1).say(reply[1] + "\n");
  EXPECT_TRUE(world.got(client, expected + "\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, AFailedPartIsToldToTheMerge) {
  World world({.servers = 2, .tune = [](config::Pool &pool) { pool.timeout_us = 3'600'000'000; }});
  Peer &client = world.connect();
  client.say("mget 0a 1a 0b\n");
  world.server(1).say("*B\n");
  world.server(0).close();
  EXPECT_TRUE(world.got(client, "*failed,B,failed\n"));
  EXPECT_EQ(world.pool_cells().forward_error.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, PartsToServersThatRefuseFailAtOnceAndTheOthersCount) {
  World world({.servers = 2});
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("mget 0 1\nget 1\n");
  world.server(1).say("*B\n+g\n");
  EXPECT_TRUE(world.got(client, "*failed,B\n+g\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, KeysWithoutAServerFailAlone) {
  auto some = [](const weir_scope *, const void *, const uint64_t *hash, const weir_bytes *, uint32_t n,
                 uint32_t *out) {
    for (uint32_t i = 0; i < n; ++i) out[i] = hash[i] == 9 ? 4711 : static_cast<uint32_t>(hash[i]);
  };
  World world({.servers = 2, .rig = [&](const Tables &tables) { tables.dist.select = some; }});
  Peer &client = world.connect();
  client.say("mget 9 1 9\nget 9\nmget 9 9\n");
  world.server(1).say("*B\n");
  EXPECT_TRUE(world.got(client, "*failed,B,failed\n-2 Connection refused\n-2 Connection refused\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ToAllServersIsOneReply) {
  World world({.servers = 3});
  Peer &client = world.connect();
  client.say("all\n");
  for (uint32_t i = 0; i < 3; ++i) EXPECT_TRUE(world.got(world.server(i), "all\n"));
  for (uint32_t i = 3; i-- > 0;) world.server(i).say("*s" + std::to_string(i) + "\n");
  EXPECT_TRUE(world.got(client, "*s0,s1,s2\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ToAllServersLeavesOutTheDead) {
  World world({.servers = 3});
  auto old = world.made->pool->rebuild({1, 0, 1});
  Peer &client = world.connect();
  client.say("all\nat 1\nat 2\nat 3\nany\n");
  world.server(0).say("*a\n+any\n");
  world.server(2).say("*c\n+at\n");
  EXPECT_TRUE(world.got(client, "*a,c\n-2 Connection refused\n+at\n-10 no such server\n+any\n"));
  EXPECT_TRUE(world.servers[1].connections.empty());
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, WithEveryServerDeadEveryRequestFailsAndLocalOnesDoNot) {
  World world({.servers = 2});
  auto old = world.made->pool->rebuild({0, 0});
  Peer &client = world.connect();
  client.say("get 0\nmget 0 1\nall\nany\nat 0\ntell 0\nping\n");
  std::string no = "-2 Connection refused\n";
  EXPECT_TRUE(world.got(client, no + no + no + no + no + "+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ATransformedReplyGoesThroughTheMergeThoughItIsAlone) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("change 1\n");
  EXPECT_TRUE(world.got(world.server(1), "change 1\n"));
  world.server(1).say("*v,unasked\n");
  EXPECT_TRUE(world.got(client, "*v\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, KeysOfOneCommandOnDifferentServersAreRefused) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("same 0a 0b\nsame 0 1\n");
  world.server(0).say("+ok\n");
  EXPECT_TRUE(world.got(client, "+ok\n-6 the keys lie on different servers\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(SplitReply, ARequestThatIsAlwaysEncodedAnewIs) {
  World world;
  Peer &client = world.connect();
  client.say("again 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
