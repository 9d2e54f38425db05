// weir.stats/1: the counters of one instance. Owned by its Host. Names are given by the control thread while create()
// runs; afterwards every worker writes its own cells and anybody may read the sums.
#pragma once

#include <weir/host.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace weir::plugin {

struct PluginStat {
  uint32_t kind = WEIR_S_COUNTER;  // WEIR_S_*
  std::string name, help;
  uint64_t value = 0;  // the sum over all workers
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
  std::vector<PluginStat> sums() const;  // [any]

 private:
  static constexpr size_t kLineCells = 8;  // two workers never share a cache line
  struct alignas(64) Line {
    uint64_t cells[kLineCells];
  };
  size_t lines_per_worker() const { return (defined_.size() + kLineCells - 1) / kLineCells; }

  const uint32_t workers_;
  bool closed_ = false;
  std::vector<PluginStat> defined_;  // value unused
  std::unique_ptr<Line[]> lines_;
  // Where a plugin writes that asks for the cells of a worker that is none.
  std::unique_ptr<Line[]> nowhere_;
};

}  // namespace weir::plugin
