// Which parts were sent, as bytes are written, and what stays when a connection is replaced.
#include "core/upstream/expectation_queue.h"

#include <gtest/gtest.h>

namespace weir::upstream {
namespace {

struct ExpectationQueueTest : ::testing::Test {
  ServerCells cells;
  ExpectationQueue queue{cells};
  Part sent, unsent;
};

TEST_F(ExpectationQueueTest, WhatWasNotWrittenStaysWithTheBytesThatGoAheadOfIt) {
  queue.push(&sent, 10, 0);
  queue.wrote(10);
  queue.push(nullptr, 5, 0);  // asks for no reply
  queue.push(&unsent, 7, 0);
  EXPECT_TRUE(queue.sent_is_awaited());
  sent.abandoned = true;
  EXPECT_FALSE(queue.sent_is_awaited());
  EXPECT_EQ(queue.take_written(), &sent);
  EXPECT_EQ(sent.next_expected, nullptr);
  EXPECT_EQ(queue.head(), &unsent);
  queue.wrote(5);
  EXPECT_TRUE(queue.head_is_unsent());
  queue.wrote(1);
  EXPECT_FALSE(queue.head_is_unsent());
  queue.publish();
  EXPECT_EQ(cells.out_queue.get(), 1U);
  EXPECT_EQ(cells.in_queue.get(), 0U);
  queue.pop();
  EXPECT_TRUE(queue.empty());
}

TEST_F(ExpectationQueueTest, WhenAllWasWrittenNothingStays) {
  queue.push(&sent, 10, 0);
  queue.wrote(10);
  EXPECT_EQ(queue.take_written(), &sent);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.take_written(), nullptr);
  queue.push(&unsent, 1, 0);
  EXPECT_TRUE(queue.head_is_unsent());
}

}  // namespace
}  // namespace weir::upstream
