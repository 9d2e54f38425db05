#include "core/base/plugin_numbers.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

using Kind = PluginNumber::Kind;

std::vector<PluginNumbers> numbers(uint64_t hits, uint64_t level, uint64_t observed) {
  Histogram one;
  one.add(observed);
  auto spread = std::make_shared<HistogramSum>();
  spread->add(one);
  return {
      {"lua", {{"hits", Kind::counter, hits}, {"level", Kind::gauge, level}, {"size", Kind::histogram, 0, spread}}}};
}

TEST(PluginPast, CountersAndHistogramsGoOnAndGaugesStartAnew) {
  PluginPast past;
  past.keep("alpha", numbers(5, 70, 100));
  past.keep("alpha", numbers(6, 80, 200));
  auto now = numbers(1, 3, 50);
  past.add_to("alpha", now);
  EXPECT_EQ(now[0].numbers[0].value, 12u);
  EXPECT_EQ(now[0].numbers[1].value, 3u);
  EXPECT_EQ(now[0].numbers[2].spread->count(), 3u);
  EXPECT_EQ(now[0].numbers[2].spread->sum(), 350u);
  auto again = numbers(1, 3, 50);
  past.add_to("alpha", again);
  EXPECT_EQ(again[0].numbers[0].value, 12u) << "looking at it changes nothing";
}

TEST(PluginPast, IsThatOfTheSamePoolComponentNameAndKind) {
  PluginPast past;
  past.keep("alpha", numbers(5, 70, 100));
  auto other_pool = numbers(1, 3, 50);
  past.add_to("beta", other_pool);
  EXPECT_EQ(other_pool[0].numbers[0].value, 1u);
  std::vector<PluginNumbers> second = {{"lua#2", {{"hits", Kind::counter, 1}}}};
  past.add_to("alpha", second);
  EXPECT_EQ(second[0].numbers[0].value, 1u);
  std::vector<PluginNumbers> other_kind = {{"lua", {{"hits", Kind::gauge, 1}, {"size", Kind::counter, 2}}}};
  past.add_to("alpha", other_kind);
  EXPECT_EQ(other_kind[0].numbers[0].value, 1u);
  EXPECT_EQ(other_kind[0].numbers[1].value, 2u);
}

TEST(PluginNumbers, OfAPoolThatStillHasClientsAreAdded) {
  auto now = numbers(1, 3, 50);
  add_numbers(now, numbers(10, 30, 70));
  EXPECT_EQ(now[0].numbers[0].value, 11u);
  EXPECT_EQ(now[0].numbers[1].value, 3u);
  EXPECT_EQ(now[0].numbers[2].spread->max(), 70u);
}

}  // namespace
}  // namespace weir
