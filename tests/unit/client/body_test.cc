// Large requests and replies, whose bytes go their way without being looked at: all of them arrive, in order, however
// they are cut, and memory follows what has arrived.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/buffer/landing.h"
#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

std::string body_of(size_t size, size_t salt = 0) {
  std::string body(size, 0);
  for (size_t i = 0; i < size; ++i) body[i] = static_cast<char>((i + salt) * 31 + i / 251);
  return body;
}
std::string reply_of(size_t size, size_t salt = 0) {
  return "$" + std::to_string(size) + "\n" + body_of(size, salt);
}
std::string set_of(size_t size, size_t salt = 0) {
  return "set 0 " + std::to_string(size) + "\n" + body_of(size, salt);
}

// Around every size at which something changes.
const std::vector<size_t> kSizes = [] {
  std::vector<size_t> sizes{0, 1, 100};
  constexpr size_t kHead = 20;  // the header counts, too
  for (size_t edge : {size_t{16} << 10, size_t{32} << 10, Chain::kMost, size_t{64} << 10, 2 * Chain::kMost,
                      size_t{128} << 10, net::Reactor::kWindow, Landing::kMost + Chain::kMost}) {
    for (size_t size : {edge - kHead, edge - 9, edge - 8, edge - 7, edge - 1, edge, edge + 1}) sizes.push_back(size);
  }
  sizes.push_back(1 << 20);
  return sizes;
}();

std::vector<size_t> cuts_of(const std::string &text) {
  std::vector<size_t> cuts{1, 5, text.find('\n') + 1, text.find('\n') + 2};
  for (size_t edge : {size_t{16} << 10, Chain::kMost, size_t{64} << 10, net::Reactor::kWindow}) {
    cuts.push_back(edge);
    if (text.size() > edge) cuts.push_back(text.size() - edge);
  }
  cuts.push_back(text.size() - 1);
  cuts.erase(std::remove_if(cuts.begin(), cuts.end(), [&](size_t cut) { return cut == 0 || cut >= text.size(); }),
             cuts.end());
  return cuts;
}

void say_cut(World &world, Peer &peer, const std::string &text, size_t cut, const std::string &behind) {
  peer.say(text.substr(0, cut));
  for (int i = 0; i < 3; ++i) world.turn();
  peer.say(text.substr(cut) + behind);
}

bool arrives(World &world, Peer &peer, const std::string &text) {
  if (!world.until([&] { return peer.got.size() >= text.size() || peer.ended; })) return false;
  return peer.take() == text;
}

