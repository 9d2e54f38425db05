#include "core/app/signals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace weir::app {
namespace {

class SignalsTest : public testing::Test {
 protected:
  // Runs the loop until a handler has spoken. Signals arrive in the order in which they are raised.
  void raise_and_run(int number) {
    size_t before = said_.size();
    std::raise(number);
    while (said_.size() == before) control_.run_one();
  }
  boost::asio::io_context control_;
  std::string said_;
  Signals signals_{control_,
                   {.stop = [this] { said_ += "stop "; },
                    .stop_now = [this] { said_ += "now "; },
                    .change_level = [this](int by) { said_ += std::to_string(by) + " "; },
                    .reopen_log = [this] { said_ += "reopen "; },
                    .reload = [this] { said_ += "reload "; },
                    .upgrade = [this] { said_ += "upgrade "; }}};
};

TEST_F(SignalsTest, TheSecondRequestToStopMeansNow) {
  raise_and_run(SIGTERM);
  raise_and_run(SIGTERM);
  EXPECT_EQ(said_, "stop now ");
}

TEST_F(SignalsTest, Usr1ReloadsAndUsr2Upgrades) {
  raise_and_run(SIGUSR1);
  raise_and_run(SIGUSR2);
  EXPECT_EQ(said_, "reload upgrade ");
}

TEST_F(SignalsTest, AnInterruptAfterATermMeansNowToo) {
  raise_and_run(SIGINT);
  raise_and_run(SIGTERM);
  EXPECT_EQ(said_, "stop now ");
}

TEST_F(SignalsTest, TheLogFollowsTtinTtouAndHup) {
  raise_and_run(SIGTTIN);
  raise_and_run(SIGTTOU);
  raise_and_run(SIGHUP);
  EXPECT_EQ(said_, "1 -1 reopen ");
}

TEST_F(SignalsTest, BrokenPipesAreSurvived) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  EXPECT_EQ(errno, EPIPE);
  close(ends[1]);
}

TEST(Signals, ThatComeWhileTheProcessStartsAreNotLost) {
  Signals::hold();
  std::raise(SIGUSR2);
  boost::asio::io_context control;
  bool asked = false;
  Signals signals(control, {.stop = [] {},
                            .stop_now = [] {},
                            .change_level = [](int) {},
                            .reopen_log = [] {},
                            .reload = [] {},
                            .upgrade = [&asked] { asked = true; }});
  while (!asked) control.run_one();
}

TEST_F(SignalsTest, CancelLetsTheLoopEnd) {
  signals_.cancel();
  control_.run();
  EXPECT_TRUE(control_.stopped());
}

}  // namespace
}  // namespace weir::app
