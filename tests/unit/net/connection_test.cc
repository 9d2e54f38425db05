#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/net/test_connection.h"

namespace weir::net {
namespace {

using testing::TestConnection;

struct ConnectionTest : ::testing::Test {
  void turn() { reactor.turn(reactor.now_us + 1); }
  StatsPage stats;
  Reactor reactor{0, stats};
};

TEST_F(ConnectionTest, WhatIsAppendedInATurnLeavesInOneWrite) {
  TestConnection connection(reactor);
  for (int i = 0; i < 100; ++i) connection.say("0123456789");
  EXPECT_EQ(connection.taken(), "");
  turn();
  EXPECT_EQ(connection.writes, 1);
  EXPECT_EQ(connection.taken().size(), 1000U);
  turn();
  EXPECT_EQ(connection.writable, 0) << "the loop need not be asked for what fits";
  EXPECT_EQ(reactor.chunks.in_use(), 0U);
}

TEST_F(ConnectionTest, WhatTheSocketDoesNotTakeFollowsWhenItCan) {
  TestConnection connection(reactor);
  std::string all;
  for (size_t i = 0; i < 300000; ++i) all += std::to_string(i) + ",";
  connection.say(all);
  std::string taken;
  turn();
  EXPECT_GT(connection.waiting(), 0U);
  for (int i = 0; i < 10000 && taken.size() < all.size(); ++i) {
    taken += connection.taken();
    turn();
  }
  EXPECT_EQ(taken.size(), all.size());
  EXPECT_TRUE(taken == all);
  EXPECT_GT(connection.writable, 0);
  EXPECT_EQ(connection.written, all.size());
  EXPECT_EQ(reactor.chunks.in_use(), 0U);
  int before = connection.writable;
  turn();
  turn();
  EXPECT_EQ(connection.writable, before) << "it is not woken once everything is out";
}

TEST_F(ConnectionTest, APeerThatIsGoneBreaksTheWrite) {
  TestConnection connection(reactor);
  connection.say("x");
  ::close(connection.peer);
  connection.peer = -1;
  connection.turn_ends();
  EXPECT_EQ(connection.broken, EPIPE) << "and the process got no signal";
  EXPECT_FALSE(connection.open());
  EXPECT_EQ(reactor.chunks.in_use(), 0U);
  turn();
}

TEST_F(ConnectionTest, OutputWaitsWhileItMayNotBeWritten) {
  TestConnection connection(reactor);
  connection.may = false;
  connection.say("early");
  turn();
  EXPECT_EQ(connection.taken(), "");
  connection.may = true;
  connection.say(",late");
  turn();
  EXPECT_EQ(connection.taken(), "early,late");
}

TEST_F(ConnectionTest, LeavingForgetsTheOutputAndClosesTheSocket) {
  TestConnection connection(reactor);
  connection.say("never sent");
  connection.leave();
  turn();
  EXPECT_EQ(connection.taken(), "");
  char byte = 0;
  EXPECT_EQ(::recv(connection.peer, &byte, 1, MSG_DONTWAIT), 0) << "closed";
  EXPECT_EQ(reactor.chunks.in_use(), 0U);
}

}  // namespace
}  // namespace weir::net
