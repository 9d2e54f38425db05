// Server connections that are one client's alone: how it gets them, what goes over them, and how they end.
#include <gtest/gtest.h>

#include <utility>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

std::string leases() {
  return std::exchange(line_hooks().leases, "");
}

struct LeaseTest : ::testing::Test {
  explicit LeaseTest(std::function<void(config::Pool &)> tune = {})
      : world({.servers = 2, .tune = std::move(tune)}), client(world.connect()) {}
  ~LeaseTest() override { EXPECT_EQ(world.leftovers(), ""); }
  // The client asks, the server's nth connection sees that, and says something.
  Peer &after(const std::string &asked, const std::string &seen, const std::string &said, uint32_t server = 0,
              size_t nth = 0) {
    client.say(asked);
    Peer &peer = world.server(server, nth);
    EXPECT_TRUE(world.got(peer, seen));
    peer.say(said);
    return peer;
  }
  bool ends(Peer &peer) {
    return world.until([&] {
      peer.pump();
      return peer.ended;
    });
  }
  World world;
  Peer &client;
};

TEST_F(LeaseTest, AConnectionOfItsOwnIsUsedForAllTheClientAsksOfThatServer) {
  Peer &shared = after("get 0\n", "get 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  Peer &own = after("watch 0\n", "watch 0\n", "+b\n", 0, 1);
  EXPECT_TRUE(world.got(client, "+b\n"));
  EXPECT_EQ(leases(), " +0");
  EXPECT_EQ(world.cells(0).leases.get(), 1U);
  client.say("get 0\nover 0 0\nget 1\n");
  EXPECT_TRUE(world.got(own, "get 0\nover 0 0\n"));
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  world.server(1).say("+e\n");
  own.say("+c\n+d\n");
  EXPECT_TRUE(world.got(client, "+c\n+d\n+e\n"));
  Peer &other = world.connect();
  other.say("get 0\n");
  EXPECT_TRUE(world.got(shared, "get 0\n"));
  shared.say("+f\n");
  EXPECT_TRUE(world.got(other, "+f\n"));
}

TEST_F(LeaseTest, OneThatWasGivenBackIsTheNextClients) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  client.say("end 0\nget 0\n");
  EXPECT_TRUE(world.got(own, "end 0\n"));
  own.say("+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(leases(), " +0 -0");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));  // the shared one
  world.server(0, 1).say("+c\n");
  EXPECT_TRUE(world.got(client, "+c\n"));
  EXPECT_EQ(world.cells(0).leases.get(), 0U);
  Peer &other = world.connect();
  other.say("watch 0\n");
  EXPECT_TRUE(world.got(own, "watch 0\n"));
  own.say("+d\n");
  EXPECT_TRUE(world.got(other, "+d\n"));
}

TEST_F(LeaseTest, WhatBeginsALeaseWaitsForWhatWasAskedBefore) {
  client.say("get 0\nget 1\nwatch 0\nover 0 0\nping\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  world.settle();
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  world.server(0).say("+a\n");
  world.settle();
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  world.server(1).say("+b\n");
  Peer &own = world.server(0, 1);
  EXPECT_TRUE(world.got(own, "watch 0\n"));  // and nothing behind it
  world.settle();
  EXPECT_EQ(own.got, "");
  own.say("+c\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  own.say("+d\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n+d\n+ping\n"));
}

TEST_F(LeaseTest, AClientThatHangsUpHavingAskedForItIsStillServed) {
  client.say("get 0\nwatch 0\nend 0\n");
  client.shut();
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).say("+a\n");
  Peer &own = world.server(0, 1);
  EXPECT_TRUE(world.got(own, "watch 0\n"));
  own.say("+b\n");
  EXPECT_TRUE(world.got(own, "end 0\n"));
  own.say("+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n"));
}

TEST_F(LeaseTest, ThePreludeGoesFirstAndNobodyHearsItsReply) {
  Peer &own = after("begin 0\n", "prelude\nbegin 0\n", "+ok\n+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("over 0 0\nend 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  own.say("+b\n");
  EXPECT_TRUE(world.got(own, "end 0\n"));
  own.say("+c\n");
  EXPECT_TRUE(world.got(client, "+b\n+c\n"));
}

TEST_F(LeaseTest, APreludeThatIsRefusedAborts) {
  Peer &own = after("begin 0\n", "prelude\nbegin 0\n", "=no\n");
  EXPECT_TRUE(world.got(client, "-11 the server refused what had to come first\n"));
  EXPECT_EQ(leases(), " +0 -0");
  EXPECT_TRUE(ends(own));
}

TEST_F(LeaseTest, AKeyOfAnotherServerBreaksItAndItsEndIsNotSent) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  client.say("over 0 0\nover 0 1\nover 0 0\nend 0\nget 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\nover 0 0\n"));
  own.say("+b\n+c\n");
  EXPECT_TRUE(
      world.got(client, "+a\n+b\n-6 the keys lie on different servers\n+c\n-11 a command before it was refused\n"));
  EXPECT_TRUE(ends(own));
  EXPECT_EQ(own.got, "");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+d\n");
  EXPECT_TRUE(world.got(client, "+d\n"));
}

