#include "core/app/server_watch.h"

#include <gtest/gtest.h>

namespace weir::app {
namespace {

constexpr uint64_t kNow = 1'000'000;
constexpr ServerWatch::Rules kWithoutProbes{.probes = false, .rise = 0, .fall = 0, .retry_us = 500, .slow_start_us = 0};
constexpr ServerWatch::Rules kWithProbes{.probes = true, .rise = 2, .fall = 3, .retry_us = 500, .slow_start_us = 0};

TEST(ServerWatch, BeginsUp) {
  ServerWatch watch(kWithProbes);
  EXPECT_TRUE(watch.up());
  EXPECT_TRUE(watch.standing().up);
  EXPECT_EQ(watch.next_us(), 0U);
  EXPECT_FALSE(watch.time_passed(kNow));
}

TEST(ServerWatch, AServerThatTrippedIsTriedAgainWhenItsTimeHasCome) {
  ServerWatch watch(kWithoutProbes);
  EXPECT_TRUE(watch.tripped(kNow));
  EXPECT_FALSE(watch.standing().up);
  EXPECT_EQ(watch.next_us(), kNow + 500);
  EXPECT_FALSE(watch.time_passed(kNow + 499));
  EXPECT_TRUE(watch.time_passed(kNow + 500));
  EXPECT_TRUE(watch.up());
  EXPECT_EQ(watch.next_us(), 0U);
}

TEST(ServerWatch, TrippingTwiceIsTrippingOnceAndDoesNotPutOffTheReturn) {
  ServerWatch watch(kWithoutProbes);
  EXPECT_TRUE(watch.tripped(kNow));
  EXPECT_FALSE(watch.tripped(kNow + 400));
  EXPECT_TRUE(watch.time_passed(kNow + 500));
}

TEST(ServerWatch, ItTakesAsManyBadProbesInARowAsFallSays) {
  ServerWatch watch(kWithProbes);
  EXPECT_FALSE(watch.probed(false, kNow));
  EXPECT_FALSE(watch.probed(false, kNow));
  EXPECT_FALSE(watch.probed(true, kNow)) << "these were all in a row";
  EXPECT_FALSE(watch.probed(false, kNow));
  EXPECT_FALSE(watch.probed(false, kNow));
  EXPECT_EQ(watch.contrary(), 2U);
  EXPECT_TRUE(watch.up());
  EXPECT_TRUE(watch.probed(false, kNow));
  EXPECT_FALSE(watch.up());
}

TEST(ServerWatch, ItTakesAsManyGoodProbesInARowAsRiseSays) {
  ServerWatch watch(kWithProbes);
  watch.tripped(kNow);
  EXPECT_FALSE(watch.probed(true, kNow));
  EXPECT_FALSE(watch.probed(false, kNow));
  EXPECT_FALSE(watch.probed(true, kNow));
  EXPECT_FALSE(watch.up());
  EXPECT_TRUE(watch.probed(true, kNow));
  EXPECT_TRUE(watch.up());
}

TEST(ServerWatch, WithProbesTimeAloneBringsNobodyBack) {
  ServerWatch watch(kWithProbes);
  watch.tripped(kNow);
  EXPECT_EQ(watch.next_us(), 0U);
  EXPECT_FALSE(watch.time_passed(kNow + 1'000'000'000));
  EXPECT_FALSE(watch.up());
}

TEST(ServerWatch, GoodProbesBeforeItTrippedDoNotCount) {
  ServerWatch watch(kWithProbes);
  for (int i = 0; i < 5; ++i) watch.probed(true, kNow);
  watch.tripped(kNow);
  EXPECT_FALSE(watch.probed(true, kNow));
  EXPECT_FALSE(watch.up());
}

TEST(ServerWatch, StandsAsTheOneBeforeItDidUnderItsOwnRules) {
  ServerWatch before(kWithoutProbes);
  EXPECT_TRUE(before.tripped(kNow));
  ServerWatch watch(kWithoutProbes), probed(kWithProbes), well(kWithoutProbes);
  watch.take_over(before, kNow + 400);
  EXPECT_FALSE(watch.up());
  EXPECT_EQ(watch.next_us(), kNow + 500) << "the reload does not put off its return";
  probed.take_over(before, kNow + 400);
  EXPECT_FALSE(probed.up());
  EXPECT_FALSE(probed.time_passed(kNow + 1000));
  well.take_over(ServerWatch(kWithoutProbes), kNow);
  EXPECT_TRUE(well.up());
}

TEST(ServerWatch, WarmsUpForTheSlowStart) {
  ServerWatch::Rules rules = kWithoutProbes;
  rules.slow_start_us = 3000;
  ServerWatch watch(rules);
  EXPECT_EQ(watch.standing().back_since_us, 0U) << "it never was away";
  watch.tripped(kNow);
  EXPECT_TRUE(watch.time_passed(kNow + 500));
  EXPECT_TRUE(watch.warms());
  EXPECT_EQ(watch.standing().back_since_us, kNow + 500);
  EXPECT_EQ(watch.next_us(), kNow + 3500);
  EXPECT_FALSE(watch.time_passed(kNow + 3499));
  EXPECT_TRUE(watch.time_passed(kNow + 3500));
  EXPECT_FALSE(watch.warms());
  EXPECT_EQ(watch.standing().back_since_us, 0U);
  EXPECT_EQ(watch.next_us(), 0U);
}

TEST(ServerWatch, MayGoDownWhileItWarmsUp) {
  ServerWatch::Rules rules = kWithProbes;
  rules.slow_start_us = 3000;
  ServerWatch watch(rules);
  watch.tripped(kNow);
  watch.probed(true, kNow);
  watch.probed(true, kNow);
  ASSERT_TRUE(watch.warms());
  EXPECT_TRUE(watch.tripped(kNow + 100));
  EXPECT_FALSE(watch.standing().up);
  EXPECT_FALSE(watch.time_passed(kNow + 3000)) << "a warm-up that was broken off has no end";
}

}  // namespace
}  // namespace weir::app
