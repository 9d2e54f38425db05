#include "core/net/loop.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>

namespace weir::net {
namespace {

void turn(Loop &loop, int64_t timeout_us) {
  loop.wait(timeout_us);
  loop.serve();
}

struct Recorder : Handler {
  void on_readable() override {
    ++reads;
    if (then) then();
  }
  void on_writable() override { ++writes; }
  int reads = 0, writes = 0;
  std::function<void()> then;
};

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0); }
  ~Pair() {
    for (int i : fd) {
      if (i >= 0) ::close(i);
    }
  }
  void hang_up() {
    ::close(fd[1]);
    fd[1] = -1;
  }
  int fd[2] = {-1, -1};
};

TEST(Loop, TellsWhatWasAskedForAndNothingElse) {
  Loop loop;
  Pair pair;
  Recorder seen;
  ASSERT_TRUE(loop.add(pair.fd[0], &seen, Loop::kRead));
  turn(loop, 0);
  EXPECT_EQ(seen.reads + seen.writes, 0);
  ASSERT_EQ(::write(pair.fd[1], "x", 1), 1);
  turn(loop, 0);
  turn(loop, 0);
  EXPECT_EQ(seen.reads, 2) << "level-triggered";
  EXPECT_EQ(seen.writes, 0);
  loop.change(pair.fd[0], &seen, Loop::kWrite);
  turn(loop, 0);
  EXPECT_EQ(seen.reads, 2);
  EXPECT_EQ(seen.writes, 1);
  loop.change(pair.fd[0], &seen, 0);
  turn(loop, 0);
  EXPECT_EQ(seen.reads + seen.writes, 3);
  loop.remove(pair.fd[0], &seen);
}

TEST(Loop, AHangUpIsToldWhateverWasAskedFor) {
  Loop loop;
  Pair pair;
  Recorder seen;
  ASSERT_TRUE(loop.add(pair.fd[0], &seen, 0));
  pair.hang_up();
  turn(loop, 0);
  EXPECT_EQ(seen.reads, 1);
  EXPECT_EQ(seen.writes, 1);
  loop.remove(pair.fd[0], &seen);
}

TEST(Loop, NoEventOfTheTurnReachesAHandlerThatWasRemovedInIt) {
  Loop loop;
  Pair pairs[3];
  Recorder seen[3];
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(loop.add(pairs[i].fd[0], &seen[i], Loop::kRead | Loop::kWrite));
    ASSERT_EQ(::write(pairs[i].fd[1], "x", 1), 1);
    seen[i].then = [&, i] {
      for (int other = 0; other < 3; ++other) {
        if (other != i) loop.remove(pairs[other].fd[0], &seen[other]);
      }
    };
  }
  turn(loop, 0);
  EXPECT_EQ(seen[0].reads + seen[1].reads + seen[2].reads, 1) << "whoever came first removed the others";
  turn(loop, 0);
  EXPECT_EQ(seen[0].reads + seen[1].reads + seen[2].reads, 2);
}

TEST(Loop, AHandlerThatRemovesItselfWhileWritingIsNotToldToRead) {
  struct Leaves : Recorder {
    void on_writable() override {
      ++writes;
      loop->remove(fd, this);
    }
    Loop *loop = nullptr;
    int fd = -1;
  };
  Loop loop;
  Pair pair;
  Leaves leaves;
  leaves.loop = &loop;
  leaves.fd = pair.fd[0];
  ASSERT_TRUE(loop.add(pair.fd[0], &leaves, Loop::kRead | Loop::kWrite));
  pair.hang_up();
  turn(loop, 0);
  EXPECT_EQ(leaves.writes, 1);
  EXPECT_EQ(leaves.reads, 0);
}

TEST(Loop, ADescriptorThatCannotBeWatchedIsRefused) {
  Loop loop;
  Recorder seen;
  EXPECT_FALSE(loop.add(-1, &seen, Loop::kRead));
}

}  // namespace
}  // namespace weir::net