struct SmallRequests : LeaseTest {
  SmallRequests() : LeaseTest([](config::Pool &pool) { pool.request_limit = 1024; }) {}
};

TEST_F(SmallRequests, OneThatIsRefusedBeforeItsEndHasComeBreaksTheLeaseToo) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  line_hooks().after_req = [](weir_parse &p, weir_status status) {
    for (uint32_t i = 0; i < p.msg_len; ++i) {
      if (p.reqs[i].size > 1024) p.reqs[i].route = WEIR_ROUTE_LEASED;
    }
    return status;
  };
  client.say("set 0 2000\n" + std::string(100, 'x'));
  EXPECT_TRUE(world.got(client, "-5 the request is larger than request_limit\n"));
  client.say(std::string(1900, 'x') + "end 0\n");
  EXPECT_TRUE(world.got(client, "-11 a command before it was refused\n"));
  EXPECT_TRUE(ends(own));
  EXPECT_EQ(own.got, "");
}

TEST_F(LeaseTest, ALocalEndClosesItAsItIs) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  client.say("undo 0\n");
  EXPECT_TRUE(world.got(client, "+a\n+undo 0\n"));
  EXPECT_EQ(leases(), " +0 -0");
  EXPECT_TRUE(ends(own));
}

TEST_F(LeaseTest, ALostConnectionIsToldAndWhatWasToGoOverItIsRefused) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  client.say("over 0 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  own.close();
  EXPECT_TRUE(world.got(client, "+a\n-3 Connection reset by peer\n"));
  EXPECT_EQ(leases(), " +0 -0");
  client.say("over 0 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+b\n");
  EXPECT_TRUE(world.got(client, "-11 the connection to the server was lost\n+b\n"));
}

TEST_F(LeaseTest, AClientThatLeavesTakesItsConnectionsWithIt) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("over 0 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  client.reset();
  EXPECT_TRUE(ends(own));
  EXPECT_EQ(world.cells(0).leases.get(), 0U);
}

TEST_F(LeaseTest, ARequestWithoutAFenceIsRefused) {
  client.say("unfenced 0\n");
  EXPECT_TRUE(world.got(client, "-10 a request that changes a lease without a fence, or without a reply\n"));
}

// ---- what servers say unasked
// ---------------------------------------------------------------------------------------------------------------------

