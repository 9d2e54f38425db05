// What filters hear of the end of requests, once each, however they end; and what is counted by tags.
#include <gtest/gtest.h>

#include "core/base/tags.h"
#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

World::Plan observed(uint32_t servers, std::function<void(config::Pool &)> tune = {}) {
  return {.servers = servers,
          .tune = std::move(tune),
          .rig = [](const Tables &) { test_filters()[0].wants_response = true; },
          .filters = 1};
}

std::string &ended() {
  return test_filters()[0].ended;
}

TEST(FilterEnd, ARequestIsAnswered) {
  World world(observed(2));
  Peer &client = world.connect();
  client.say("get 1\nget 0\nget 1\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).say("=no\n");
  world.settle();
  EXPECT_EQ(ended(), "get 0 0 error 0 4;");  // though it is not its turn yet
  EXPECT_EQ(client.got, "");
  world.server(1).say("+a\n~b\n");
  world.settle();
  EXPECT_EQ(ended(), "get 0 0 error 0 4;get 0 0 fine 1 3;");
  world.server(1).say("+c\n");
  EXPECT_TRUE(world.got(client, "+a\n=no\n~b\n+c\n"));
  EXPECT_EQ(ended(), "get 0 0 error 0 4;get 0 0 fine 1 3;get 0 0 fine 1 6;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, ALargeReplyInPieces) {
  World world(observed(1));
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  const std::string value(300 << 10, 'v');
  world.server(0).say("$307200\n" + value.substr(0, 200 << 10));
  world.settle();
  EXPECT_EQ(ended(), "");
  world.server(0).say(value.substr(200 << 10));
  EXPECT_TRUE(world.got(client, "$307200\n" + value));
  EXPECT_EQ(ended(), "get 0 0 fine 0 307208;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, OneOfSeveralServers) {
  World world(observed(3));
  Peer &client = world.connect();
  client.say("mget 0 1\nmget 1 1b\nchange 1\n");
  EXPECT_TRUE(world.got(world.server(0), "mget 0\n"));
  world.server(0).say("*a\n");
  world.settle();
  EXPECT_EQ(ended(), "");
  world.server(1).say("*b\n*c,d\n*e\n");
  EXPECT_TRUE(world.got(client, "*a,b\n*c,d\n*e\n"));
  EXPECT_EQ(ended(), "mget 0 0 fine - 6;mget 0 0 fine 1 5;(other) 0 0 fine 1 3;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, NobodyAnswers) {
  World world(observed(2, [](config::Pool &pool) { pool.timeout_us = 1'000'000; }));
  Peer &client = world.connect();
  client.say("get 0\nmget 0 1\n");
  EXPECT_TRUE(world.got(world.server(1), "mget 1\n"));
  world.server(1).say("*b\n");
  world.settle();
  world.pass_us(2'000'000);
  EXPECT_TRUE(world.until([&] { return client.got.find("failed,b") != std::string::npos; }));
  std::string first = "get 1 1 error 0 " + std::to_string(client.got.find('\n') + 1) + ";";
  EXPECT_EQ(ended(), first + "mget 1 1 error - 3;");
  EXPECT_EQ(world.leftovers(), "");
  EXPECT_EQ(ended(), first + "mget 1 1 error - 3;");
}

TEST(FilterEnd, TheConnectionIsLost) {
  World world(observed(1));
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.server(0).close();
  EXPECT_TRUE(world.until([&] { return !client.got.empty(); }));
  EXPECT_EQ(ended(), "get 3 3 error 0 " + std::to_string(client.got.size()) + ";");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, TheClientIsGone) {
  World world(observed(2));
  Peer &client = world.connect();
  client.say("get 0\nmget 0 1\nmget 1 1\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\nmget 0\n"));
  client.reset();
  EXPECT_TRUE(world.until([&] { return ended() == "get 3 0 fine 0 0;mget 3 0 fine - 0;mget 3 0 fine 1 0;"; }));
  world.server(0).say("+a\n*b\n");
  world.server(1).say("*b\n*b\n");
  EXPECT_EQ(world.leftovers(), "");
  EXPECT_EQ(ended(), "get 3 0 fine 0 0;mget 3 0 fine - 0;mget 3 0 fine 1 0;");
}

TEST(FilterEnd, NothingWasSent) {
  World world(observed(2));
  Peer &client = world.connect();
  client.say("same 0 1\n");
  EXPECT_TRUE(world.got(client, "-6 the keys lie on different servers\n"));
  EXPECT_EQ(ended(), "(other) 2 6 error - 37;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, NobodyWaitsForAReply) {
  World world(observed(2));
  Peer &client = world.connect();
  client.say("tell 0\nmute 1\n");
  EXPECT_TRUE(world.got(world.server(0), "tell 0\n"));
  EXPECT_EQ(ended(), "(other) 0 0 fine - 0;");
  world.server(1).say("+m\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  EXPECT_EQ(ended(), "(other) 0 0 fine - 0;(other) 0 0 fine 1 3;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, WhatWentToNoServerIsNotHeardOf) {
  World world(observed(1));
  Peer &client = world.connect();
  client.say("ping\ndrop\n");
  EXPECT_TRUE(world.got(client, "+ping\n"));
  test_filters()[0].request = [](const weir_scope &, const weir_view &, weir_verdict &verdict) {
    verdict.action = WEIR_V_REJECT;
    return WEIR_OK;
  };
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-4 \n"));
  EXPECT_EQ(ended(), "");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, ItsWordComesBack) {
  World world(observed(1));
  uint64_t next = 7;
  std::string back;
  test_filters()[0].request = [&](const weir_scope &, const weir_view &, weir_verdict &verdict) {
    verdict.user = next++;
    return WEIR_OK;
  };
  test_filters()[0].response = [&](const weir_view &view, const weir_outcome &outcome) {
    back += std::to_string(outcome.user) + text_of(view.client(&view)) + std::to_string(view.key_count) + ";";
  };
  Peer &client = world.connect();
  client.say("get 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\nget 0\n"));
  world.server(0).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(back, "7?:00;8?:00;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, ACommandOfVeryManyKeys) {
  World world(observed(2));
  Peer &client = world.connect();
  std::string asked = "mget", items = "*";
  for (int i = 0; i < 5000; ++i) {
    asked += " 1";
    items += ",";
  }
  client.say(asked + " 0\n");
  EXPECT_TRUE(world.got(world.server(1), asked + "\n"));
  EXPECT_EQ(ended(), "");
  world.server(0).say("*x\n");
  world.server(1).say(items.substr(0, 5000) + "\n");
  EXPECT_TRUE(world.until([&] { return !client.got.empty() && client.got.back() == '\n'; }));
  EXPECT_EQ(ended(), "mget 0 0 fine - 5004;");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(FilterEnd, TagsAreCounted) {
  World world(observed(1));
  static const std::string kTag = "gold";
  test_filters()[0].wants = {"get", "set"};
  test_filters()[0].request = [](const weir_scope &, const weir_view &view, weir_verdict &verdict) {
    verdict.tag = bytes_of(kTag);
    if (text_of(view.keys[0]) == "bad") verdict.action = WEIR_V_REJECT;
    return WEIR_OK;
  };
  Peer &client = world.connect();
  client.say("get 0\nget bad\nget 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\nget 0\nget 0\n"));
  world.server(0).say("+a\n=b\n");
  EXPECT_TRUE(world.got(client, "+a\n-4 \n=b\n"));
  auto sums = world.book.tags(world.book.pool_place("p"));
  ASSERT_EQ(sums.count("gold"), 1U);
  EXPECT_EQ(sums.find("gold")->second.requests, 4U);
  EXPECT_EQ(sums.find("gold")->second.errors, 2U);
  EXPECT_EQ(sums.find("gold")->second.latency_us.count(), 2U);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
