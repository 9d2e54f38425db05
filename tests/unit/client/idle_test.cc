// idle_timeout: who is closed for sending nothing, and who is not.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include "tests/unit/client/world.h"

namespace weir::testing {
namespace {

constexpr uint64_t kSecond = 1'000'000;

struct Idle : ::testing::Test {
  World world{{.tune = [](config::Pool &pool) {
    pool.idle_timeout_us = 10 * kSecond;
    pool.client_output_limit = 4 << 20;
    pool.client_stall_timeout_us = 0;
  }}};
  uint64_t now = world.reactor.now_us;

  // The clock of the looks at all clients, one a second, goes on; that of the rest stands.
  void pass(uint64_t seconds) {
    for (; seconds > 0; --seconds) world.front->check_time(now += kSecond);
    world.settle();
  }
};

TEST_F(Idle, AClientThatNeverSaysAnythingIsClosed) {
  Peer &client = world.connect();
  pass(10);
  EXPECT_FALSE(client.ended);
  pass(2);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(client.got, "") << "quietly";
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, WhoSaysSomethingNowAndThenStays) {
  Peer &client = world.connect();
  for (int i = 0; i < 10; ++i) {
    pass(8);
    client.say("ping\n");
    ASSERT_TRUE(world.got(client, "+ping\n")) << i;
  }
  pass(12);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, WhoWaitsForAnAnswerIsNotIdleAndHasAllItsTimeAfterIt) {
  Peer &client = world.connect();
  client.say("get 0\n");
  Peer &server = world.server(0);
  world.settle();
  pass(100);
  EXPECT_FALSE(client.ended);
  server.say("+a\n");
  EXPECT_TRUE(world.got(client, "+a\n"));
  pass(9);
  EXPECT_FALSE(client.ended);
  pass(3);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, HalfARequestDoesNotKeepAClient) {
  Peer &client = world.connect();
  client.say("set 0 100\nabc");
  world.settle();
  pass(12);
  EXPECT_TRUE(client.ended);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, ARequestWithoutAReplyCountsAsSaidSomething) {
  Peer &client = world.connect();
  for (int i = 0; i < 5; ++i) {
    client.say("tell 0\n");
    world.settle();
    pass(8);
    ASSERT_FALSE(client.ended) << i;
  }
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, WhoTakesNothingOfItsReplyIsClosed) {
  Peer &client = world.connect();
  client.listens = false;
  client.say("get 0\n");
  world.server(0).say("$900000\n" + std::string(900'000, 'x'));
  ASSERT_TRUE(world.until([&] { return world.server(0).unsaid() == 0; }));
  world.settle();
  pass(12);
  EXPECT_EQ(world.front->clients(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST_F(Idle, EachOfVeryManyClientsIsLookedAt) {
  const size_t many = 1'500;  // more than one look takes in
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < 2 * many + 100) GTEST_SKIP() << "the limit of open files is " << files.rlim_cur;
  for (size_t i = 0; i < many; ++i) world.connect();
  size_t looks = 0;
  for (int second = 0; second < 12; ++second) {
    now += kSecond;
    for (bool more = world.front->check_time(now); more; more = world.front->check_time(now, false)) ++looks;
  }
  EXPECT_GE(looks, 10U) << "one look takes in all of them";
  EXPECT_EQ(world.front->clients(), 0U);
  EXPECT_EQ(world.leftovers(), "");
}

TEST(NoIdle, ByDefaultNobodyIsLookedAt) {
  World world;
  world.connect();
  EXPECT_FALSE(world.front->wants_checks());
  EXPECT_EQ(world.leftovers(), "");
}

}  // namespace
}  // namespace weir::testing
