#include "core/net/mailbox.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace weir::net {
namespace {

void turn(Loop &loop, int64_t timeout_us) {
  loop.wait(timeout_us);
  loop.serve();
}

TEST(Mailbox, EverythingThatThreadsPostIsDoneOnceAndInTheirOrder) {
  Mailbox box;
  Loop loop;
  ASSERT_TRUE(loop.add(box.fd(), &box, Loop::kRead));
  constexpr int kThreads = 4, kEach = 2000;
  std::vector<int> next(kThreads, 0);
  int done = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&box, &next, &done, t] {
      for (int i = 0; i < kEach; ++i) {
        box.post([&next, &done, t, i] {
          EXPECT_EQ(next[static_cast<size_t>(t)]++, i);
          ++done;
        });
      }
    });
  }
  for (int turns = 0; done < kThreads * kEach && turns < 1'000'000; ++turns) turn(loop, 1'000'000);
  for (std::thread &thread : threads) thread.join();
  turn(loop, 0);
  EXPECT_EQ(done, kThreads * kEach);
  loop.remove(box.fd(), &box);
}

TEST(Mailbox, WhatIsPostedWhileItWorksIsDoneInAnotherTurn) {
  Mailbox box;
  Loop loop;
  ASSERT_TRUE(loop.add(box.fd(), &box, Loop::kRead));
  int first = 0, second = 0;
  box.post([&] {
    ++first;
    box.post([&] { ++second; });
  });
  turn(loop, 0);
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 0);
  turn(loop, 0);
  EXPECT_EQ(second, 1);
  turn(loop, 0);
  EXPECT_EQ(first + second, 2);
  loop.remove(box.fd(), &box);
}

}  // namespace
}  // namespace weir::net
