#include "core/plugin/host_stats.h"

#include <atomic>
#include <string_view>

#include "core/plugin/host.h"
#include "core/plugin/names.h"

namespace weir::plugin {
namespace {

uint32_t define(const weir_host *host, uint32_t kind, const char *name, const char *help) {
  return Host::of(host).stats().define(kind, name, help);
}

uint64_t *cells(const weir_host *host, uint32_t worker_id) {
  return Host::of(host).stats().cells(worker_id);
}

void observe(const weir_host *host, uint32_t worker_id, uint32_t handle, uint64_t value) {
  Host::of(host).stats().observe(worker_id, handle, value);
}

}  // namespace

const weir_stats *StatsView::table() {
  static const weir_stats the_table = {.struct_size = sizeof(weir_stats),
                                       .reserved = 0,
                                       .define = plugin::define,
                                       .cells = plugin::cells,
                                       .observe = plugin::observe};
  return &the_table;
}

uint32_t StatsView::define(uint32_t kind, const char *name, const char *help) {
  if (closed_ || defined_.size() >= kMaxStats || kind > WEIR_S_HISTOGRAM || !legal_name(name)) return UINT32_MAX;
  for (const PluginStat &s : defined_) {
    if (s.name == name) return UINT32_MAX;
  }
  defined_.push_back({kind, name, help == nullptr ? "" : help});
  histogram_of_.push_back(kind == WEIR_S_HISTOGRAM ? histograms_++ : kNone);
  return static_cast<uint32_t>(defined_.size() - 1);
}

void StatsView::close() {
  closed_ = true;
  nowhere_ = std::make_unique<Line[]>(lines_per_worker());
  lines_ = std::make_unique<Line[]>(lines_per_worker() * workers_);
  if (histograms_ > 0) spreads_ = std::make_unique<Histogram[]>(size_t{histograms_} * workers_);
}

uint64_t *StatsView::cells(uint32_t worker_id) {
  if (!closed_) return nullptr;  // [worker] only: there are no workers yet
  if (lines_per_worker() == 0) return nullptr;
  Line *first = worker_id < workers_ ? &lines_[worker_id * lines_per_worker()] : &nowhere_[0];
  return first->cells;
}

void StatsView::observe(uint32_t worker_id, uint32_t handle, uint64_t value) {
  if (worker_id >= workers_ || handle >= histogram_of_.size() || histogram_of_[handle] == kNone || !spreads_) return;
  spreads_[size_t{worker_id} * histograms_ + histogram_of_[handle]].add(value);
}

std::vector<PluginStat> StatsView::sums() const {
  std::vector<PluginStat> out = defined_;
  for (size_t i = 0; i < out.size(); ++i) {
    if (histogram_of_[i] == kNone) continue;
    out[i].spread = std::make_shared<HistogramSum>();
    for (uint32_t worker = 0; spreads_ && worker < workers_; ++worker) {
      out[i].spread->add(spreads_[size_t{worker} * histograms_ + histogram_of_[i]]);
    }
  }
  for (uint32_t worker = 0; lines_ && worker < workers_; ++worker) {
    for (size_t i = 0; i < out.size(); ++i) {
      if (histogram_of_[i] != kNone) continue;
      uint64_t &cell = lines_[worker * lines_per_worker() + i / kLineCells].cells[i % kLineCells];
      out[i].value += std::atomic_ref<uint64_t>(cell).load(std::memory_order_relaxed);
    }
  }
  return out;
}

}  // namespace weir::plugin
