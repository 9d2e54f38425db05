// Real servers that are killed, stopped and restarted under load. Every answer is checked for whose it is, and every
// request has exactly one end.
#include "tests/integration/faults.h"

namespace weir::test {
namespace {

class FaultyServers : public Faults {};

TEST_P(FaultyServers, NothingIsWrongWhenNothingIsWrong) {
  start();
  auto crowd = load(Judge::strict);
  EXPECT_TRUE(crowd->progresses(enough()));
  Tally tally = ends_well(*crowd);
  EXPECT_EQ(0U, tally.failed + tally.closes_by_weir);
  EXPECT_TRUE(settled());
}

TEST_P(FaultyServers, AKilledServerCrossesNoReplies) {
  start();
  auto crowd = load(Judge::lenient);
  for (int round = 0; round < rounds(4); ++round) {
    Backend &victim = *servers_[static_cast<size_t>(round) % servers_.size()];
    EXPECT_TRUE(crowd->progresses(enough() / 4));
    victim.kill();
    EXPECT_TRUE(crowd->progresses(enough() / 4)) << "the other servers go on";
    victim.start();
  }
  Tally tally = ends_well(*crowd);
  EXPECT_GT(tally.failed, 0U);
  for (const auto &[text, n] : tally.errors) EXPECT_THAT(text, ContainsRegex("Connection (reset|refused)|Broken pipe"));
  EXPECT_THAT(proxy_->log(),
              ContainsRegex("warn   pool alpha: server s0: (Connection re|Broken pipe|the server closed)"));
  EXPECT_TRUE(recovered());
}

TEST_P(FaultyServers, AStoppedServersLateRepliesReachNobody) {
  start();
  auto crowd = load(Judge::lenient);
  for (int round = 0; round < rounds(4); ++round) {
    Backend &victim = *servers_[static_cast<size_t>(round) % servers_.size()];
    EXPECT_TRUE(crowd->progresses(enough() / 8));
    long long before = counted("server_timedout");
    victim.pause();
    EXPECT_TRUE(eventually([&] { return counted("server_timedout") > before; }));
    if (round % 2 == 0) {
      EXPECT_TRUE(crowd->progresses(enough() / 8)) << "the other servers go on";
    }
    victim.resume();
  }
  Tally tally = ends_well(*crowd);
  for (const auto &[text, n] : tally.errors) {
    // A part of a split command that finds its server left alone between two tries is told apart no further.
    EXPECT_THAT(text, ContainsRegex("Connection (timed out|refused)")) << tally.text();
  }
  EXPECT_TRUE(recovered());
}

TEST_P(FaultyServers, ARestartLoopEndsInNothingWorseThanErrors) {
  start();
  auto crowd = load(Judge::lenient);
  for (int round = 0; round < rounds(12); ++round) {
    servers_[0]->kill();
    servers_[0]->start();
    EXPECT_TRUE(crowd->progresses(enough() / 40));
  }
  ends_well(*crowd);
  EXPECT_TRUE(recovered());
}

TEST_P(FaultyServers, AllOfThemGoneAndBackAgain) {
  start();
  auto crowd = load(Judge::lenient);
  EXPECT_TRUE(crowd->progresses(enough() / 8));
  for (auto &s : servers_) s->kill();
  uint64_t before = crowd->answered();
  EXPECT_TRUE(eventually([&] { return crowd->answered() > before + 200; })) << "errors are answers, too";
  EXPECT_TRUE(eventually([&] { return proxy_->log().find("server s0: Connection refused\n") != std::string::npos; }));
  for (auto &s : servers_) s->start();
  EXPECT_TRUE(crowd->progresses(enough() / 8));
  ends_well(*crowd);
  EXPECT_TRUE(recovered());
}

TEST_P(FaultyServers, APoolBesideTheFaultyOneNoticesNothing) {
  start(/*neighbour=*/true);
  auto crowd = load(Judge::lenient), neighbours = load_neighbour();
  for (int round = 0; round < rounds(3); ++round) {
    servers_[0]->kill();
    servers_[1]->pause();
    EXPECT_TRUE(neighbours->progresses(enough() / 4));
    servers_[0]->start();
    servers_[1]->resume();
    EXPECT_TRUE(crowd->progresses(enough() / 16));
  }
  Tally tally = ends_well(*neighbours);
  EXPECT_EQ(0U, tally.failed + tally.closes_by_weir);
  ends_well(*crowd);
}

TELL_OF_FAULTS(FaultyServers);

}  // namespace
}  // namespace weir::test
