#include "core/base/timers.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace weir {
namespace {

class TimersTest : public testing::Test {
 protected:
  uint64_t add(uint64_t after_us, uint64_t every_us, std::function<void()> what, const void *owner = nullptr) {
    calls_.push_back(std::make_unique<std::function<void()>>(std::move(what)));
    auto call = [](void *ud) { (*static_cast<std::function<void()> *>(ud))(); };
    return timers_.add(owner == nullptr ? this : owner, after_us, every_us, call, calls_.back().get());
  }
  void at(uint64_t now_us) {
    now_us_ = now_us;
    timers_.run();
  }

  uint64_t now_us_ = 1'000'000;
  Timers timers_{now_us_};
  std::vector<std::unique_ptr<std::function<void()>>> calls_;
  int called_ = 0;
};

TEST_F(TimersTest, AreCalledWhenTheyAreDueAndNotBefore) {
  std::string order;
  add(30'000, 0, [&] { order += "c"; });
  add(10'000, 0, [&] { order += "a"; });
  add(20'000, 0, [&] { order += "b"; });
  EXPECT_EQ(timers_.next_us(), 1'010'000u);
  at(1'009'999);
  EXPECT_EQ(order, "");
  at(1'020'000);
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(timers_.next_us(), 1'030'000u);
  at(2'000'000);
  EXPECT_EQ(order, "abc");
  EXPECT_EQ(timers_.next_us(), 0u);
  EXPECT_EQ(timers_.count(), 0u);
}

TEST_F(TimersTest, ThatRepeatAreCalledOnceForRoundsThatWereMissed) {
  add(5'000, 10'000, [&] { ++called_; });
  at(1'005'000);
  EXPECT_EQ(called_, 1);
  EXPECT_EQ(timers_.next_us(), 1'015'000u) << "it does not drift";
  at(1'500'000);
  EXPECT_EQ(called_, 2);
  EXPECT_EQ(timers_.next_us(), 1'510'000u);
}

TEST_F(TimersTest, AreNeverCloserThanAMillisecond) {
  add(0, 1, [&] { ++called_; });
  EXPECT_EQ(timers_.next_us(), 1'001'000u);
  at(1'001'000);
  EXPECT_EQ(timers_.next_us(), 1'002'000u);
  add(UINT64_MAX, UINT64_MAX, [&] { ++called_; });
  at(1'001'500);
  EXPECT_EQ(called_, 1);
}

TEST_F(TimersTest, MaySetAndCancelOthersAndThemselves) {
  uint64_t self = 0, other = 0;
  self = add(1'000, 1'000, [&] {
    ++called_;
    timers_.cancel(this, self);
    timers_.cancel(this, other);
    add(0, 0, [&] { called_ += 100; });
  });
  other = add(1'000, 0, [&] { called_ += 10; });
  at(1'050'000);
  EXPECT_EQ(called_, 1) << "what is set meanwhile waits for its time";
  at(1'060'000);
  EXPECT_EQ(called_, 101);
  EXPECT_EQ(timers_.count(), 0u);
}

TEST_F(TimersTest, AreCancelledByTheirOwnerOnly) {
  int stranger = 0;
  uint64_t id = add(1'000, 0, [&] { ++called_; });
  timers_.cancel(&stranger, id);
  timers_.cancel(this, 0);
  timers_.cancel(this, UINT64_MAX);
  EXPECT_EQ(timers_.count(), 1u);
  timers_.cancel(this, id);
  uint64_t next = add(1'000, 0, [&] { called_ += 10; });
  timers_.cancel(this, id);  // its place has another one now
  EXPECT_NE(next, id);
  at(2'000'000);
  EXPECT_EQ(called_, 10);
}

TEST_F(TimersTest, OfAnOwnerAreBoundedAndEndTogether) {
  int other = 0;
  for (uint32_t i = 0; i < Timers::kMostOfOne; ++i) EXPECT_NE(add(1'000, 1'000, [&] { ++called_; }), 0u);
  EXPECT_EQ(add(1'000, 0, [] {}), 0u);
  EXPECT_NE(add(
                2'000, 0, [&] { called_ = 1; }, &other),
            0u)
      << "others have their own";
  timers_.cancel_all(this);
  EXPECT_EQ(timers_.count(), 1u);
  EXPECT_EQ(timers_.next_us(), 1'002'000u);
  at(1'002'000);
  EXPECT_EQ(called_, 1);
}

TEST_F(TimersTest, SetAndCancelledWithoutEndTakeNoMemoryAndKeepTheirOrder) {
  std::mt19937 random(3);
  std::vector<uint64_t> ids;
  uint64_t last = 0;
  for (int i = 0; i < 20'000; ++i) {
    uint64_t due = now_us_ + 1'000 + random() % 100'000;
    ids.push_back(add(due - now_us_, 0, [&, due] {
      EXPECT_GE(now_us_, due);
      ++called_;
      last = due;
    }));
    if (ids.size() > 500) {
      timers_.cancel(this, ids[random() % ids.size()]);
      ids.erase(ids.begin());
    }
    if (timers_.count() > 900) at(now_us_ + 50'000);
    ASSERT_TRUE(timers_.next_us() == 0 || timers_.next_us() > now_us_);
  }
  EXPECT_GT(called_, 1'000);
}

}  // namespace
}  // namespace weir
