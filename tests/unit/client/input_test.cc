// Requests however they arrive: in pieces, larger than allowed, larger than the window.
#include <gtest/gtest.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

std::string set(size_t size, char fill = 'v') {
  return "set 0 " + std::to_string(size) + "\n" + std::string(size, fill);
}
std::string put(size_t size, char fill = 'p') {
  return "put 0 " + std::to_string(size) + "\n" + std::string(size, fill) + "\n";
}

TEST(Input, RequestsInPiecesOfAnySizeReachTheServerAsTheyWere) {
  std::string all = "get 0\n" + set(10) + put(30) + "mget 0 0\n" + set(0) + put(0) + set(5000) + "get 0\n" +
                    put(40000) + set(70000) + "get 0\n";
  for (size_t piece : {1, 3, 17, 1000, 65536, 1000000}) {
    World world;
    Peer &client = world.connect();
    for (size_t at = 0; at < all.size(); at += piece) {
      client.say(all.substr(at, piece));
      if (piece > 1 || at % 64 == 0 || at < 200) world.turn();
    }
    EXPECT_TRUE(world.got(world.server(0), all)) << "pieces of " << piece;
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Input, ALargeRequestTakesMemoryAsItArrives) {
  World world({.tune = [](config::Pool &pool) { pool.request_limit = 1ULL << 30; }});
  Peer &client = world.connect();
  client.say("set 0 536870912\n" + std::string(1000, 'x'));
  world.settle();
  EXPECT_LT(world.reactor.chunks.in_use(), 64U << 10);
  client.say(std::string(100000, 'x'));
  world.settle();
  EXPECT_LT(world.reactor.chunks.in_use(), 1U << 20);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Input, ARequestOverTheLimitIsRefusedAndThePositionIsKept) {
  for (size_t piece : {5000, 100, 1 << 20}) {
    World world({.tune = [](config::Pool &pool) { pool.request_limit = 1000; }});
    Peer &client = world.connect();
    std::string all = "get 0\n" + set(100000, 'a') + "get 0\n" + set(2000, 'b') + "ping\n";
    for (size_t at = 0; at < all.size(); at += piece) {
      client.say(all.substr(at, piece));
      world.turn();
    }
    EXPECT_TRUE(world.got(world.server(0), "get 0\nget 0\n"));
    world.server(0).say("+1\n+2\n");
    EXPECT_TRUE(world.got(client,
                          "+1\n-5 the request is larger than request_limit\n+2\n"
                          "-5 the request is larger than request_limit\n+ping\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Input, ASkippedPayloadOverTheLimitIsRefusedAndTheClientClosed) {
  World world({.tune = [](config::Pool &pool) { pool.request_limit = 1000; }});
  Peer &client = world.connect();
  client.say("put 0 5000\nabc");
  EXPECT_TRUE(world.got(client, "-5 the request is larger than request_limit\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Input, ATokenLongerThanTheProtocolAllowsIsRefused) {
  World world;
  Peer &client = world.connect();
  client.say("ping\n" + std::string(5000, 'x'));
  EXPECT_TRUE(world.got(client, "+ping\n-5 a token is longer than the protocol allows\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Input, MoreKeysThanAllowedAreRefused) {
  World world({.tune = [](config::Pool &pool) { pool.max_keys = 10; },
               .rig = [](const Tables &tables) { tables.protocol.max_head = 1 << 20; }});
  Peer &client = world.connect();
  std::string request = "mget";
  for (int i = 0; i < 5000; ++i) request += " 0";
  client.say("get 0\n" + request + "\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n-5 the request has more keys than max_keys\n"));
  client.say("ping\n");
  EXPECT_TRUE(world.got(client, "+ping\n")) << "its end is known, so the connection goes on";
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Input, ManyRequestsOfFewKeysInOneWindowAreNotOneOfMany) {
  World world({.tune = [](config::Pool &pool) { pool.max_keys = 4; }});
  Peer &client = world.connect();
  std::string requests;
  for (int i = 0; i < 3000; ++i) requests += "ping\nmget 0 0 0 0\n";
  client.say(requests);
  size_t answered = 0;
  EXPECT_TRUE(world.until([&] {
    for (; answered * 13 + 13 <= world.server(0).got.size(); ++answered) world.server(0).say("+\n");
    return answered == 3000 || client.ended;
  }));
  EXPECT_FALSE(client.ended);
}

TEST(Input, WhenMemoryIsShortRequestsForServersAreRefusedAndTheConnectionLives) {
  World world;
  Peer &client = world.connect();
  world.reactor.memory_limit = 0;
  Peer &other = world.connect();
  other.say("get");  // its start is kept, so that memory is in use
  world.settle();
  client.say("get 0\nping\n" + set(20).substr(0, 12));
  world.settle();
  world.reactor.memory_limit = UINT64_MAX;
  client.say(set(20).substr(12) + "get 0\n");
  world.settle();
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "-7 memory_limit is reached\n+ping\n-7 memory_limit is reached\n+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Input, WhatThisCoreDoesNotHaveIsRefusedByRequest) {
  World world;
  Peer &client = world.connect();
  client.say("open 0\nping\n");
  EXPECT_TRUE(world.got(client, "-10 the command needs what this version of weir does not have\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