TEST(Body, AReplyOfAnySizeComesThroughHoweverItIsCut) {
  World world;
  Peer &client = world.connect();
  for (size_t size : kSizes) {
    std::string reply = reply_of(size);
    for (size_t cut : cuts_of(reply)) {
      client.say("get 0\nget 0\n");
      Peer &server = world.server(0);
      ASSERT_TRUE(arrives(world, server, "get 0\nget 0\n"));
      say_cut(world, server, reply, cut, "+small\n");
      ASSERT_TRUE(arrives(world, client, reply + "+small\n")) << size << " cut at " << cut;
      ASSERT_EQ(world.reactor.chunks.in_use(), 0U) << size << " cut at " << cut;
    }
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, ARequestOfAnySizeComesThroughHoweverItIsCut) {
  World world;
  Peer &client = world.connect();
  std::vector<size_t> sizes = kSizes;
  srandom(7);  // each is read as the one before lets expect
  for (size_t i = sizes.size(); i > 1; --i) std::swap(sizes[i - 1], sizes[static_cast<size_t>(random()) % i]);
  for (size_t size : sizes) {
    std::string set = set_of(size);
    for (size_t cut : cuts_of(set)) {
      say_cut(world, client, set, cut, "get 0\n");
      Peer &server = world.server(0);
      ASSERT_TRUE(arrives(world, server, set + "get 0\n")) << size << " cut at " << cut;
      server.say("+a\n+b\n");
      ASSERT_TRUE(arrives(world, client, "+a\n+b\n"));
      ASSERT_EQ(world.reactor.chunks.in_use(), 0U) << size << " cut at " << cut;
    }
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, RepliesOfAllSizesBackToBackGoToThoseWhoAsked) {
  World world;
  std::vector<Peer *> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(&world.connect());
  std::string replies;
  std::vector<std::string> expected(clients.size());
  for (size_t i = 0; i < kSizes.size(); ++i) {
    size_t at = i % clients.size();
    clients[at]->say("get 0\n");
    world.turn();
    std::string reply = i % 5 == 4 ? "+small\n" : reply_of(kSizes[i], i);
    replies += reply;
    expected[at] += reply;
  }
  Peer &server = world.server(0);
  ASSERT_TRUE(world.until([&] { return server.got.size() == 6 * kSizes.size(); }));
  server.say(replies);
  for (size_t i = 0; i < clients.size(); ++i) EXPECT_TRUE(arrives(world, *clients[i], expected[i])) << i;
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, RequestsOfAllSizesAndKindsBackToBackComeInOrder) {
  for (uint32_t inflight : {1U, 3U, 1000U}) {
    World world({.tune = [&](config::Pool &pool) { pool.client_inflight = inflight; }});
    Peer &client = world.connect();
    std::string requests, expected;
    size_t n = 0;
    auto ask = [&](const std::string &request) {
      requests += request;
      expected += request;
      ++n;
    };
    srandom(inflight);
    for (size_t i = 0; i < kSizes.size(); ++i) {
      size_t size = kSizes[static_cast<size_t>(random()) % kSizes.size()];
      ask(set_of(size, i));
      if (i % 3 == 0) ask("put 0 " + std::to_string(size) + "\n" + body_of(size, i) + "\n");
      if (i % 4 == 0) ask("same 00 00\n");
      for (int k = 0; i % 8 == 1 && k < 20'000; ++k) requests += "drop\n";  // more than a chunk of small ones
    }
    client.say(requests);
    Peer &server = world.server(0);
    // It answers what it has got whole, one by one.
    std::vector<size_t> ends;
    size_t answered = 0, at = 0;
    auto serve = [&] {
      while (at < server.got.size()) {
        size_t line = server.got.find('\n', at);
        if (line == std::string::npos) return;
        std::string head = server.got.substr(at, line - at);
        size_t end = line + 1;
        if (head[0] != 's' || head[1] != 'a')
          end += std::stoul(head.substr(head.rfind(' '))) + (head[0] == 'p' ? 1 : 0);
        if (end > server.got.size()) return;
        at = end;
        ++answered;
        server.say("+\n");
      }
    };
    ASSERT_TRUE(world.until([&] {
      serve();
      return answered == n;
    })) << answered
        << " of " << n << " with client_inflight " << inflight;
    EXPECT_TRUE(server.got == expected);
    EXPECT_TRUE(world.until([&] { return client.got.size() == 2 * n; }));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Body, APausedClientIsNotParsedOnAtTheNextChunk) {
  World world;
  Peer &client = world.connect();
  Peer *server = nullptr;
  std::string set = set_of(150'000);
  client.say(set);
  server = &world.server(0);
  ASSERT_TRUE(arrives(world, *server, set));
  server->say("+a\n");
  ASSERT_TRUE(arrives(world, client, "+a\n"));
  // Another one is expected: what comes is read in chunks, and the fence ends the first of them.
  std::string fence = "fence 0\n", filler = "drop";
  filler.append(Chain::kMost - fence.size() - filler.size() - 1, ' ');
  for (size_t at = 4; at + 4000 < filler.size(); at += 4000) filler.replace(at + 1, 6, " \ndrop");
  client.say(filler + "\n" + fence + "get 0\n" + set + "get 0\n");
  ASSERT_TRUE(arrives(world, *server, fence));
  world.settle();
  EXPECT_EQ(server->got, "") << "behind the fence";
  server->say("+b\n");
  EXPECT_TRUE(arrives(world, *server, "get 0\n" + set + "get 0\n"));
  server->say("+c\n+d\n+e\n");
  EXPECT_TRUE(arrives(world, client, "+b\n+c\n+d\n+e\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, WhatComesBeforeItsTurnIsHeldAndCounted) {
  for (size_t size : {size_t{20'000}, Chain::kMost, size_t{200'000}, size_t{1} << 20}) {
    std::string reply = reply_of(size);
    for (size_t cut : cuts_of(reply)) {
      for (bool turns_first : {false, true}) {  // its turn comes in the middle of it
        World world({.servers = 2});
        Peer &client = world.connect();
        client.say("get 0\nget 1\nget 1\n");
        Peer &first = world.server(0), &second = world.server(1);
        ASSERT_TRUE(arrives(world, second, "get 1\nget 1\n"));
        second.say(reply.substr(0, cut));
        for (int i = 0; i < 3; ++i) world.turn();
        ASSERT_EQ(client.got, "");
        if (turns_first) {
          first.say("+a\n");
          ASSERT_TRUE(world.until([&] { return client.got.size() >= 3; }));
        }
        second.say(reply.substr(cut));
        ASSERT_TRUE(world.until([&] { return second.unsaid() == 0; }));
        for (int i = 0; i < 3; ++i) world.turn();
        if (!turns_first) {
          ASSERT_EQ(client.got, "");
          ASSERT_LE(world.reactor.chunks.in_use(), 2 * reply.size() + (64 << 10));
          first.say("+a\n");
        }
        second.say("+b\n");
        ASSERT_TRUE(arrives(world, client, "+a\n" + reply + "+b\n")) << size << " cut at " << cut;
        EXPECT_EQ(world.leftovers(), "");
      }
    }
  }
}

TEST(Body, AClientThatDoesNotReadGetsAllOfItLater) {
  World world;
  Peer &client = world.connect();
  client.listens = false;
  std::string reply = reply_of(3'000'000);
  client.say("get 0\nget 0\n");
  Peer &server = world.server(0);
  server.say(reply + "+b\n");
  ASSERT_TRUE(world.until([&] { return server.unsaid() == 0; }));
  for (int i = 0; i < 20; ++i) world.turn();
  EXPECT_GT(world.reactor.chunks.in_use(), 1'000'000U);
  EXPECT_LT(world.reactor.chunks.in_use(), 4'000'000U);
  client.listens = true;
  EXPECT_TRUE(arrives(world, client, reply + "+b\n"));
  EXPECT_EQ(world.reactor.chunks.in_use(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, WhatNobodyWantsAnyMoreIsSwallowedWithoutBeingHeld) {
  for (size_t cut : {size_t{1}, size_t{9}, size_t{10'000}, size_t{300'000}}) {
    World world({.tune = [](config::Pool &pool) { pool.timeout_us = 1'000'000; }});
    Peer &client = world.connect(), &other = world.connect();
    client.say("get 0\n");
    Peer &server = world.server(0);
    ASSERT_TRUE(arrives(world, server, "get 0\n"));
    other.say("get 0\n");
    ASSERT_TRUE(arrives(world, server, "get 0\n"));
    std::string reply = reply_of(1'000'000);
    if (cut > 9) {  // it has begun to leave: the client itself goes
      server.say(reply.substr(0, cut));
      ASSERT_TRUE(world.until([&] { return client.got.size() == cut; }));
      client.close();
      for (int i = 0; i < 3; ++i) world.turn();
    } else {
      world.pass_us(2'000'000);
      ASSERT_TRUE(world.until([&] { return !client.got.empty(); }));
      other.take();
      server.say(reply.substr(0, cut));
    }
    for (size_t at = cut; at < reply.size(); at += 50'000) {
      server.say(reply.substr(at, 50'000));
      world.turn();
      world.turn();
      ASSERT_LE(world.reactor.chunks.in_use(), 8U << 10) << at;
    }
    server.say("+b\n");
    for (int i = 0; i < 5; ++i) world.turn();
    if (cut > 9) {
      EXPECT_TRUE(arrives(world, other, "+b\n"));
    }
    other.take();
    other.say("get 0\n");
    EXPECT_TRUE(arrives(world, server, "get 0\n"));
    server.say("+c\n");
    EXPECT_TRUE(arrives(world, other, "+c\n"));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Body, AMutedReplyLeavesNothing) {
  World world;
  Peer &client = world.connect();
  client.say("mute 0\nget 0\n");
  Peer &server = world.server(0);
  ASSERT_TRUE(arrives(world, server, "mute 0\nget 0\n"));
  say_cut(world, server, reply_of(500'000), 100, "+a\n");
  EXPECT_TRUE(arrives(world, client, "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, AServerThatClosesInTheMiddleTakesTheClientWithIt) {
  for (size_t cut : {size_t{20'000}, size_t{100'000}, size_t{999'000}}) {
    World world;
    Peer &client = world.connect();
    client.say("get 0\n");
    Peer &server = world.server(0);
    ASSERT_TRUE(arrives(world, server, "get 0\n"));
    std::string reply = reply_of(1'000'000);
    server.say(reply.substr(0, cut));
    ASSERT_TRUE(world.until([&] { return client.got.size() == cut; }));
    server.close();
    EXPECT_TRUE(world.until([&] { return client.ended; }));
    EXPECT_TRUE(client.got == reply.substr(0, cut));
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Body, AServerThatClosesInTheMiddleOfAHeldReplyFailsIt) {
  World world({.servers = 2});
  Peer &client = world.connect();
  client.say("get 0\nget 1\n");
  Peer &first = world.server(0), &second = world.server(1);
  ASSERT_TRUE(arrives(world, second, "get 1\n"));
  second.say(reply_of(1'000'000).substr(0, 700'000));
  ASSERT_TRUE(world.until([&] { return world.reactor.chunks.in_use() > 700'000; }));
  second.close();
  ASSERT_TRUE(world.until([&] { return world.reactor.chunks.in_use() < 1000; }));
  first.say("+a\n");
  ASSERT_TRUE(world.until([&] { return client.got.size() > 3 && client.got.back() == '\n'; }));
  EXPECT_EQ(client.got.substr(0, 5), "+a\n-3");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, AClientThatLeavesInTheMiddleOfItsRequestLeavesNothing) {
  for (size_t cut : {size_t{3}, size_t{20'000}, size_t{100'000}, size_t{999'000}}) {
    for (int how = 0; how < 3; ++how) {
      World world;
      Peer &client = world.connect();
      std::string set = set_of(1'000'000);
      if (how > 0) {  // then another such request is expected
        client.say(set);
        ASSERT_TRUE(arrives(world, world.server(0), set));
        world.server(0).say("+a\n");
        ASSERT_TRUE(arrives(world, client, "+a\n"));
      }
      client.say(set.substr(0, cut));
      for (int i = 0; i < 10; ++i) world.turn();
      if (how == 2) {
        world.front->drain();
      } else {
        client.close();
      }
      for (int i = 0; i < 5; ++i) world.turn();
      EXPECT_EQ(world.reactor.chunks.in_use(), 0U);
      EXPECT_EQ(world.leftovers(), "");
    }
  }
}

TEST(Body, MemoryFollowsASlowRequest) {
  for (bool expected : {false, true}) {
    World world;
    Peer &client = world.connect();
    std::string set = set_of(1'000'000);
    if (expected) {
      client.say(set);
      ASSERT_TRUE(arrives(world, world.server(0), set));
      world.server(0).say("+a\n");
      ASSERT_TRUE(arrives(world, client, "+a\n"));
    }
    for (size_t at = 0; at < set.size(); at += 2000) {
      client.say(set.substr(at, 2000));
      world.turn();
      size_t arrived = std::min(at + 2000, set.size());
      if (arrived < set.size()) {
        ASSERT_LE(world.reactor.chunks.in_use(), 4 * arrived + 4096) << expected;
      }
      if (at == 500'000) {
        ASSERT_LE(world.reactor.chunks.in_use(), 2 * arrived);
      }
    }
    EXPECT_TRUE(arrives(world, world.server(0), set));
    EXPECT_EQ(world.leftovers(), "");
  }
}

// Each was let in when next to nothing was in use.
TEST(Body, RequestsThatGrowTogetherStayWithinTheMemoryLimit) {
  constexpr size_t kLimit = 3 << 20, kPiece = 50'000;
  World world;
  world.reactor.memory_limit = kLimit;
  const std::string set = set_of(1'000'000);
  std::vector<Peer *> asking;
  for (int i = 0; i < 10; ++i) asking.push_back(&world.connect());
  for (size_t at = 0; at < set.size(); at += kPiece) {
    for (Peer *client : asking) {
      client->say(set.substr(at, kPiece));
      world.turn();
      ASSERT_LE(world.reactor.memory_in_use(), kLimit + (1 << 20)) << at;
    }
  }
  Peer &server = world.server(0);
  size_t answered = 0;
  EXPECT_TRUE(world.until([&] {
    for (; server.got.size() >= (answered + 1) * set.size(); ++answered) server.say("+a\n");
    return std::all_of(asking.begin(), asking.end(), [](Peer *client) { return !client->got.empty(); });
  }));
  const std::string no = "-7 memory_limit is reached\n";
  size_t done = 0, refused = 0;
  for (Peer *client : asking) {
    world.settle();
    std::string got = client->take();
    ++(got == no ? refused : done);
    EXPECT_TRUE(got == no || got == "+a\n") << got;
    client->say("ping\n");
    EXPECT_TRUE(world.got(*client, "+ping\n")) << "the connection goes on";
  }
  EXPECT_GE(refused, 5U);
  EXPECT_GE(done, 2U) << "those that were refused made room for others";
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, ARequestTooLargeIsReadAwayAfterALargeOne) {
  World world({.tune = [](config::Pool &pool) { pool.request_limit = 200'000; }});
  Peer &client = world.connect();
  std::string set = set_of(190'000), large = set_of(900'000);
  client.say(set + large + set + large + "get 0\n");
  Peer &server = world.server(0);
  EXPECT_TRUE(arrives(world, server, set + set + "get 0\n"));
  server.say("+a\n+b\n+c\n");
  ASSERT_TRUE(world.until([&] { return client.got.find("+c\n") != std::string::npos; }));
  EXPECT_EQ(client.got.find("-5 "), 3U);
  EXPECT_EQ(client.got.substr(0, 3), "+a\n");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Body, AServerThatTakesNothingHoldsUpNobodyElse) {
  World world({.servers = 2});
  Peer &client = world.connect(), &other = world.connect();
  client.say("get 0\n");
  world.server(0).listens = false;
  std::string set = set_of(1'000'000);
  for (int i = 0; i < 5; ++i) client.say(set);
  for (int i = 0; i < 50; ++i) world.turn();
  other.say("get 1\n");
  ASSERT_TRUE(arrives(world, world.server(1), "get 1\n"));
  world.server(1).say("+b\n");
  EXPECT_TRUE(arrives(world, other, "+b\n"));
  world.server(0).listens = true;
  std::string all = "get 0\n";
  for (int i = 0; i < 5; ++i) all += set;
  EXPECT_TRUE(arrives(world, world.server(0), all));
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
