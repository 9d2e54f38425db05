// How long a server that cannot be reached is left alone, and what its clients hear meanwhile.
#include "core/upstream/back_off.h"

#include <gtest/gtest.h>

#include "core/base/clock.h"
#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

using upstream::BackOff;

constexpr uint64_t kMost = 500'000;

// What it waits after so many failures in a row, all at once and with this chance.
uint64_t delay_after(int failures, uint64_t chance, uint64_t most = kMost) {
  BackOff back_off;
  for (int i = 0; i < failures; ++i) back_off.failed(1'000'000, false, most, chance);
  return back_off.until_us() - 1'000'000;
}

TEST(BackOffTest, DoublesUpToItsBound) {
  EXPECT_EQ(delay_after(1, 0), 10'000U);
  EXPECT_EQ(delay_after(2, 0), 20'000U);
  EXPECT_EQ(delay_after(6, 0), 320'000U);
  EXPECT_EQ(delay_after(7, 0), kMost);
  EXPECT_EQ(delay_after(1'000, 0), kMost);
}

TEST(BackOffTest, ChanceTakesAwayUpToHalf) {
  for (uint64_t chance : {uint64_t{1}, uint64_t{4'999}, uint64_t{123'456'789}, UINT64_MAX}) {
    EXPECT_GT(delay_after(1, chance), 5'000U);
    EXPECT_LE(delay_after(1, chance), 10'000U);
  }
  EXPECT_NE(delay_after(1, 1), delay_after(1, 2));
}

TEST(BackOffTest, AnswersEndTheRow) {
  BackOff back_off;
  for (int i = 0; i < 5; ++i) back_off.failed(0, false, kMost, 0);
  EXPECT_TRUE(back_off.refuses(100'000));
  back_off.succeeded();
  EXPECT_FALSE(back_off.refuses(100'000));
  back_off.failed(0, false, kMost, 0);
  EXPECT_TRUE(back_off.refuses(9'999));
  EXPECT_FALSE(back_off.refuses(10'000));
}

TEST(BackOffTest, OfNothingNeverRefuses) {
  EXPECT_EQ(delay_after(3, 12'345, 0), 0U);
  EXPECT_EQ(delay_after(3, 12'345, 1), 1U);
}

World::Plan with_delay(bool ejects = false) {
  return {.tune = [ejects](config::Pool &pool) {
    pool.reconnect_delay_us = kMost;
    pool.auto_eject_hosts = ejects;
    pool.server_failure_limit = 1'000;
  }};
}

// A try each request would be as many tries as requests. Those there are must have waited for each other.
TEST(BackOffTest, RequestsToAServerThatIsDownDoNotTryEachAnew) {
  World world(with_delay());
  world.refuse_connections(0);
  Peer &client = world.connect();
  uint64_t start = monotonic_us();
  uint64_t requests = 0;
  for (; world.cells(0).server_err.get() < 4 || requests < 20; ++requests) {
    client.say("get 0\n");
    ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
    EXPECT_EQ(client.take(), "-2 Connection refused\n");
  }
  uint64_t tries = world.cells(0).server_err.get(), least = 0;
  for (uint64_t i = 0; i + 1 < tries; ++i) least += std::min(kMost, uint64_t{10'000} << i) / 2;
  EXPECT_GE(monotonic_us() - start, least) << tries << " tries for " << requests << " requests";
  EXPECT_EQ(world.cells(0).requests.get(), requests);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(BackOffTest, WhereFailuresEjectEachRequestIsATry) {
  World world(with_delay(true));
  world.refuse_connections(0);
  Peer &client = world.connect();
  for (uint64_t i = 1; i <= 20; ++i) {
    client.say("get 0\n");
    ASSERT_TRUE(world.until([&] { return client.got.ends_with("\n"); }));
    EXPECT_EQ(client.take(), "-2 Connection refused\n");
    EXPECT_EQ(world.cells(0).server_err.get(), i);
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST(BackOffTest, OneThatCameUpIsATryThatFailedFromTheSecondOn) {
  BackOff back_off;
  back_off.failed(0, true, kMost, 0);
  EXPECT_FALSE(back_off.refuses(0));
  back_off.failed(0, true, kMost, 0);
  EXPECT_TRUE(back_off.refuses(19'999));
  EXPECT_FALSE(back_off.refuses(20'000));
}

TEST(BackOffTest, ConnectionsThatEndWithoutAnAnswerAreNotOpenedForEachRequest) {
  World world(with_delay());
  Peer &client = world.connect();
  const std::string lost = "-3 Connection reset by peer\n";
  std::string said;
  uint64_t start = monotonic_us();
  auto close_each_that_was_asked = [&] {
    for (auto &connection : world.servers[0].connections) {
      if (!connection->got.empty()) connection->close();
    }
  };
  ASSERT_TRUE(world.until([&] {
    if (client.got.size() >= said.size()) {
      said += lost;
      client.say("get 0\n");
    }
    close_each_that_was_asked();
    return world.servers[0].connections.size() >= 5 && said.size() > 20 * lost.size();
  }));
  uint64_t tries = world.servers[0].connections.size(), least = 0;
  for (uint64_t i = 1; i + 1 < tries; ++i) least += std::min(kMost, uint64_t{10'000} << i) / 2;
  EXPECT_GE(monotonic_us() - start, least) << tries << " connections";
  EXPECT_TRUE(world.until([&] {
    close_each_that_was_asked();
    return client.got.size() >= said.size();
  }));
  EXPECT_EQ(client.got, said);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(BackOffTest, AConnectionThatAnsweredAndIsLostIsOpenedAtOnce) {
  World world(with_delay());
  Peer &client = world.connect();
  for (size_t i = 0; i < 5; ++i) {
    client.say("get 0\n");
    world.server(0, i).say("+a\n");
    EXPECT_TRUE(world.got(client, "+a\n"));
    client.say("get 0\n");
    world.settle();
    world.server(0, i).close();
    EXPECT_TRUE(world.got(client, "-3 Connection reset by peer\n"));
  }
  EXPECT_EQ(world.leftovers(), "");
}

// Whether or not it answered before: a server may close what nobody uses.
TEST(BackOffTest, AnIdleConnectionThatIsClosedIsNoFailureAndReopenedOnNextUse) {
  World world(with_delay());
  world.front->upstream.connect_all();
  for (size_t i = 0; i < 5; ++i) {
    world.server(0, i);
    world.settle();
    world.server(0, i).close();
    EXPECT_TRUE(world.until([&] { return world.cells(0).server_connections.get() == 0; }));
    EXPECT_EQ(world.servers[0].connections.size(), i + 1) << "it is not wanted before it is used";
    if (i == 4) break;
    Peer &client = world.connect();
    client.say("get 0\n");
    world.server(0, i + 1).say("+a\n");
    EXPECT_TRUE(world.got(client, "+a\n"));
  }
  EXPECT_EQ(world.cells(0).server_eof.get(), 5U);
  EXPECT_EQ(world.cells(0).server_err.get(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
