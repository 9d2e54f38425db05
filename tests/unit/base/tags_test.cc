#include "core/base/tags.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace weir {
namespace {

TEST(Tags, OfAllWorkersAreSummedByName) {
  StatsBook book(2);
  for (size_t worker = 0; worker < 2; ++worker) {
    TagCells &cells = book.counters(worker, "alpha", {}).tags->cells("tenant-a");
    cells.requests.add(worker + 1);
    cells.errors.add();
    cells.latency_us.add(100 * (worker + 1));
  }
  book.counters(0, "alpha", {}).tags->cells("tenant-b").requests.add();
  auto tags = book.tags(book.pool_place("alpha"));
  ASSERT_EQ(tags.size(), 2u);
  EXPECT_EQ(tags["tenant-a"].requests, 3u);
  EXPECT_EQ(tags["tenant-a"].errors, 2u);
  EXPECT_EQ(tags["tenant-a"].latency_us.max(), 200u);
  EXPECT_EQ(tags["tenant-b"].requests, 1u);
  EXPECT_TRUE(book.tags(book.pool_place("beta")).empty());
}

TEST(Tags, ATagFindsItsCellsAgain) {
  TagTable table;
  TagCells &first = table.cells("a");
  EXPECT_NE(&table.cells("b"), &first);
  EXPECT_EQ(&table.cells("a"), &first);
  EXPECT_EQ(&table.cells(""), &table.cells(""));
}

TEST(Tags, ThoseTooManyAndTooLongShareOnePlace) {
  TagTable table;
  TagCells *last = nullptr;
  for (size_t i = 0; i < TagTable::kMost; ++i) {
    last = &table.cells("tag-" + std::to_string(i));
    EXPECT_EQ(last->name, "tag-" + std::to_string(i));
  }
  EXPECT_EQ(table.cells("one-more").name, TagTable::kOther);
  EXPECT_EQ(&table.cells("and-another"), &table.cells("one-more"));
  EXPECT_EQ(&table.cells("(other)"), &table.cells("one-more"));
  EXPECT_EQ(&table.cells("tag-255"), last);
  TagTable fresh;
  EXPECT_EQ(fresh.cells(std::string(65, 'x')).name, TagTable::kOther);
  EXPECT_EQ(fresh.cells(std::string(64, 'x')).name, std::string(64, 'x'));
}

TEST(Tags, AreReadWhileTheyAreWritten) {
  TagTable table;
  std::atomic<bool> done{false};
  std::thread worker([&] {
    for (int i = 0; i < 20'000; ++i) table.cells("tag-" + std::to_string(i % 300)).requests.add();
    done = true;
  });
  uint64_t before = 0;
  bool last = false;
  do {
    last = done;
    uint64_t seen = 0;
    table.each([&](const TagCells &cells) { seen += cells.requests.get(); });
    EXPECT_GE(seen, before);
    before = seen;
  } while (!last);
  worker.join();
  EXPECT_EQ(before, 20'000u);
}

}  // namespace
}  // namespace weir
