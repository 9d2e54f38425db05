// Server connections of a kind of their own, for requests that need one.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

TEST(Profile, ARequestGoesOverAConnectionOfItsOwnKind) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nkind 7\nkind 7\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "get 0\n"));
  EXPECT_TRUE(world.got(world.server(0, 1), "kind 7\nkind 7\n"));
  world.server(0, 1).say("+b\n+c\n");
  world.settle();
  EXPECT_EQ(client.got, "");  // the order is the client's
  world.server(0, 0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n"));
  client.say("kind 8\n");
  EXPECT_TRUE(world.got(world.server(0, 2), "kind 8\n"));
  world.server(0, 2).say("+d\n");
  EXPECT_TRUE(world.got(client, "+d\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Profile, WhatMayTakeLongKeepsNobodyElseWaitingAndItsClientsOrder) {
  World world;
  Peer &slow = world.connect(), &other = world.connect();
  slow.say("slow 1\nget 2\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "slow 1\nget 2\n")) << "with what follows it";
  other.say("get 3\nslow 4\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 3\nslow 4\n")) << "behind what its client waits for";
  world.server(0, 1).say("+c\n+d\n");
  EXPECT_TRUE(world.got(other, "+c\n+d\n"));
  world.server(0, 0).say("+a\n");
  EXPECT_TRUE(world.got(slow, "+a\n"));
  slow.say("get 5\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "get 5\n")) << "as long as it waits for any of that";
  world.server(0, 0).say("+b\n+e\n");
  EXPECT_TRUE(world.got(slow, "+b\n+e\n"));
  slow.say("get 6\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 6\n")) << "and then like everybody else";
  world.server(0, 1).say("+f\n");
  EXPECT_TRUE(world.got(slow, "+f\n"));
  other.say("slow 7\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "slow 7\n"));
  world.server(0, 0).say("+g\n");
  EXPECT_TRUE(world.got(other, "+g\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Profile, TheHandshakeIsToldWhichItIs) {
  World world({.handshake = true});
  line_hooks().handshake = [](const weir_scope &, uint32_t, const weir_rsp *, const std::string &, weir_out &,
                              weir_errbuf &why) -> weir_status {
    if (line_hooks().profile != 9) return WEIR_HS_READY;
    why.len = 4;
    std::memcpy(why.ptr, "nine", 4);
    return WEIR_E_FAIL;
  };
  Peer &client = world.connect();
  client.say("kind 5\n");
  EXPECT_TRUE(world.got(world.server(0), "kind 5\n"));
  EXPECT_EQ(line_hooks().profile, 5U);
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("kind 9\n");
  EXPECT_TRUE(world.got(client, "-12 nine\n"));
  EXPECT_EQ(line_hooks().profile, 9U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Profile, AProfileThatIsRefusedIsNoFailureOfTheServer) {
  World world({.handshake = true, .tune = [](config::Pool &pool) {
                 pool.auto_eject_hosts = true;
                 pool.server_failure_limit = 1;
               }});
  line_hooks().handshake = [](const weir_scope &, uint32_t, const weir_rsp *, const std::string &, weir_out &,
                              weir_errbuf &) -> weir_status {
    return line_hooks().profile == 0 ? static_cast<weir_status>(WEIR_HS_READY) : WEIR_E_FAIL;
  };
  Peer &client = world.connect();
  client.say("kind 5\n");
  EXPECT_TRUE(world.got(client, "-12 the connection could not be prepared\n"));
  EXPECT_TRUE(world.tripped.empty());
}

TEST(Profile, TheOldestThatIsIdleMakesRoomAndNoneThatIsInUse) {
  World world({.tune = [](config::Pool &pool) { pool.max_profiles = 2; }});
  Peer &client = world.connect();
  client.say("kind 1\nkind 2\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "kind 1\n"));
  EXPECT_TRUE(world.got(world.server(0, 1), "kind 2\n"));
  world.server(0, 0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("kind 3\n");
  world.settle();
  world.server(0, 1).say("+b\n");
  EXPECT_TRUE(world.got(client, "+b\n-7 max_profiles kinds of server connections are in use\n"));
  // Not within the second of its last use.
  uint64_t used = world.reactor.now_us;
  EXPECT_TRUE(world.until([&] { return world.reactor.now_us > used + 1'000'000; }));
  client.say("kind 3\n");
  EXPECT_TRUE(world.got(world.server(0, 2), "kind 3\n"));
  EXPECT_EQ(line_hooks().idle_profiles, std::vector<uint64_t>{1});
  world.server(0, 2).say("+c\n");
  EXPECT_TRUE(world.got(client, "+c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
