// What networks do between weir and real servers: cut, hold, trickle, swallow. Every answer is checked for whose it is,
// and every request has exactly one end.
#include "tests/integration/faults.h"

namespace weir::test {
namespace {

class FaultyNetwork : public Faults {
 protected:
  // The network is good, then bad at one server, then good again, while clients talk.
  Tally through(Relay::Fault fault, int times = 3) {
    start(/*neighbour=*/false, /*relayed=*/true);
    auto crowd = load(Judge::lenient);
    for (int round = 0; round < rounds(times); ++round) {
      Relay &relay = *relays_[static_cast<size_t>(round) % relays_.size()];
      EXPECT_TRUE(crowd->progresses(enough() / 16));
      int before = relay.struck();
      relay.set(fault);
      if (fault == Relay::Fault::closes_at_once) relay.reset_all();
      EXPECT_TRUE(eventually([&] { return relay.struck() > before; }));
      uint64_t answered = crowd->answered();
      EXPECT_TRUE(eventually([&] { return crowd->answered() >= answered + 50; })) << "errors are answers, too";
      relay.set(Relay::Fault::none);
    }
    Tally tally = ends_well(*crowd);
    EXPECT_TRUE(recovered());
    return tally;
  }
};

TEST_P(FaultyNetwork, ResetsInTheMidstOfRepliesCrossNothing) {
  Tally tally = through(Relay::Fault::resets_replies, 6);
  EXPECT_GT(tally.failed + tally.closed_on, 0U);
}

TEST_P(FaultyNetwork, HalfAReplyAndThenSilenceTimesOut) {
  Tally tally = through(Relay::Fault::halves_replies);
  EXPECT_GT(tally.failed + tally.closed_on, 0U);
}

TEST_P(FaultyNetwork, ATrickleIsWaitedFor) {
  through(Relay::Fault::trickles);
}

TEST_P(FaultyNetwork, RepliesThatAreLostFailTheirOwnRequestsOnly) {
  Tally tally = through(Relay::Fault::swallows);
  EXPECT_GT(tally.failed, 0U);
}

TEST_P(FaultyNetwork, AServerThatClosesWhoeverConnectsGivesErrors) {
  Tally tally = through(Relay::Fault::closes_at_once);
  EXPECT_GT(tally.failed, 0U);
}

TEST_P(FaultyNetwork, AStallEndsWithLateRepliesThatReachNobody) {
  start(/*neighbour=*/false, /*relayed=*/true);
  auto crowd = load(Judge::lenient);
  for (int round = 0; round < rounds(6); ++round) {
    EXPECT_TRUE(crowd->progresses(enough() / 16));
    long long before = counted("server_timedout");
    relays_[0]->set(Relay::Fault::holds);
    EXPECT_TRUE(eventually([&] { return counted("server_timedout") > before; }));
    relays_[0]->set(Relay::Fault::none);  // all that was held comes now
  }
  ends_well(*crowd);
  EXPECT_TRUE(recovered());
}

TEST_P(FaultyNetwork, CutsAgainAndAgainUnderLoad) {
  start(/*neighbour=*/false, /*relayed=*/true);
  auto crowd = load(Judge::lenient);
  for (int round = 0; round < rounds(30); ++round) {
    relays_[static_cast<size_t>(round) % relays_.size()]->reset_all();
    EXPECT_TRUE(crowd->progresses(enough() / 80));
  }
  ends_well(*crowd);
  EXPECT_TRUE(recovered());
}

// Connects that are neither taken nor refused: requests end by their timeout, those for other servers are served.
TEST_P(FaultyNetwork, ABlackHoleCostsItsOwnRequestsTheirTimeoutAndNobodyElseAnything) {
  BlackHole hole;
  pools_ = {pool_of("alpha").set("connect_timeout", std::to_string(timeout().count())).server(hole.address(), "s0")};
  for (size_t i = 1; i < kServers; ++i) pools_[0].server(servers_[i]->address(), "s" + std::to_string(i));
  proxy_ = std::make_unique<Proxy>(pools_, Proxy::Options{.workers = GetParam().workers, .log_level = 5});
  std::vector<Habit> habits;
  for (const char *name : {"p", "q", "r"}) habits.push_back({.name = name, .clients = 20});
  auto crowd = load(Judge::lenient, habits);
  EXPECT_TRUE(crowd->progresses(enough() / 20));
  EXPECT_TRUE(eventually([&] { return counted("server_timedout") > 0; }));
  EXPECT_TRUE(crowd->progresses(enough() / 40));
  Tally tally = ends_well(*crowd);
  EXPECT_GT(tally.failed, 0U);
  EXPECT_EQ(1U, tally.errors.size()) << tally.text();
  EXPECT_THAT(tally.errors.begin()->first, HasSubstr("Connection timed out"));
  EXPECT_THAT(proxy_->log(), HasSubstr("warn   pool alpha: server s0: Connection timed out\n"));
  EXPECT_TRUE(settled());
}

TELL_OF_FAULTS(FaultyNetwork);

}  // namespace
}  // namespace weir::test
