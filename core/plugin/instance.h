// A component at work in one pool: its table, the object its create() made, and the host it talks to.
#pragma once

#include <weir/weir.h>

#include <memory>
#include <string>
#include <vector>

#include "core/config/complaints.h"
#include "core/config/settings.h"
#include "core/plugin/host_stats.h"
#include "core/plugin/registry.h"

namespace weir::plugin {

class Host;  // the weir_host of one instance and the extensions behind it

// What weir.pools/1 answers from.
struct PoolName {
  std::string name;
  uint32_t servers = 0;
  std::string protocol = {};
  std::vector<std::string> server_names = {};
};
using PoolNames = std::vector<PoolName>;

// Owned by the pool; made and destroyed by the control thread. inst() is read-only for workers.
class Instance {
 public:
  // Calls create(). On refusal, or for keys that nobody read, complains and returns null. `path` is where the
  // configuration names it ("pools.alpha.protocol"). `pools` must outlive the instance.
  static std::unique_ptr<Instance> make(const Component &, const config::Use &, const std::string &path,
                                        uint32_t pool_index, const PoolNames &pools, uint32_t workers,
                                        config::Complaints &);
  ~Instance();
  Instance(const Instance &) = delete;
  Instance &operator=(const Instance &) = delete;

  const Component &component() const { return component_; }
  void *inst() const { return inst_; }
  const weir_protocol &protocol() const { return *static_cast<const weir_protocol *>(component_.info->ops); }
  const weir_hash &hash() const { return *static_cast<const weir_hash *>(component_.info->ops); }
  const weir_dist &dist() const { return *static_cast<const weir_dist *>(component_.info->ops); }
  const weir_filter &filter() const { return *static_cast<const weir_filter *>(component_.info->ops); }

  // [worker] The component's own state of this worker; null when it has none.
  void *worker_init(uint32_t worker_id) const;
  void worker_fini(void *worker) const;

  // [control] Which pools the instance may send requests to, by their numbers.
  const std::vector<uint32_t> &targets() const;
  // [any] The component's own statistics, summed over the workers, in the order it defined them.
  std::vector<PluginStat> stats() const;

 private:
  Instance(const Component &, std::unique_ptr<Host>);
  const Component component_;
  std::unique_ptr<Host> host_;
  void *inst_ = nullptr;
};

}  // namespace weir::plugin
