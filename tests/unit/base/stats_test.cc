#include "core/base/stats.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

size_t metric(std::string_view name) {
  for (size_t i = 0; i < kServerMetricCount; ++i) {
    if (kServerMetrics[i].name == name) return i;
  }
  ADD_FAILURE() << name;
  return 0;
}

TEST(StatsBook, AddsUpAllWriters) {
  StatsBook book(3);
  auto of = [&](size_t w) { return book.counters(w, "alpha", {"a", "b"}); };
  for (size_t w = 0; w < 3; ++w) {
    of(w).servers[1]->requests.add(w + 1);
    book.page(w).total_connections.add();
  }
  EXPECT_EQ(book.server(0, 1, metric("requests")), 6u);
  EXPECT_EQ(book.server(0, 0, metric("requests")), 0u);
  EXPECT_EQ(book.total_connections(), 3u);
}

TEST(StatsBook, OfTimestampsTheLatestCounts) {
  StatsBook book(2);
  auto of = [&](size_t w) { return book.counters(w, "alpha", {"a"}); };
  of(0).servers[0]->server_ejected_at.set(500);
  of(1).servers[0]->server_ejected_at.set(400);
  EXPECT_EQ(book.server(0, 0, metric("server_ejected_at")), 500u);
}

TEST(StatsBook, AGaugeMayFallInOneWriterAndRiseInAnother) {
  StatsBook book(2);
  auto of = [&](size_t w) { return book.counters(w, "alpha", {"a"}); };
  of(0).servers[0]->in_queue.add(5);
  of(1).servers[0]->in_queue.sub(2);
  EXPECT_EQ(book.server(0, 0, metric("in_queue")), 3u);
}

TEST(StatsBook, NamesKeepTheirCellsWhateverTheConfigurationSays) {
  StatsBook book(1);
  book.counters(0, "alpha", {"a", "b"}).servers[1]->requests.add(7);
  PoolCounters later = book.counters(0, "alpha", {"c", "b"});
  EXPECT_EQ(later.servers[1]->requests.get(), 7u);
  EXPECT_EQ(later.servers[0]->requests.get(), 0u);
  EXPECT_NE(book.pool_place("beta"), book.pool_place("alpha"));
  EXPECT_EQ(book.server(book.pool_place("alpha"), book.server_place(0, "b"), metric("requests")), 7u);
}

TEST(Metrics, AreNamedLikeTheirCells) {
  StatsBook book(1);
  PoolCounters of = book.counters(0, "alpha", {"a"});
  of.pool->client_eof.add(1);
  of.pool->fragments.add(6);
  of.servers[0]->server_eof.add(1);
  of.servers[0]->out_queue_bytes.add(13);
  EXPECT_EQ(kPoolMetrics[0].name, "client_eof");
  EXPECT_EQ(book.pool(0, 0), 1u);
  EXPECT_EQ(kPoolMetrics[kTwemproxysPoolMetrics - 1].name, "fragments");
  EXPECT_EQ(kServerMetrics[kTwemproxysServerMetrics - 1].name, "out_queue_bytes");
  EXPECT_EQ(book.pool(0, kTwemproxysPoolMetrics - 1), 6u);
  EXPECT_EQ(book.server(0, 0, metric("server_eof")), 1u);
  EXPECT_EQ(book.server(0, 0, metric("out_queue_bytes")), 13u);
}

}  // namespace
}  // namespace weir
