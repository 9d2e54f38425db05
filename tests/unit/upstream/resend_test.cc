// What is sent again when a connection to a server is lost, and what must not be.
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint64_t kHour = 3'600'000'000;
const char kLost[] = "-3 Connection reset by peer\n";

World::Plan with_retry(const std::string &retry, uint32_t servers = 1) {
  return {.servers = servers, .tune = [retry](config::Pool &pool) { pool.retry = retry; }};
}

// Everything on it is written, and nothing answered.
void lose(World &world, uint32_t server, size_t nth, const std::string &after) {
  EXPECT_TRUE(world.got(world.server(server, nth), after));
  world.server(server, nth).close();
}

TEST(Resend, ReadsGoToTheNextConnectionInTheirOrder) {
  World world(with_retry("reads"));
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0a\nget 0b\n");
  world.settle();
  b.say("get 0c\n");
  lose(world, 0, 0, "get 0a\nget 0b\nget 0c\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0a\nget 0b\nget 0c\n"));
  world.server(0, 1).say("+1\n+2\n+3\n");
  EXPECT_TRUE(world.got(a, "+1\n+2\n"));
  EXPECT_TRUE(world.got(b, "+3\n"));
  EXPECT_EQ(world.cells(0).retries.get(), 3U);
  EXPECT_EQ(world.cells(0).requests.get(), 3U);
  EXPECT_EQ(world.pool_cells().forward_error.get(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, OnceAndNoMore) {
  World world(with_retry("reads"));
  Peer &client = world.connect();
  client.say("get 0\n");
  lose(world, 0, 0, "get 0\n");
  lose(world, 0, 1, "get 0\n");
  EXPECT_TRUE(world.got(client, kLost));
  world.settle();
  EXPECT_EQ(world.servers[0].connections.size(), 2U);
  EXPECT_EQ(world.cells(0).retries.get(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, OnlyWithThePolicyForIt) {
  for (const char *policy : {"unsent", "none"}) {
    World world(with_retry(policy));
    Peer &client = world.connect();
    client.say("get 0\n");
    lose(world, 0, 0, "get 0\n");
    EXPECT_TRUE(world.got(client, kLost)) << policy;
    EXPECT_EQ(world.cells(0).retries.get(), 0U) << policy;
    EXPECT_EQ(world.leftovers(), "");
  }
}

// Queued in the turn in which the server is found gone: not a byte of it was written.
TEST(Resend, WhatWasNotWrittenIsUnlessThePolicyIsNone) {
  for (const char *policy : {"reads", "unsent", "none"}) {
    World world(with_retry(policy));
    Peer &client = world.connect();
    client.say("get 0\n");
    world.server(0).say("+a\n");
    EXPECT_TRUE(world.got(client, "+a\n"));
    client.say("same 0 0\nget 0\n");
    world.server(0).close();
    if (std::string_view(policy) == "none") {
      EXPECT_TRUE(world.got(client, std::string(kLost) + kLost));
      EXPECT_EQ(world.cells(0).retries.get(), 0U);
    } else {
      EXPECT_TRUE(world.got(world.server(0, 1), "same 0 0\nget 0\n")) << policy;
      world.server(0, 1).say("+b\n+c\n");
      EXPECT_TRUE(world.got(client, "+b\n+c\n"));
      EXPECT_EQ(world.cells(0).retries.get(), 2U);
    }
    EXPECT_EQ(world.leftovers(), "");
  }
}

TEST(Resend, WhatMayHaveChangedSomethingIsNot) {
  World world(with_retry("reads"));
  Peer &client = world.connect();
  client.say("same 0 0\nget 0\n");
  lose(world, 0, 0, "same 0 0\nget 0\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0\n"));
  world.server(0, 1).say("+a\n");
  EXPECT_TRUE(world.got(client, std::string(kLost) + "+a\n"));
  EXPECT_EQ(world.leftovers(), "");
}

// The write may have been carried out: a read sent again after it would see what its client asked for later.
TEST(Resend, AReadIsNotSentAgainAfterAWriteOfItsClientThatCameAfterIt) {
  World world(with_retry("reads"));
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0a\nsame 0 0\nget 0b\n");
  world.settle();
  b.say("get 0c\n");
  lose(world, 0, 0, "get 0a\nsame 0 0\nget 0b\nget 0c\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0b\nget 0c\n")) << "another client's is no concern of it";
  world.server(0, 1).say("+b\n+c\n");
  EXPECT_TRUE(world.got(a, std::string(kLost) + kLost + "+b\n"));
  EXPECT_TRUE(world.got(b, "+c\n"));
  // What was marked then says nothing about what is lost later.
  a.say("get 0d\n");
  lose(world, 0, 1, "get 0d\n");
  world.server(0, 2).say("+d\n");
  EXPECT_TRUE(world.got(a, "+d\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, AReadGoesAheadOfWhatWasNotWrittenYet) {
  World world(with_retry("reads"));
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  client.say("same 0 0\nget 0b\n");  // queued in the turn in which the server is found gone
  world.server(0).close();
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0a\nsame 0 0\nget 0b\n"));
  world.server(0, 1).say("+1\n+2\n+3\n");
  EXPECT_TRUE(world.got(client, "+1\n+2\n+3\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, NothingIsOfWhichAPartWasAnswered) {
  World world(with_retry("reads"));
  Peer &a = world.connect(), &b = world.connect();
  a.say("get 0\n");
  world.server(0);
  world.settle();
  b.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\nget 0\n"));
  world.server(0).say("$100\nhalf");
  EXPECT_TRUE(world.got(a, "$100\nhalf"));
  world.server(0).close();
  EXPECT_TRUE(world.until([&] { return a.ended; }));
  world.server(0, 1).say("+b\n");
  EXPECT_TRUE(world.got(b, "+b\n"));
  EXPECT_EQ(world.server(0, 1).got, "get 0\n");
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, NothingIsForAClientThatIsGone) {
  World world(with_retry("reads"));
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  client.close();
  EXPECT_TRUE(world.until([&] { return world.front->clients() == 0; }));
  world.server(0).close();
  world.settle();
  EXPECT_EQ(world.servers[0].connections.size(), 1U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, NothingIsThatTimedOutAndWhatIsKeepsItsTime) {
  World::Plan plan = with_retry("reads");
  plan.tune = [](config::Pool &pool) {
    pool.retry = "reads";
    pool.timeout_us = kHour;
  };
  World world(plan);
  Peer &client = world.connect();
  client.say("get 0a\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0a\n"));
  world.pass_us(kHour + 1'000'000);
  EXPECT_TRUE(world.got(client, "-1 Connection timed out\n"));
  client.say("get 0b\n");
  lose(world, 0, 0, "get 0b\n");
  EXPECT_TRUE(world.got(world.server(0, 1), "get 0b\n"));
  world.pass_us(kHour + 1'000'000);
  EXPECT_TRUE(world.got(client, "-1 Connection timed out\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, PartsOfASplitRequestAreTheirOwn) {
  World world(with_retry("reads", 2));
  Peer &client = world.connect();
  client.say("mget 0 1\n");
  world.server(1);
  std::string share;
  ASSERT_TRUE(world.until([&] { return world.server(0).got.ends_with("\n"); }));
  share = world.server(0).take();
  world.server(0).close();
  EXPECT_TRUE(world.got(world.server(0, 1), share));
  world.server(0, 1).say("*a\n");
  world.server(1).say("*b\n");
  EXPECT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
  EXPECT_EQ(client.got.find("-"), std::string::npos) << client.got;
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, ALongRequestIsNotKept) {
  World world(with_retry("reads"));
  Peer &client = world.connect();
  std::string request = "mget";
  for (int i = 0; i < 14'000; ++i) request += " 0xyz";
  client.say(request + "\n");
  lose(world, 0, 0, request + "\n");
  EXPECT_TRUE(world.got(client, kLost));
  EXPECT_EQ(world.leftovers(), "");
}

// ---- where the server leaves the ring
// ------------------------------------------------------------------------------

// A distribution by which a key whose server is out goes to the next one.
void *build_ring(void *, const weir_server *servers, uint32_t n, const void *, weir_errbuf *) {
  auto *ring = new std::vector<uint32_t>(n, WEIR_NO_SERVER);
  for (uint32_t i = 0; i < n; ++i) {
    for (uint32_t k = n; k-- > 0;) {
      if (servers[(i + k) % n].alive != 0) (*ring)[i] = (i + k) % n;
    }
  }
  return ring;
}
void drop_ring(void *, void *ring) {
  delete static_cast<std::vector<uint32_t> *>(ring);
}
void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n, uint32_t *out) {
  const auto &servers = *static_cast<const std::vector<uint32_t> *>(ring);
  for (uint32_t i = 0; i < n; ++i) out[i] = servers[hash[i] % servers.size()];
}

World::Plan with_ejection() {
  return {.servers = 2,
          .tune =
              [](config::Pool &pool) {
                pool.retry = "reads";
                pool.auto_eject_hosts = true;
                pool.server_failure_limit = 2;
              },
          .rig =
              [](const Tables &tables) {
                tables.dist.build = &build_ring;
                tables.dist.drop = &drop_ring;
                tables.dist.select = &select;
              }};
}

TEST(Resend, AReadGoesToTheServerThatTakesThePlaceOfTheOneThatIsEjected) {
  World world(with_ejection());
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(world.server(0), "get 0\n"));
  world.refuse_connections(0);
  world.server(0).close();  // one failure; the refused connect is the second
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  client.say("same 0 0\n");
  world.settle();
  EXPECT_EQ(client.got, "");
  EXPECT_TRUE(world.servers[1].connections.empty()) << "the old ring is still there";
  auto old = world.made->pool->rebuild({0, 1});
  world.front->release_held();
  EXPECT_TRUE(world.got(world.server(1), "get 0\nsame 0 0\n")) << "what came later goes later";
  world.server(1).say("+a\n+b\n");
  EXPECT_TRUE(world.got(client, "+a\n+b\n"));
  EXPECT_EQ(world.cells(0).retries.get(), 2U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, WithoutAnotherServerItFails) {
  World world(with_ejection());
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  client.say("get 0\n");
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  auto old = world.made->pool->rebuild({0, 0});
  world.front->release_held();
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  EXPECT_EQ(world.leftovers(), "");
}

TEST(Resend, AClientThatGoesWhileItsReadWaitsForTheRingIsForgotten) {
  World world(with_ejection());
  world.refuse_connections(0);
  Peer &client = world.connect();
  client.say("get 0\n");
  EXPECT_TRUE(world.got(client, "-2 Connection refused\n"));
  client.say("get 0\n");
  ASSERT_TRUE(world.until([&] { return !world.tripped.empty(); }));
  client.close();
  EXPECT_TRUE(world.until([&] { return world.front->clients() == 0; }));
  world.front->release_held();
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
