// Replies reach a client in the order of its requests, whatever the servers do.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

TEST(Order, OneRequestOneReply) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, IsTheOrderOfTheRequestsUnderEveryOrderOfTheServers) {
  std::vector<uint32_t> order{0, 1, 2};
  do {
    World world({.servers = 3});
    Peer &client = world.connect();
    client.say("get 0\nget 1\nping\nget 2\nget 0\n");
    for (uint32_t i = 0; i < 3; ++i)
      ASSERT_TRUE(world.got(world.server(i), i == 0 ? "get 0\nget 0\n" : "get " + std::to_string(i) + "\n"));
    for (uint32_t i : order) {
      world.server(i).say(i == 0 ? "+a\n" : "+s" + std::to_string(i) + "\n");
      world.settle();
    }
    world.server(0).say("+b\n");
    EXPECT_TRUE(world.got(client, "+a\n+s1\n+ping\n+s2\n+b\n"));
    EXPECT_EQ(world.leftovers(), "");
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Order, ManyClientsShareAConnectionAndEachGetsItsOwn) {
  World world;
  std::string answers, asked;
  for (int i = 0; i < 50; ++i) {
    world.connect().say("get 0-" + std::to_string(i) + "\n");
    world.settle();
  }
  Peer &server = world.server(0);
  ASSERT_TRUE(world.until([&] { return std::count(server.got.begin(), server.got.end(), '\n') == 50; }));
  std::string lines = server.take();
  for (size_t at = 0; at < lines.size(); at = lines.find('\n', at) + 1) {
    answers += "+" + lines.substr(at + 4, lines.find('\n', at) - at - 4) + "\n";
  }
  server.say(answers);
  for (int i = 0; i < 50; ++i)
    EXPECT_TRUE(world.got(*world.clients[static_cast<size_t>(i)], "+0-" + std::to_string(i) + "\n"));
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, ARandomPlanOfRequestsAndAnswersComesOutInOrder) {
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    World world({.servers = 3});
    srandom(seed);
    struct Line {
      std::string expected;
      size_t sent = 0;
    };
    std::vector<Line> plans(4);
    std::vector<size_t> answered(3, 0);
    for (int i = 0; i < 4; ++i) world.connect();
    auto answer_some = [&](uint32_t s, bool all) {
      if (world.servers[s].connections.empty()) return;
      Peer &server = *world.servers[s].connections[0];
      while (all || random() % 2 == 0) {
        size_t end = server.got.find('\n');
        if (end == std::string::npos) break;
        std::string key = server.got.substr(4, end - 4);
        server.got.erase(0, end + 1);
        server.say(random() % 2 == 0 ? "+" + key + "\n" : "$" + std::to_string(key.size()) + "\n" + key);
        (void)answered;
      }
    };
    std::vector<std::vector<std::string>> keys(4);
    for (int step = 0; step < 200; ++step) {
      auto c = static_cast<size_t>(random() % 4);
      std::string key = std::to_string(random() % 3) + "-" + std::to_string(c) + "-" + std::to_string(step);
      keys[c].push_back(key);
      world.clients[c]->say("get " + key + "\n");
      if (random() % 3 == 0) world.turn();
      answer_some(static_cast<uint32_t>(random() % 3), false);
    }
    auto complete = [&](size_t c) {
      std::string all = world.clients[c]->got;
      size_t at = 0;
      for (const std::string &key : keys[c]) {
        size_t found = all.find(key, at);
        if (found == std::string::npos || found - at > 5) return false;
        at = found + key.size();
      }
      return true;
    };
    EXPECT_TRUE(world.until([&] {
      for (uint32_t s = 0; s < 3; ++s) answer_some(s, true);
      return complete(0) && complete(1) && complete(2) && complete(3);
    })) << "seed "
        << seed;
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Order, TwoRepliesToOneRequestStayTogether) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("two 0\nget 1\n");
  world.server(1).say("+last\n");
  world.server(0).say("+one\n");
  world.settle();
  EXPECT_EQ(client.got, "+one\n") << "it is first, and need not wait for its end";
  world.server(0).say("+two\n");
  EXPECT_TRUE(world.got(client, "+one\n+two\n+last\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, PartsOfAReplyAreForwardedAsTheyCome) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nget 0\n");
  world.server(0).say("~a\n~b\n");
  EXPECT_TRUE(world.got(client, "~a\n~b\n"));
  world.server(0).say("+end\n+next\n");
  EXPECT_TRUE(world.got(client, "+end\n+next\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, AReplyLargerThanTheWindowStreamsToTheFirstInOrderAndIsHeldForTheOthers) {
  World world({.servers = 2});
  Peer &first = world.connect(), &second = world.connect();
  first.say("get 0\n");
  second.say("get 1\nget 0\n");
  world.server(0);
  world.server(1);
  world.settle();
  std::string body(3 << 20, 'x');
  std::string reply = "$" + std::to_string(body.size()) + "\n" + body;
  world.server(0).say(reply.substr(0, 1 << 20));
  ASSERT_TRUE(world.until([&] { return first.got.size() == 1 << 20; })) << "streams before its end has come";
  world.server(0).say(reply.substr(1 << 20));
  EXPECT_TRUE(world.got(first, reply));
  world.server(0).say(reply);
  world.settle();
  EXPECT_EQ(second.got, "");
  world.server(1).say("+now\n");
  EXPECT_TRUE(world.got(second, "+now\n" + reply));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, ASkippedPayloadComesThroughWholeInPiecesOfAnySize) {
  for (size_t piece : {1, 7, 4096, 200000}) {
    World world;
    Peer &client = world.connect();
    client.say("get 0\nget 0\n");
    std::string body(piece == 1 ? 300 : 300000, 'y');
    std::string reply = "%" + std::to_string(body.size()) + "\n" + body + "\n+after\n";
    world.server(0);
    for (size_t at = 0; at < reply.size(); at += piece) {
      world.server(0).say(reply.substr(at, piece));
      world.turn();
    }
    EXPECT_TRUE(world.got(client, reply)) << piece;
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Order, AMutedRequestIsAnsweredToNobody) {
  World world;
  Peer &client = world.connect();
  client.say("get 0\nmute 0\nget 0\n");
  world.server(0).say("+a\n+unheard\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, ARequestWithoutReplyTakesNoPlaceInTheOrder) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("tell 0\nget 0\ndrop\nhush\nnil\nping\n");
  EXPECT_TRUE(world.got(world.server(0), "tell 0\nget 0\nhush\n"));
  EXPECT_TRUE(world.got(world.server(1), "hush\n"));
  world.server(0).say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n+ping\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Order, ClientsOfOneLaneKeepToOneConnection) {
  World world({.tune = [](config::Pool &pool) { pool.server_connections = 2; }});
  Peer &a = world.connect(), &b = world.connect(), &c = world.connect();
  a.say("get 0a\nget 0a\n");
  world.settle();
  b.say("get 0b\n");
  world.settle();
  c.say("get 0c\n");
  EXPECT_TRUE(world.got(world.server(0, 0), "get 0a\nget 0a\nget 0c\n"));
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0b\n"));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
