// What many clients listen to over one server connection.
#include <gtest/gtest.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

struct TopicsTest : ::testing::Test {
  explicit TopicsTest(std::function<void(config::Pool &)> tune = {}) : world({.servers = 2, .tune = std::move(tune)}) {}
  ~TopicsTest() override { EXPECT_EQ(world.leftovers(), ""); }
  // A client that listens to a topic of server 0, which is asked over its nth connection.
  Peer &listener(const std::string &topic, size_t nth = 0) {
    Peer &client = world.connect();
    client.say("tune " + topic + "\n");
    EXPECT_TRUE(world.got(world.server(0, nth), "tune " + topic + "\n"));
    world.server(0, nth).say("+ok\n");
    EXPECT_TRUE(world.got(client, "#1\n"));
    return client;
  }
  World world;
};

TEST_F(TopicsTest, WhatAServerSaysGoesToAllWhoListenAndToNobodyElse) {
  Peer &one = listener("0");
  Peer &two = listener("0");
  Peer &other = listener("2");  // of the same server
  Peer &feed = world.server(0);
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  feed.say("!0 a\n!2 b\n!4 c\n!0 d\n");
  EXPECT_TRUE(world.got(one, "!0 a\n!0 d\n"));
  EXPECT_TRUE(world.got(two, "!0 a\n!0 d\n"));
  EXPECT_TRUE(world.got(other, "!2 b\n"));
}

TEST_F(TopicsTest, ATopicIsGivenUpWithItsLastListener) {
  Peer &one = listener("0");
  Peer &two = listener("0");
  Peer &feed = world.server(0);
  one.say("off 0\noff 0\n");
  EXPECT_TRUE(world.got(one, "#1\n#0\n"));
  world.settle();
  EXPECT_EQ(feed.got, "");
  feed.say("!0 a\n");
  EXPECT_TRUE(world.got(two, "!0 a\n"));
  EXPECT_EQ(one.got, "");
  Peer &other = listener("2");
  two.close();
  EXPECT_TRUE(world.got(feed, "off 0\n"));
  feed.say("+gone\n");
  other.say("off\n");
  EXPECT_TRUE(world.got(other, "#1\n"));
  EXPECT_TRUE(world.until([&] {
    feed.pump();
    return feed.ended;
  }));
}

TEST_F(TopicsTest, AListenerGoesOnAskingAsBefore) {
  Peer &client = listener("0");
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("$4\nab");
  EXPECT_TRUE(world.got(client, "$4\nab"));
  world.server(0).say("!0 x\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(0, 1).say("cd");
  EXPECT_TRUE(world.got(client, "cd!0 x\n"));
}

TEST_F(TopicsTest, TopicsOfSeveralServersAreOneRequest) {
  Peer &client = world.connect();
  client.say("tune 0 1 2\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0 2\n"));
  EXPECT_TRUE(world.got(world.server(1), "mget 1\n"));
  world.server(0).say("+ok\n!0 early\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  world.server(1).say("+ok\n");
  EXPECT_TRUE(world.got(client, "#111\n!0 early\n"));
  client.say("tune 0 3\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0\n"));
  EXPECT_TRUE(world.got(world.server(1), "mget 3\n"));
  world.server(0).say("+ok\n");
  world.server(1).say("+ok\n");
  EXPECT_TRUE(world.got(client, "#01\n"));
}

TEST_F(TopicsTest, ATopicOfAllServersIsHeardFromEach) {
  Peer &client = world.connect();
  client.say("tuneall 0\n");
  EXPECT_TRUE(world.got(world.server(0), "tuneall 0\n"));
  EXPECT_TRUE(world.got(world.server(1), "tuneall 0\n"));
  world.server(0).say("+ok\n");
  world.server(1).say("+ok\n");
  EXPECT_TRUE(world.got(client, "#1\n"));
  world.server(1).say("!0 a\n");
  EXPECT_TRUE(world.got(client, "!0 a\n"));
  world.server(0).say("!0 b\n");
  EXPECT_TRUE(world.got(client, "!0 b\n"));
}

TEST_F(TopicsTest, AServerThatWasDownIsAskedForATopicOfAllServersWhenItComesBack) {
  auto both = world.made->pool->rebuild({false, true});
  Peer &client = world.connect();
  client.say("tuneall 0\n");
  EXPECT_TRUE(world.got(world.server(1), "tuneall 0\n"));
  world.server(1).say("+ok\n");
  EXPECT_TRUE(world.got(client, "#1\n"));
  EXPECT_TRUE(world.servers[0].connections.empty());
  auto one = world.made->pool->rebuild({true, true});
  world.front->release_held();
  EXPECT_TRUE(world.got(world.server(0), "on 0\n"));
  world.server(0).say("+ok\n!0 a\n");
  EXPECT_TRUE(world.got(client, "!0 a\n"));
}

