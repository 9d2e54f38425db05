// Counters: declared once in the tables below, counted in cells that one worker writes and the control thread sums.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace weir {

// One number with one writer: a relaxed load and store, never a read-modify-write.
class Cell {
 public:
  void add(uint64_t n = 1) { value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed); }
  void sub(uint64_t n = 1) { add(~n + 1); }  // gauges
  void set(uint64_t n) { value_.store(n, std::memory_order_relaxed); }
  uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

enum class MetricKind { counter, gauge, timestamp };

// X(name, kind, description); the order is twemproxy's, which its readers rely on. weir's own stand behind.
#define WEIR_POOL_METRICS(X)                                             \
  X(client_eof, counter, "# eof on client connections")                  \
  X(client_err, counter, "# errors on client connections")               \
  X(client_connections, gauge, "# active client connections")            \
  X(server_ejects, counter, "# times a backend server was ejected")      \
  X(forward_error, counter, "# times we encountered a forwarding error") \
  X(fragments, counter, "# fragments created from a multi-key request")  \
  X(refused_down, counter, "# requests refused as their server is down") \
  X(failed_over, counter, "# requests sent to the failover pool")

#define WEIR_SERVER_METRICS(X)                                                             \
  X(server_eof, counter, "# eof on server connections")                                    \
  X(server_err, counter, "# errors on server connections")                                 \
  X(server_timedout, counter, "# timeouts on server connections")                          \
  X(server_connections, gauge, "# active server connections")                              \
  X(server_ejected_at, timestamp, "timestamp when server was ejected in usec since epoch") \
  X(requests, counter, "# requests")                                                       \
  X(request_bytes, counter, "total request bytes")                                         \
  X(responses, counter, "# responses")                                                     \
  X(response_bytes, counter, "total response bytes")                                       \
  X(in_queue, gauge, "# requests in incoming queue")                                       \
  X(in_queue_bytes, gauge, "current request bytes in incoming queue")                      \
  X(out_queue, gauge, "# requests in outgoing queue")                                      \
  X(out_queue_bytes, gauge, "current request bytes in outgoing queue")                     \
  X(server_up, gauge, "1 while the server is used, 0 while it is down")                    \
  X(probes_ok, counter, "# probes that found the server well")                             \
  X(probes_failed, counter, "# probes that did not")

#define WEIR_METRIC_FIELD(name, kind, help) Cell name;
struct PoolCells {
  WEIR_POOL_METRICS(WEIR_METRIC_FIELD)
};
struct ServerCells {
  WEIR_SERVER_METRICS(WEIR_METRIC_FIELD)
};
#undef WEIR_METRIC_FIELD

struct Metric {
  std::string_view name;
  MetricKind kind;
  std::string_view help;
};
#define WEIR_METRIC_ROW(name, kind, help) Metric{#name, MetricKind::kind, help},
inline constexpr Metric kPoolMetrics[] = {WEIR_POOL_METRICS(WEIR_METRIC_ROW)};
inline constexpr Metric kServerMetrics[] = {WEIR_SERVER_METRICS(WEIR_METRIC_ROW)};
#undef WEIR_METRIC_ROW
inline constexpr size_t kPoolMetricCount = sizeof kPoolMetrics / sizeof kPoolMetrics[0];
inline constexpr size_t kServerMetricCount = sizeof kServerMetrics / sizeof kServerMetrics[0];
inline constexpr size_t kTwemproxysPoolMetrics = 6, kTwemproxysServerMetrics = 13;  // the first ones
static_assert(sizeof(PoolCells) == kPoolMetricCount * sizeof(Cell));
static_assert(sizeof(ServerCells) == kServerMetricCount * sizeof(Cell));

// All cells of one writer (a worker, or the control thread), on cache lines of their own.
struct alignas(128) StatsPage {
  Cell total_connections;  // opened since start: clients, servers, listeners
  Cell curr_connections;
  std::vector<PoolCells> pools;
  std::vector<std::vector<ServerCells>> servers;  // [pool][server]
};

// The pages of all writers; made at start with its final shape. Writers write, the control thread sums.
class StatsBook {
 public:
  // servers_of[p] = how many servers pool p has.
  StatsBook(size_t writers, const std::vector<size_t> &servers_of) {
    for (size_t w = 0; w < writers; ++w) {
      auto page = std::make_unique<StatsPage>();
      page->pools = std::vector<PoolCells>(servers_of.size());
      page->servers.resize(servers_of.size());
      for (size_t p = 0; p < servers_of.size(); ++p) page->servers[p] = std::vector<ServerCells>(servers_of[p]);
      pages_.push_back(std::move(page));
    }
  }
  StatsPage &page(size_t writer) { return *pages_[writer]; }

  uint64_t total_connections() const {
    return sum([](const StatsPage &s) { return s.total_connections.get(); });
  }
  uint64_t curr_connections() const {
    return sum([](const StatsPage &s) { return s.curr_connections.get(); });
  }
  // metric: index into kPoolMetrics or kServerMetrics. Timestamps are the latest, all others the sum.
  uint64_t pool(size_t pool, size_t metric) const {
    return fold(kPoolMetrics[metric].kind,
                [&](const StatsPage &s) { return reinterpret_cast<const Cell *>(&s.pools[pool])[metric].get(); });
  }
  uint64_t server(size_t pool, size_t server, size_t metric) const {
    return fold(kServerMetrics[metric].kind, [&](const StatsPage &s) {
      return reinterpret_cast<const Cell *>(&s.servers[pool][server])[metric].get();
    });
  }

 private:
  template <class F>
  uint64_t sum(F f) const {
    return fold(MetricKind::counter, f);
  }
  template <class F>
  uint64_t fold(MetricKind kind, F f) const {
    uint64_t total = 0;
    for (const auto &page : pages_) {
      uint64_t value = f(*page);
      total = kind == MetricKind::timestamp ? (value > total ? value : total) : total + value;
    }
    return total;
  }
  std::vector<std::unique_ptr<StatsPage>> pages_;
};

}  // namespace weir
