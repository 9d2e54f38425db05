// weir.stats/1: the counters and histograms of one instance. Owned by its Host. Names are given by the control thread
// while create() runs; afterwards every worker writes its own cells and anybody may read the sums.
#pragma once

#include <weir/host.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/base/histogram.h"

namespace weir::plugin {

struct PluginStat {
  uint32_t kind = WEIR_S_COUNTER;  // WEIR_S_*
  std::string name, help;
  uint64_t value = 0;                              // the sum over all workers
  std::shared_ptr<HistogramSum> spread = nullptr;  // of a histogram, likewise
};

class StatsView {
 public:
  static constexpr uint32_t kMaxStats = 256;

  explicit StatsView(uint32_t workers) : workers_(workers) {}
  StatsView(const StatsView &) = delete;
  StatsView &operator=(const StatsView &) = delete;

  static const weir_stats *table();

  uint32_t define(uint32_t kind, const char *name, const char *help);  // UINT32_MAX = refused
  // create() has returned: no more names, from now on there are cells.
  void close();
  uint64_t *cells(uint32_t worker_id);
  void observe(uint32_t worker_id, uint32_t handle, uint64_t value);
  std::vector<PluginStat> sums() const;  // [any]

 private:
  static constexpr size_t kLineCells = 8;  // two workers never share a cache line
  struct alignas(64) Line {
    uint64_t cells[kLineCells];
  };
  size_t lines_per_worker() const { return (defined_.size() + kLineCells - 1) / kLineCells; }

  const uint32_t workers_;
  bool closed_ = false;
  std::vector<PluginStat> defined_;     // value and spread unused
  std::vector<uint32_t> histogram_of_;  // by handle: its place among the histograms; kNone for others
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t histograms_ = 0;
  std::unique_ptr<Histogram[]> spreads_;  // of worker 0, then of worker 1 ...
  std::unique_ptr<Line[]> lines_;
  // Where a plugin writes that asks for the cells of a worker that is none.
  std::unique_ptr<Line[]> nowhere_;
};

}  // namespace weir::plugin