TEST_F(TopicsTest, ALostFeedIsTakenAnewAndAskedAgain) {
  Peer &one = listener("0");
  Peer &two = listener("2");
  world.server(0).close();
  Peer &anew = world.server(0, 1);
  EXPECT_TRUE(world.until([&] {
    anew.pump();
    return anew.got.size() == 7;
  }));
  EXPECT_TRUE(anew.got == "on 0 2\n" || anew.got == "on 2 0\n") << anew.take();
  anew.say("+ok\n!0 a\n!2 b\n");
  EXPECT_TRUE(world.got(one, "!0 a\n"));
  EXPECT_TRUE(world.got(two, "!2 b\n"));
}

TEST_F(TopicsTest, WhoCannotListenEverywhereListensNowhere) {
  Peer &client = world.connect();
  client.say("tune 0 1\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0\n"));
  world.server(0).say("+ok\n");
  EXPECT_TRUE(world.got(world.server(1), "mget 1\n"));
  world.server(1).close();
  EXPECT_TRUE(world.got(client, "failed\n"));
  client.say("off 0 1\n");
  EXPECT_TRUE(world.got(client, "#00\n"));
}

TEST_F(TopicsTest, WhatAServerRefusesIsNotListenedTo) {
  Peer &client = listener("2");
  client.say("tune 0\n");
  EXPECT_TRUE(world.got(world.server(0), "tune 0\n"));
  world.server(0).say("=no\n");
  EXPECT_TRUE(world.got(client, "#0\n"));
  EXPECT_TRUE(world.got(world.server(0), "off 0\n"));
  world.server(0).say("+gone\n");
  world.server(0).close();
  EXPECT_TRUE(world.got(world.server(0, 1), "on 2\n"));
  client.say("off 0 2\n");
  EXPECT_TRUE(world.got(client, "#01\n"));
}

struct CrowdedFeed : TopicsTest {
  CrowdedFeed() : TopicsTest([](config::Pool &pool) { pool.server_inflight = 1; }) {}
};

TEST_F(CrowdedFeed, WhoWaitsForRoomOnAFeedThatIsLostGoesOn) {
  Peer &client = world.connect();
  client.say("tune 0\nget 1\n");
  EXPECT_TRUE(world.got(world.server(0), "tune 0\n"));
  world.server(0).close();
  EXPECT_TRUE(world.got(client, "failed\n"));
  EXPECT_TRUE(world.got(world.server(1), "get 1\n"));
  world.server(1).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
}

TEST_F(CrowdedFeed, WhoWaitsForRoomOnAFeedThatIsGivenUpGoesOn) {
  Peer &one = listener("0");
  one.say("tune 2\n");
  EXPECT_TRUE(world.got(world.server(0), "tune 2\n"));
  Peer &two = world.connect();
  two.say("tune 1 3\n");
  EXPECT_TRUE(world.got(world.server(1), "tune 1 3\n"));
  one.reset();
  two.reset();
  EXPECT_TRUE(world.until([&] {
    world.server(0).pump();
    return world.server(0).ended;
  }));
}

struct SmallOutput : TopicsTest {
  SmallOutput() : TopicsTest([](config::Pool &pool) { pool.client_output_limit = 1 << 20; }) {}
};

TEST_F(SmallOutput, AListenerThatReadsNothingIsClosedAndTheOthersHearAll) {
  Peer &slow = listener("0");
  Peer &quick = listener("0");
  slow.listens = false;
  std::string messages;
  for (int i = 0; i < 16; ++i) messages += "!0 " + std::string(4092, 'x') + "\n";
  for (int i = 0; i < 512 && world.pool_cells().client_err.get() == 0; ++i) {
    world.server(0).say(messages);
    ASSERT_TRUE(world.got(quick, messages));
  }
  EXPECT_EQ(world.pool_cells().client_err.get(), 1U);
  EXPECT_EQ(world.front->clients(), 1U);
}

TEST_F(TopicsTest, ManyListenersLeaveWhileTheyAreTold) {
  std::vector<Peer *> peers;
  for (int i = 0; i < 20; ++i) peers.push_back(&listener("0"));
  for (int i = 0; i < 20; i += 2) peers[static_cast<size_t>(i)]->reset();
  world.server(0).say("!0 a\n!0 b\n");
  for (int i = 1; i < 20; i += 2) EXPECT_TRUE(world.got(*peers[static_cast<size_t>(i)], "!0 a\n!0 b\n"));
  for (int i = 1; i < 20; i += 2) peers[static_cast<size_t>(i)]->close();
  EXPECT_TRUE(world.until([&] {
    world.server(0).pump();
    return world.server(0).ended;
  }));
}

}  // namespace
}  // namespace weir::testing
