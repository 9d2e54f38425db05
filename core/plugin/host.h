// The weir_host of one instance, and the extensions behind it. Owned by the instance, at a fixed address, since the
// plugin keeps a pointer to it. What may be called when and by which thread is said in weir/host.h.
#pragma once

#include <weir/host.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/plugin/host_client.h"
#include "core/plugin/host_config.h"
#include "core/plugin/host_pools.h"
#include "core/plugin/host_registry.h"
#include "core/plugin/host_stats.h"

namespace weir::plugin {

class Host {
 public:
  // component: its name, for the log. registry: what else is loaded, null = nothing. The rest as in Instance::make().
  Host(std::string_view component, const Registry *registry, const config::Use &, const std::string &path,
       const weir_schema *, uint32_t pool, const PoolNames &, uint32_t workers, config::Complaints &);
  Host(const Host &) = delete;
  Host &operator=(const Host &) = delete;

  static Host &of(const weir_host *host) { return *static_cast<Host *>(host->ctx); }
  // The ids of all extensions this core offers.
  static const std::vector<std::string_view> &offered();

  const weir_host *table() const { return &table_; }
  ConfigView &config() { return config_; }
  StatsView &stats() { return stats_; }
  PoolsView &pools() { return pools_; }
  RegistryView &registry() { return registry_; }
  uint32_t workers() const { return workers_; }
  const std::string &label() const { return label_; }

  // create() has returned.
  void close() {
    config_.close();
    stats_.close();
    pools_.close();
    registry_.close();
  }

 private:
  weir_host table_;
  ConfigView config_;
  StatsView stats_;
  PoolsView pools_;
  RegistryView registry_;
  const uint32_t workers_;
  std::string label_;  // "alpha/redis", in front of its log lines
};

}  // namespace weir::plugin
