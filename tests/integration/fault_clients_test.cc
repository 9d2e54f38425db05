// Clients that storm, vanish, trickle and never read, among others that are served as if they were alone.
#include "tests/integration/faults.h"

namespace weir::test {
namespace {

class FaultyClients : public Faults {
 protected:
  using Leaves = Habit::Leaves;
  using Pace = Habit::Pace;
  FaultyClients() { request_timeout_ = patience() * 6; }
  // These beside well-behaved ones, until so many answers have come to the latter.
  void among_others(std::vector<Habit> bad, uint64_t answers = enough()) {
    start();
    auto others = load(Judge::strict);
    auto crowd = load(Judge::strict, std::move(bad));
    EXPECT_TRUE(others->progresses(answers, patience() * 3));
    EXPECT_TRUE(eventually([&] { return crowd->answered() >= 20; }));
    tally_ = ends_well(*crowd);
    Tally tally = ends_well(*others);
    EXPECT_EQ(0U, tally.failed + tally.closes_by_weir) << tally.text();
    EXPECT_TRUE(settled());
    EXPECT_EQ(counted("requests"), counted("responses"));  // what nobody waits for any more is swallowed
  }
  Tally tally_;
};

TEST_P(FaultyClients, ThatCloseWithRepliesUnderWay) {
  among_others(
      {{.name = "c", .clients = 30, .burst = 20, .keys = 6, .value = 2'000, .leaves = Leaves::at_once, .rounds = 2}});
  EXPECT_GT(tally_.given_up, 0U);
}

TEST_P(FaultyClients, ThatVanishInTheMidstOfARequest) {
  among_others({{.name = "v", .clients = 30, .burst = 10, .keys = 6, .leaves = Leaves::vanishes, .rounds = 2}});
  EXPECT_GT(tally_.given_up, 0U);
}

TEST_P(FaultyClients, ThatHalfCloseHearEverything) {
  among_others(
      {{.name = "h", .clients = 20, .burst = 20, .keys = 6, .value = 2'000, .leaves = Leaves::halfway, .rounds = 2}});
  EXPECT_EQ(0U, tally_.closed_on) << tally_.text();
}

TEST_P(FaultyClients, ThatTrickleTheirRequests) {
  among_others({{.name = "t", .clients = 20, .burst = 3, .keys = 4, .value = 20, .pace = Pace::trickles}});
}

TEST_P(FaultyClients, ThatNeverRead) {
  start();
  auto others = load(Judge::strict);
  auto deaf = load(Judge::lenient,
                   {{.name = "d", .clients = 8, .burst = 400, .keys = 8, .value = 100'000, .pace = Pace::reads_never}});
  EXPECT_TRUE(others->progresses(enough(), patience() * 3));
  deaf->stop();
  Tally tally = ends_well(*others);
  EXPECT_EQ(0U, tally.failed + tally.closes_by_weir) << tally.text();
  EXPECT_TRUE(settled());
}

TEST_P(FaultyClients, ThatComeAndGoInAStorm) {
  const size_t storm = slow_build() ? 300 : 1'500;
  start();
  auto others = load(Judge::strict);
  auto polite = load(Judge::strict, {{.name = "s", .clients = storm, .leaves = Leaves::politely, .rounds = 1}});
  auto rude = load(Judge::strict, {{.name = "r", .clients = storm, .leaves = Leaves::at_once, .rounds = 1}});
  EXPECT_TRUE(polite->progresses(storm * 4, patience() * 6));
  EXPECT_TRUE(others->progresses(enough() / 8, patience() * 3));
  Tally came = ends_well(*polite), left = ends_well(*rude);
  EXPECT_EQ(0U, came.failed + came.refused + came.closes_by_weir) << came.text();
  EXPECT_EQ(0U, left.failed + left.refused) << left.text();
  EXPECT_GT(came.connects + left.connects, storm * 4);
  Tally tally = ends_well(*others);
  EXPECT_EQ(0U, tally.failed + tally.closes_by_weir) << tally.text();
  EXPECT_TRUE(settled());
  EXPECT_EQ(counted("requests"), counted("responses"));
}

TEST_P(FaultyClients, OfEveryKindWhileServersDie) {
  request_timeout_ = timeout();
  start();
  auto crowd = load(
      Judge::lenient,
      {{.name = "c", .clients = 10, .burst = 20, .keys = 6, .value = 2'000, .leaves = Leaves::at_once, .rounds = 2},
       {.name = "v", .clients = 10, .burst = 10, .keys = 6, .leaves = Leaves::vanishes, .rounds = 2},
       {.name = "h", .clients = 10, .burst = 10, .keys = 6, .leaves = Leaves::halfway, .rounds = 2},
       {.name = "p", .clients = 10, .keys = 6, .leaves = Leaves::politely, .rounds = 3},
       {.name = "t", .clients = 5, .burst = 3, .keys = 4, .value = 20, .pace = Pace::trickles},
       {.name = "l", .clients = 3, .burst = 2, .keys = 3, .value = 200'000, .leaves = Leaves::at_once, .rounds = 3}});
  for (int round = 0; round < rounds(4); ++round) {
    Backend &victim = *servers_[static_cast<size_t>(round) % servers_.size()];
    EXPECT_TRUE(crowd->progresses(enough() / 32));
    round % 2 ? victim.kill() : victim.pause();
    EXPECT_TRUE(crowd->progresses(enough() / 64));
    round % 2 ? victim.start() : victim.resume();
  }
  ends_well(*crowd);
  EXPECT_TRUE(recovered());
}

TELL_OF_FAULTS(FaultyClients);

}  // namespace
}  // namespace weir::test
