// The running proxy: listening sockets, workers, rings, signals, statistics; from start to the last reply.
// Owner: main(). Thread: control; workers reach it through its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/admin/command_port.h"
#include "core/admin/stats_json.h"
#include "core/admin/stats_server.h"
#include "core/app/health_keeper.h"
#include "core/app/listeners.h"
#include "core/app/loading.h"
#include "core/app/name_keeper.h"
#include "core/app/options.h"
#include "core/app/served_pool.h"
#include "core/app/signals.h"
#include "core/app/upgrade.h"
#include "core/app/worker.h"

namespace weir::app {

class Runtime {
 public:
  // inherited: what a process before this one gave; null when there was none.
  Runtime(const Options &options, std::shared_ptr<Loaded> loaded, CommandLine command, Inheritance *inherited);
  ~Runtime();
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;

  // Everything that can fail: binding, mostly.
  Status start();
  // The process before this one goes.
  void own_inheritance() { listeners_.own_adopted(); }
  // Serves until a signal ends it. The exit code.
  int run();
  // Reads the configuration again and changes what has changed. Calls done, at once or later, with what that was, or
  // why nothing was changed.
  void reload(const admin::Reply &done);

 private:
  struct Plan;
  std::shared_ptr<ServedPool> serve(std::shared_ptr<Loaded> from, std::unique_ptr<route::Pool> pool,
                                    const std::shared_ptr<net::Resolver> &resolver);
  Status listen(route::Pool &pool);
  void feed(route::Pool &pool);
  Status listen_for_stats(int inherited_fd);  // -1: none
  Status listen_for_commands();
  std::string statistics() const;
  std::vector<PluginNumbers> plugin_numbers(const std::string &pool) const;
  Status drop_privileges() const;
  bool has_room_for_client() const;
  uint64_t memory_share() const;  // a worker's
  ServedPool *pool_of(uint32_t id);
  void server_moved(route::Pool &pool, uint32_t server);
  void accepted(route::Pool &pool, int fd);
  void server_tripped(uint32_t worker, uint32_t pool, uint32_t server);
  void retire(std::unique_ptr<route::Ring> ring, std::shared_ptr<ServedPool> of);
  Result<std::shared_ptr<Plan>> prepare();
  std::shared_ptr<Plan> compare(std::shared_ptr<Loaded> fresh);
  Status bind_new(const Plan &plan);
  void look_up_names_of(const std::shared_ptr<Plan> &plan, const std::function<void()> &then);
  std::string apply(Plan &plan);
  void worker_changed();
  void replaced(ServedPool &served);
  void pool_left(const route::Pool *pool);
  void close_unused_listeners();
  void upgrade();
  void leave(pid_t successor);
  void stop();
  void stop_now();
  void worker_finished(uint32_t worker);
  void probe_servers();

  const Options &options_;
  std::shared_ptr<Loaded> loaded_;  // the current configuration
  Inheritance *const inherited_;    // NULLABLE
  boost::asio::io_context io_{1};
  StatsBook book_;
  StatsPage &own_stats_;  // the control thread's page
  admin::StatsNames stats_names_;
  PluginPast plugin_past_;
  const uint64_t started_us_;
  boost::asio::steady_timer drain_timer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::shared_ptr<ServedPool>> pools_;     // in the order in which they came
  std::vector<std::shared_ptr<ServedPool>> replaced_;  // until all workers have left them
  std::shared_ptr<net::Resolver> resolver_;            // of loaded_->settings.dns
  Listeners listeners_;
  admin::CommandPort command_port_;
  std::optional<config::Address> admin_;
  Upgrade upgrade_;
  std::optional<admin::StatsServer> stats_server_;
  std::unique_ptr<Signals> signals_;
  size_t client_room_ = 0;  // clients that there are file descriptors for
  size_t finished_ = 0;
  size_t to_change_ = 0;  // workers that have not followed the reload under way yet
  std::function<void()> when_changed_;
  std::vector<admin::Reply> reloads_waiting_;  // for the one under way to end
  std::vector<bool> ended_;                    // by worker
  uint32_t prober_ = 0;                        // the worker that probes servers
  bool leaving_ = false, stopping_ = false, reloading_ = false;
};

}  // namespace weir::app
