// A pool as the whole process sees it: its components, its servers, and the ring that is current.
// Owner: the runtime. Threads: everything is read-only once started, but for the marked cells.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/plugin_numbers.h"
#include "core/base/stats.h"
#include "core/config/settings.h"
#include "core/plugin/instance.h"
#include "core/route/filters.h"
#include "core/route/ring.h"
#include "core/route/routes.h"
#include "core/upstream/backend.h"

namespace weir::route {

// A pool that requests of another may be sent to.
struct Target {
  std::string name;
  uint32_t number;  // its place in the configuration
};

class Pool {
 public:
  // Makes the components' instances and the first ring. Null: it complained.
  static std::unique_ptr<Pool> make(const config::Pool &settings, uint32_t index, const plugin::Registry &registry,
                                    const plugin::PoolNames &names, uint32_t workers, config::Complaints &complaints);

  const config::Pool &settings;
  const uint32_t index;  // its place in its configuration
  const uint32_t id;     // no other pool of this process has had it
  std::unique_ptr<plugin::Instance> protocol, hash, dist;
  Filters filters;
  std::vector<Target> targets;  // in the order in which workers know them, see client::Reach
  Routes routes;
  std::deque<upstream::Backend> backends;
  std::atomic<uint32_t> clients{0};  // connected now, all workers
  // By worker, the control thread's at the end; given before the pool serves.
  std::vector<PoolCounters> counters;
  // [control] Requests may go to the pool of that number; before the pool serves.
  // Which of them it is, counted from 1.
  uint32_t add_target(uint32_t number, const plugin::PoolNames &names);
  // [control] What its components count of their own; those that count nothing are left out.
  std::vector<PluginNumbers> plugin_numbers() const;
  // [control] Finds its places in the book.
  void count_in(StatsBook &book, size_t writers);

  const Ring &ring() const { return *current_.load(std::memory_order_acquire); }  // [any] valid for this turn
  // [control] The ring for servers that stand like this. The one it replaces is returned: it may be dropped once every
  // worker has ended the turn it is in. Null on failure, which is logged.
  std::unique_ptr<Ring> rebuild(const Standings &standings);

 private:
  Pool(const config::Pool &pool, uint32_t pool_index);
  Ring::Rules ring_rules() const;
  std::unique_ptr<Ring> owned_;  // [control]
  std::atomic<const Ring *> current_{nullptr};
};

}  // namespace weir::route