TEST_F(LeaseTest, MessagesComeBetweenWholeReplies) {
  Peer &own = after("listen 0\n", "listen 0\n", "+a\n!x\n");
  EXPECT_TRUE(world.got(client, "+a\n!x\n"));
  client.say("get 1\n");
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  own.say("!y\n");
  EXPECT_TRUE(world.got(client, "!y\n"));  // the reply has not begun
  world.server(1).say("$10\n12345");
  EXPECT_TRUE(world.got(client, "$10\n12345"));
  own.say("!z\n!zz\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(1).say("67890");
  EXPECT_TRUE(world.got(client, "67890!z\n!zz\n"));
}

TEST_F(LeaseTest, NoMessageComesBeforeTheReplyThatBeganIt) {
  client.say("listenall\n");
  EXPECT_TRUE(world.got(world.server(0), "listenall\n"));
  EXPECT_TRUE(world.got(world.server(1), "listenall\n"));
  world.server(0).say("*a\n!x\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(1).say("*b\n");
  EXPECT_TRUE(world.got(client, "*a,b\n!x\n"));
  client.say("overall\n");
  EXPECT_TRUE(world.got(world.server(0), "overall\n"));
  EXPECT_TRUE(world.got(world.server(1), "overall\n"));
  world.server(0).say("*c\n");
  world.server(1).say("*d\n");
  EXPECT_TRUE(world.got(client, "*c,d\n"));
}

TEST_F(LeaseTest, ManyMessagesBeforeThatReplyDoNotKeepItAway) {
  client.say("listenall\n");
  EXPECT_TRUE(world.got(world.server(0), "listenall\n"));
  EXPECT_TRUE(world.got(world.server(1), "listenall\n"));
  std::string messages;
  for (int i = 0; i < 512; ++i) messages += "!" + std::string(1023, 'x') + "\n";
  world.server(0).say("*a\n" + messages);
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(1).say("*b\n");
  EXPECT_TRUE(world.got(client, "*a,b\n" + messages));
}

TEST_F(LeaseTest, AMessageMayComeInPieces) {
  Peer &own = after("listen 0\n", "listen 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  line_hooks().after_rsp = [](weir_parse &p, weir_status status) {
    for (uint32_t i = 0; i < p.msg_len; ++i) p.rsps[i].kind = WEIR_RSP_PUSH;
    return status;
  };
  own.say("$10\n123");
  world.settle();
  EXPECT_EQ(client.got, "");
  own.say("4567890$3\nabc");
  EXPECT_TRUE(world.got(client, "$10\n1234567890$3\nabc"));
}

TEST_F(LeaseTest, ALostSubscriptionClosesTheClient) {
  Peer &own = after("listen 0\n", "listen 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  own.close();
  EXPECT_TRUE(ends(client));
}

TEST_F(LeaseTest, TheServerMayEndIt) {
  Peer &own = after("listen 0\n", "listen 0\n", "^a\n");
  EXPECT_TRUE(world.got(client, "^a\n"));
  EXPECT_TRUE(world.until([] { return line_hooks().leases == " +0 -0"; }));
  client.say("watch 0\n");
  EXPECT_TRUE(world.got(own, "watch 0\n"));
  own.say("+b\n");
  EXPECT_TRUE(world.got(client, "+b\n"));
}

struct SlowListener : LeaseTest {
  SlowListener() : LeaseTest([](config::Pool &pool) { pool.client_output_limit = 64 << 20; }) {}
};

TEST_F(SlowListener, OneThatReadsNothingHoldsUpItsServerConnectionNotTheProxysMemory) {
  Peer &own = after("listen 0\n", "listen 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.listens = false;
  std::string message = "!" + std::string(4095, 'x') + "\n";
  std::string all;
  for (int i = 0; i < 8192; ++i) all += message;
  own.say(all);
  world.settle();
  EXPECT_GT(own.unsaid(), 0U);  // it is not read from
  EXPECT_LT(world.reactor.chunks.in_use(), 4U << 20);
  client.listens = true;
  EXPECT_TRUE(world.got(client, all));
}

struct SlowInTime : LeaseTest {
  SlowInTime()
      : LeaseTest([](config::Pool &pool) {
          pool.client_output_limit = 1 << 20;
          pool.timeout_us = 3'000'000;
        }) {}
};

TEST_F(SlowInTime, AReplyThatItsClientReadsSlowlyIsNotTheServersDelay) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.listens = false;
  client.say("over 0 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  std::string reply = "$16777216\n" + std::string(16 << 20, 'x');
  own.say(reply);
  world.settle();
  EXPECT_GT(own.unsaid(), 0U);
  world.pass_us(10'000'000);
  client.listens = true;
  EXPECT_TRUE(world.got(client, reply));
  client.say("over 0 0\n");
  EXPECT_TRUE(world.got(own, "over 0 0\n"));
  world.pass_us(10'000'000);
  EXPECT_TRUE(world.got(client, "-1 Connection timed out\n"));
}

// ---- requests that block
// --------------------------------------------------------------------------------------------------------------------------

TEST_F(LeaseTest, ARequestThatBlocksHoldsUpNobodyElse) {
  Peer &own = after("block 0\nget 0\n", "block 0\n", "");
  Peer &other = world.connect();
  other.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+a\n");
  EXPECT_TRUE(world.got(other, "+a\n"));
  EXPECT_EQ(client.got, "");
  own.say("+b\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+c\n");
  EXPECT_TRUE(world.got(client, "+b\n+c\n"));
  client.say("block 0\n");
  EXPECT_TRUE(world.got(own, "block 0\n"));  // the same again
  own.say("+d\n");
  EXPECT_TRUE(world.got(client, "+d\n"));
}

TEST_F(LeaseTest, AClientThatLeavesWhileItBlocksCancels) {
  Peer &own = after("block 0\n", "block 0\n", "");
  client.close();
  EXPECT_TRUE(ends(own));
}

struct OneAtATime : LeaseTest {
  OneAtATime() : LeaseTest([](config::Pool &pool) { pool.client_inflight = 1; }) {}
};

TEST_F(OneAtATime, AClientThatLeavesWhileItBlocksIsNoticedThoughItIsPausedForMore) {
  Peer &own = after("block 0\n", "block 0\n", "");
  client.shut();
  EXPECT_TRUE(ends(own));
}

TEST_F(LeaseTest, AClientThatLeavesWhileItBlocksIsNoticedDuringADrain) {
  Peer &own = after("block 0\n", "block 0\n", "");
  world.front->drain();
  world.settle();
  EXPECT_FALSE(own.ended);
  client.shut();
  EXPECT_TRUE(ends(own));
}

TEST_F(LeaseTest, WhatIsAskedMeanwhileWaits) {
  Peer &own = after("block 0\n", "block 0\n", "");
  client.say("get 1\nget ");
  world.settle();
  EXPECT_TRUE(world.servers[1].connections.empty());
  client.say("1\n");
  world.settle();
  own.say("+a\n");
  EXPECT_TRUE(world.got(world.server(1), "get 1\nget 1\n"));
  world.server(1).say("+b\n+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n+c\n"));
}

struct Timed : LeaseTest {
  Timed() : LeaseTest([](config::Pool &pool) { pool.timeout_us = 1'000'000; }) {}
};

TEST_F(Timed, ARequestThatBlocksHasItsOwnTimeBesideThePools) {
  Peer &own = after("wait 1\n", "wait 1\n", "", 1);
  world.pass_us(1'500'000);
  world.settle();
  EXPECT_EQ(client.got, "");
  world.pass_us(2'500'000);
  EXPECT_TRUE(world.got(client, "-1 Connection timed out\n"));
  EXPECT_TRUE(ends(own));
}

TEST_F(Timed, OneThatWaitsForEverDoes) {
  Peer &own = after("block 0\n", "block 0\n", "");
  world.pass_us(3600'000'000);
  world.settle();
  own.say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
}

struct FewLeases : LeaseTest {
  FewLeases() : LeaseTest([](config::Pool &pool) { pool.lease_limit = 1; }) {}
};

TEST_F(FewLeases, MoreThanAllowedAreRefused) {
  Peer &own = after("watch 0\n", "watch 0\n", "+a\n");
  Peer &other = world.connect();
  other.say("watch 0\nwatch 1\n");
  EXPECT_TRUE(world.got(world.server(1), "watch 1\n"));
  world.server(1).say("+b\n");
  EXPECT_TRUE(world.got(other, "-7 lease_limit connections to the server are in use by other clients\n+b\n"));
  client.say("end 0\n");
  EXPECT_TRUE(world.got(own, "end 0\n"));
  own.say("+c\n");
  EXPECT_TRUE(world.got(client, "+a\n+c\n"));
  other.say("watch 0\n");
  EXPECT_TRUE(world.got(own, "watch 0\n"));
  own.say("+d\n");
  EXPECT_TRUE(world.got(other, "+d\n"));
}

// ---- again
// --------------------------------------------------------------------------------------------------------------------------

TEST_F(LeaseTest, ARequestIsSentAgainWhenItsReplySaysSo) {
  client.say("keep 0\nget 0\n");
  Peer &server = world.server(0);
  EXPECT_TRUE(world.got(server, "keep 0\nget 0\n"));
  server.say("&gone\n+b\n");
  EXPECT_TRUE(world.got(server, "ahead\nkeep 0\n"));
  EXPECT_EQ(client.got, "");
  server.say("=whatever\n+a\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
}

TEST_F(LeaseTest, NotForEver) {
  client.say("keep 0\n");
  Peer &server = world.server(0);
  EXPECT_TRUE(world.got(server, "keep 0\n"));
  for (int i = 0; i < 3; ++i) {
    server.say("&gone\n");
    EXPECT_TRUE(world.got(server, "ahead\nkeep 0\n"));
    server.say("+x\n");
  }
  server.say("&gone\n");
  EXPECT_TRUE(world.got(client, "&gone\n"));
}

}  // namespace
}  // namespace weir::testing
