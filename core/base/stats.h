// Counters: declared once in the tables below, counted in cells that one worker writes and the control thread sums.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

class TagTable;  // core/base/tags.h
struct TagSum;

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
  X(failed_over, counter, "# requests sent to the failover pool")        \
  X(mirrored, counter, "# copies of requests sent to other pools")       \
  X(mirror_dropped, counter, "# copies that would have had to wait")     \
  X(filter_requests, counter, "# requests shown to filters")             \
  X(filter_rekeyed, counter, "# of them that got other keys")            \
  X(filter_rejected, counter, "# of them that a filter rejected")        \
  X(filter_answered, counter, "# of them that a filter answered")        \
  X(filter_dropped, counter, "# clients that a filter closed")           \
  X(filter_errors, counter, "# times a filter failed")

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
  X(probes_failed, counter, "# probes that did not")                                       \
  X(retries, counter, "# requests sent again after a connection was lost")                 \
  X(leases, gauge, "# connections that clients have for themselves")

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

// What one writer (a worker, or the control thread) counts of the process as a whole, on cache lines of its own.
struct alignas(128) StatsPage {
  Cell total_connections;  // opened since start: clients, servers, listeners
  Cell curr_connections;
};

// One writer's cells of a pool, its servers in the order of the configuration they were asked for with.
struct PoolCounters {
  PoolCells *pool = nullptr;
  TagTable *tags = nullptr;
  std::vector<ServerCells *> servers;
};

// The cells of all writers. Pools and servers are known by their names and keep their cells for the life of the
// process, so that counting goes on where it was when a new configuration names them again. Writers write, the control
// thread makes cells and sums them.
class StatsBook {
 public:
  explicit StatsBook(size_t writers);
  ~StatsBook();
  StatsBook(const StatsBook &) = delete;
  StatsBook &operator=(const StatsBook &) = delete;

  StatsPage &page(size_t writer) { return pages_[writer]; }
  // [control] The place of a pool or server; made if there is none.
  size_t pool_place(std::string_view name);
  size_t server_place(size_t pool, std::string_view name);
  // [control] To be handed to the writer.
  PoolCounters counters(size_t writer, std::string_view pool, const std::vector<std::string_view> &servers);
  // [control] By name, of all writers.
  std::map<std::string, TagSum, std::less<>> tags(size_t pool) const;

  uint64_t total_connections() const {
    return fold(MetricKind::counter, pages_, [](const StatsPage &s) { return s.total_connections.get(); });
  }
  uint64_t curr_connections() const {
    return fold(MetricKind::counter, pages_, [](const StatsPage &s) { return s.curr_connections.get(); });
  }
  // By places; metric: index into kPoolMetrics or kServerMetrics. Timestamps are the latest, all others the sum.
  uint64_t pool(size_t pool, size_t metric) const { return sum(kPoolMetrics[metric].kind, pools_[pool].cells, metric); }
  uint64_t server(size_t pool, size_t server, size_t metric) const {
    return sum(kServerMetrics[metric].kind, pools_[pool].servers[server].cells, metric);
  }

 private:
  template <class T>
  struct alignas(128) Own {  // no two writers share a cache line
    T cells;
  };
  struct ServerPlace {
    std::string name;
    std::vector<Own<ServerCells>> cells;  // by writer
  };
  struct PoolPlace {
    std::string name;
    std::vector<Own<PoolCells>> cells;            // by writer
    std::vector<std::unique_ptr<TagTable>> tags;  // by writer
    std::deque<ServerPlace> servers;
  };

  template <class T>
  static size_t place(std::deque<T> &places, std::string_view name, size_t writers);
  template <class Own>
  static uint64_t sum(MetricKind kind, const std::vector<Own> &of, size_t metric) {
    return fold(kind, of,
                [metric](const Own &own) { return reinterpret_cast<const Cell *>(&own.cells)[metric].get(); });
  }
  template <class All, class F>
  static uint64_t fold(MetricKind kind, const All &all, F f) {
    uint64_t total = 0;
    for (const auto &one : all) {
      uint64_t value = f(one);
      total = kind == MetricKind::timestamp ? (value > total ? value : total) : total + value;
    }
    return total;
  }
  std::vector<StatsPage> pages_;
  std::deque<PoolPlace> pools_;  // stable addresses
};

}  // namespace weir
