// How connections and requests end, and that nobody else suffers from it.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint64_t kHour = 3'600'000'000;

World::Plan with_timeout() {
  return {.tune = [](config::Pool &pool) { pool.timeout_us = kHour; }};
}

TEST(Ending, RepliesForAClientThatIsGoneAreSwallowedAndOthersGetTheirs) {
  World world;
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0a\nget 0a\n");
  world.settle();
  b.say("get 0b\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\nget 0a\nget 0b\n"));
  a.close();
  world.settle();
  world.server(0).say("+a\n+a\n+b\n");
  EXPECT_TRUE(world.got(b, "+b\n"));
  EXPECT_EQ(world.front->clients(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClientThatGoesInTheMiddleOfAStreamedReplyLeavesThePositionIntact) {
  World world;
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0\n");
  world.settle();
  b.say("get 0\n");
  std::string body(500000, 'z');
  std::string reply = "$500000\n" + body;
  world.server(0).say(reply.substr(0, 200000));
  ASSERT_TRUE(world.until([&] { return a.got.size() > 100; }));
  a.close();
  world.settle();
  world.server(0).say(reply.substr(200000) + "+b\n");
  EXPECT_TRUE(world.got(b, "+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// Of a socket pair that is closed the loop hears in every turn, whether it reads or not.
TEST(Ending, AClientThatIsGonePresentsNoWorkThoughItsRepliesNeverCome) {
  World world;
  Peer &a = world.connect();
  a.say("get 0\n");
  world.server(0);
  a.close();
  EXPECT_TRUE(world.until([&] { return world.front->clients() == 0; })) << "it waits for a reply nobody can get";
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClientThatSaysNoMoreStillGetsItsReplies) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nget 0\n");
  client.shut();
  world.settle();
  EXPECT_FALSE(client.ended);
  world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_TRUE(world.until([&] { return client.ended && world.front->clients() == 0; }));
  EXPECT_EQ(world.pool_cells().client_eof.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClientThatEndsInTheMiddleOfARequestIsClosedAfterTheRepliesBeforeIt) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nset 0 100\nonly this");
  world.server(0);
  client.shut();
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AQuitIsAnsweredInItsTurnAndNothingAfterItIsRead) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nquit\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  EXPECT_EQ(client.got, "");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n+quit\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, ABadRequestIsToldAfterTheRepliesBeforeIt) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nnonsense\nget 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n-9 no such request\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  EXPECT_EQ(world.server(0).got, "get 0\n");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClosingClientMaySayWhatItLikesAndStillReadsItsLastReply) {
  World world;
  Peer &client = world.connect();
  client.say("nonsense\n");
  ASSERT_TRUE(world.until([&] { return client.ended; }));
  for (int i = 0; i < 20; ++i) {
    client.say(std::string(100000, 'x'));
    world.turn();
  }
  EXPECT_TRUE(world.until([&] { return client.unsaid() == 0; })) << "lingering reads and forgets";
  EXPECT_EQ(client.got, "-9 no such request\n");
  EXPECT_TRUE(world.front->wants_checks());
  world.front->check_time(world.reactor.now_us + 1'000'000);
  EXPECT_EQ(world.front->clients(), 1U);
  world.front->check_time(world.reactor.now_us + 3'000'000);
  EXPECT_EQ(world.front->clients(), 0U) << "it is not waited for for ever";
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClientTooManyIsToldSo) {
  World world;
  Peer &client = world.connect(true);
  EXPECT_TRUE(world.got(client, "-7 max number of clients reached\n"));
  EXPECT_TRUE(world.until([&] { return client.ended; }));
  client.close();
  EXPECT_TRUE(world.until([&] { return world.front->clients() == 0; }));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, DrainingAnswersWhatHasArrivedAndTakesNoMore) {
  World world;
  Peer &client = world.connect(), &quiet = world.connect();
  client.say("get 0\n");
  world.front->drain();
  client.say("get 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_TRUE(world.until([&] { return client.ended && quiet.ended; }));
  EXPECT_EQ(world.server(0).got, "get 0\n");
  client.close();
  quiet.close();
  EXPECT_TRUE(world.until([&] { return world.front->clients() == 0; }));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- time
// ------------------------------------------------------------------------------------------------------------

TEST(Ending, ATimeoutFailsAloneAndItsLateReplyIsSwallowed) {
  World world(with_timeout());
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0a\n");
  world.server(0);
  world.settle();
  world.pass_us(kHour + 1'000'000);
  EXPECT_TRUE(world.got(a, "-1 Connection timed out\n"));
  b.say("get 0b\n");
  world.settle();
  world.server(0).say("+late\n+b\n");
  EXPECT_TRUE(world.got(b, "+b\n"));
  a.say("get 0c\n");
  world.settle();
  world.server(0).say("+c\n");
  EXPECT_TRUE(world.got(a, "+c\n"));
  EXPECT_EQ(world.cells(0).server_timedout.get(), 1U);
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, ATimeoutInTheMiddleOfAReplyThatIsUnderWayClosesTheClient) {
  World world(with_timeout());
  Peer &a = world.connect();
  a.say("get 0\n");
  world.server(0).say("$100\nhalf");
  EXPECT_TRUE(world.got(a, "$100\nhalf"));
  world.pass_us(kHour + 1'000'000);
  EXPECT_TRUE(world.until([&] { return a.ended; }));
  EXPECT_EQ(a.got, "");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AReplyThatIsWholeReachesTheClientThatIsClosedInTheNextOneInTheSameTurn) {
  World::Plan plan = with_timeout();
  plan.servers = 2;
  World world(plan);
  Peer &a = world.connect();
  a.say("get 0\nget 1\n");
  world.server(1).say("$100\nhalf");
  world.server(0);
  world.settle();
  world.server(0).say("+a\n");
  world.server(1).close();
  EXPECT_TRUE(world.until([&] { return a.ended; }));
  EXPECT_EQ(a.got, "+a\n$100\nhalf");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AReplyThatWasHeldInPartIsReplacedByTheError) {
  World::Plan plan = with_timeout();
  plan.servers = 2;
  World world(plan);
  Peer &a = world.connect();
  a.say("get 0\nget 1\n");
  world.server(1).say("$100\nhalf");
  world.server(0);
  world.settle();
  world.servers[1].connections[0]->close();
  world.settle();
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(a, "+a\n-3 Connection reset by peer\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AConnectionThatStandsStillIsClosedAndTheNextRequestOpensAnother) {
  World world(with_timeout());
  Peer &a = world.connect();
  a.say("get 0\n");
  world.server(0);
  world.settle();
  world.pass_us(kHour + 1'000'000);
  EXPECT_TRUE(world.got(a, "-1 Connection timed out\n"));
  EXPECT_FALSE(world.server(0).ended) << "one slow request is no reason to close";
  world.pass_us(4 * kHour + 1'000'000);
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
  a.say("get 0\n");
  world.server(0, 1).say("+a\n");
  EXPECT_TRUE(world.got(a, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- servers
// ---------------------------------------------------------------------------------------------------------

TEST(Ending, AServerThatClosesFailsWhatItOwesInOrder) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("get 0\nget 1\nget 0\n");
  world.server(1).say("+b\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  world.server(0).close();
  EXPECT_TRUE(world.got(client, "-3 Connection reset by peer\n"));
  client.say("get 0\n");
  world.server(0, 1).say("+new\n");
  EXPECT_TRUE(world.got(client, "+new\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AReplyNobodyAskedForClosesTheConnection) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\n");
  world.server(0).say("+a\n+stray\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_TRUE(world.until([&] { return world.server(0).ended; }));
  EXPECT_EQ(world.cells(0).server_err.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AReplyThatComesBeforeTheRequestWasWrittenIsNotItsReply) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  client.say("get 0\n");  // served in the same turn, before the stray reply
  world.server(0).say("+somebody else's\n");
  EXPECT_TRUE(world.got(client, "-3 a reply that no request asked for\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, APushAndAMalformedReplyCloseTheConnectionAndFailWhatIsQueued) {
  for (const char *said : {"!news\n+b\n", "(broken\n+b\n"}) {
    World world;
    Peer &client = world.connect();
    client.say("get 0\nget 0\nget 0\n");
    world.server(0).say(std::string("+a\n") + said);
    std::string why = said[0] == '!' ? "a reply that no request asked for" : "no such reply";
    EXPECT_TRUE(world.got(client, "+a\n-3 " + why + "\n-3 " + why + "\n"));
    EXPECT_TRUE(world.server(0).ended);
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Ending, AReplyThatEndsTheConnectionIsDeliveredFirst) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nget 0\n");
  world.server(0).say(".bye\n");
  EXPECT_TRUE(world.got(client, ".bye\n-3 the server ends the connection\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AReplyThatEndsTheConnectionDoesSoThoughItComesInPieces) {
  World world;
  Peer &client = world.connect();
  line_hooks().after_rsp = [](weir_parse &p, weir_status status) {
    if (p.msg_len > 0) p.rsps[0].flags = WEIR_RF_CLOSE;
    return status;
  };
  client.say("get 0\nget 0\n");
  world.server(0).say("$8\nhalf");
  EXPECT_TRUE(world.got(client, "$8\nhalf"));
  world.server(0).say("half");
  EXPECT_TRUE(world.got(client, "half-3 the server ends the connection\n"));
  EXPECT_TRUE(world.server(0).ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AServerThatRefusesFailsTheRequestsAtOnce) {
  World world;
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("get 0\nget 0\nping\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n-2 Connection refused\n+ping\n"));
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, EveryConnectionIsTakenLeaveOf) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\n");
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
  auto &closed = line_hooks().closed;
  EXPECT_EQ(std::count(closed.begin(), closed.end(), "client"), 1);
  EXPECT_EQ(std::count(closed.begin(), closed.end(), "server"), 1);
}

// ---- ejection
// --------------------------------------------------------------------------------------------------------

World::Plan with_ejection() {
  return {.servers = 2, .tune = [](config::Pool &pool) {
            pool.auto_eject_hosts = true;
            pool.server_failure_limit = 2;
          }};
}

TEST(Ending, TheClientWhoseFailureTripsTheServerHearsOfItAfterTheRingChanged) {
  World world(with_ejection());
  world.refuse_connections(0);
  Peer &client = world.connect(), &other = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  EXPECT_TRUE(world.tripped.empty());
  client.say("get 0\nget 1\nping\n");
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  world.server(1).say("+b\n");
  world.settle();
  EXPECT_EQ(client.got, "") << "it could try again, and meet the old ring";
  other.say("ping\n");
  EXPECT_TRUE(world.got(other, "+ping\n"));
  auto old = world.made->pool->rebuild({0, 1});
  world.front->release_held();
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n+b\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, AClientThatGoesWhileItIsHeldBackIsForgotten) {
  World world(with_ejection());
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  client.say("get 0\n");
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  client.close();
  world.settle();
  world.front->release_held();
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, ATransientReplyCountsAsAFailureAndAnyOtherResetsTheCount) {
  World world(with_ejection());
  Peer &client = world.connect();
  client.say("get 0\nget 0\nget 0\nget 0\n");
  world.server(0).say("?busy\n+fine\n?busy\n");
  EXPECT_TRUE(world.got(client, "?busy\n+fine\n?busy\n"));
  EXPECT_TRUE(world.tripped.empty());
  world.server(0).say("?busy\n");
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  world.settle();
  EXPECT_EQ(client.got, "") << "it could try again, and meet the old ring";
  EXPECT_EQ(world.tripped, std::vector<uint32_t>{0});
  world.front->release_held();
  EXPECT_TRUE(world.got(client, "?busy\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Ending, WhatFollowsATransientReplyThatIsHeldBackWaitsForItsTurn) {
  World world(with_ejection());
  Peer &client = world.connect();
  client.say("get 0\nget 0\nget 1\nping\n");
  world.server(1).say("+b\n");
  world.server(0).say("?busy\n?busy\n");
  EXPECT_TRUE(world.got(client, "?busy\n"));
  ASSERT_EQ(world.tripped, std::vector<uint32_t>{0});
  world.front->release_held();
  EXPECT_TRUE(world.got(client, "?busy\n+b\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- servers that are down -----------------------------------------------------------------------------------

World::Plan with_fail_fast(uint32_t servers) {
  return {.servers = servers, .tune = [](config::Pool &pool) { pool.on_failure = "fail_fast"; }};
}

TEST(Down, RequestsAreRefusedInTheirPlaceInTheOrder) {
  World world(with_fail_fast(2));
  Peer &client = world.connect();
  client.say("get 1\n");
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  auto old = world.made->pool->rebuild({false, true});
  client.say("get 0\nget 1\nget 0\n");
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  world.server(1).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n-2 the server is down\n+b\n-2 the server is down\n"));
  EXPECT_TRUE(world.servers[0].connections.empty());
  EXPECT_EQ(world.pool_cells().refused_down.get(), 2U);
  auto older = world.made->pool->rebuild({true, true});
  client.say("get 0\n");
  world.server(0).say("+c\n");
  EXPECT_TRUE(world.got(client, "+c\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
