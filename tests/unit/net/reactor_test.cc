#include "core/net/reactor.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/net/test_connection.h"

namespace weir::net {
namespace {

using testing::TestConnection;

struct ReactorTest : ::testing::Test {
  void turn() { reactor.turn(reactor.now_us + 1); }
  StatsPage stats;
  Reactor reactor{0, stats};
};

TEST_F(ReactorTest, WhatIsPutOffIsDoneAtTheEndOfTheTurnBeforeOutputLeaves) {
  TestConnection connection(reactor);
  std::vector<int> order;
  connection.when_written = [&] { order.push_back(2); };
  reactor.later([&] {
    order.push_back(1);
    connection.say("x");
  });
  turn();
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST_F(ReactorTest, WhatIsPutOffMeanwhileIsDoneInTheNextTurnWithoutWaiting) {
  int done = 0;
  reactor.later([&] { reactor.later([&] { ++done; }); });
  turn();
  EXPECT_EQ(done, 0);
  reactor.turn(0);  // would wait for ever if nothing were due
  EXPECT_EQ(done, 1);
}

TEST_F(ReactorTest, OutputThatAFlushCausesElsewhereLeavesInTheSameTurn) {
  TestConnection first(reactor), second(reactor);
  first.when_written = [&] { second.say("because"); };
  first.say("x");
  turn();
  EXPECT_EQ(second.taken(), "because");
}

TEST_F(ReactorTest, ABuriedConnectionLivesUntilTheEndOfTheTurn) {
  struct Watched : Connection {
    Watched(Reactor &r, bool &gone_) : Connection(r), gone(gone_) {}
    ~Watched() override { gone = true; }
    void on_readable() override {}
    void on_written(size_t) override {}
    void on_broken(int) override {}
    bool &gone;
  };
  bool gone = false;
  reactor.later([&] {
    auto connection = std::make_unique<Watched>(reactor, gone);
    reactor.wrote(*connection);  // it is still in the list of who has output
    reactor.bury(std::move(connection));
    EXPECT_FALSE(gone);
  });
  turn();
  EXPECT_TRUE(gone);
  turn();
}

TEST_F(ReactorTest, TheClockIsReadInEveryTurn) {
  uint64_t before = reactor.now_us;
  reactor.now_us = 0;
  reactor.turn(1);
  EXPECT_GE(reactor.now_us, before);
}

TEST_F(ReactorTest, WhatIsPostedIsDoneInATurn) {
  bool done = false;
  reactor.post([&] { done = true; });
  reactor.turn(0);
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace weir::net
