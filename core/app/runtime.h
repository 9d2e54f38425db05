// The running proxy: listening sockets, workers, rings, signals, statistics; from start to the last reply.
// Owner: main(). Thread: control; workers reach it through its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>
#include <vector>

#include "core/admin/stats_json.h"
#include "core/admin/stats_server.h"
#include "core/app/health_keeper.h"
#include "core/app/listeners.h"
#include "core/app/loading.h"
#include "core/app/name_keeper.h"
#include "core/app/options.h"
#include "core/app/signals.h"
#include "core/app/upgrade.h"
#include "core/app/worker.h"
#include "core/net/resolver.h"

namespace weir::app {

class Runtime {
 public:
  // inherited: what a process before this one gave; null when there was none.
  Runtime(const Options &options, Loaded &loaded, CommandLine command, Inheritance *inherited);
  ~Runtime();
  Runtime(const Runtime &) = delete;
  Runtime &operator=(const Runtime &) = delete;

  // Everything that can fail: binding, mostly.
  Status start();
  // The process before this one goes.
  void own_inheritance() { listeners_.own_adopted(); }
  // Serves until a signal ends it. The exit code.
  int run();

 private:
  Status listen(route::Pool &pool);
  Status listen_for_stats(int inherited_fd);  // -1: none
  Status drop_privileges() const;
  void raise_file_limit() const;
  void server_moved(uint32_t pool, uint32_t server);
  void accepted(route::Pool &pool, int fd);
  void server_tripped(uint32_t worker, uint32_t pool, uint32_t server);
  void retire(std::unique_ptr<route::Ring> ring);
  void upgrade();
  void leave(pid_t successor);
  void stop();
  void stop_now();
  void worker_finished();

  const Options &options_;
  Loaded &loaded_;
  Inheritance *const inherited_;  // NULLABLE
  boost::asio::io_context io_{1};
  StatsBook book_;
  StatsPage &own_stats_;  // the control thread's page
  const admin::StatsNames stats_names_;
  const uint64_t started_us_;
  boost::asio::steady_timer drain_timer_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<HealthKeeper>> keepers_;
  net::Resolver resolver_;
  NameKeeper names_;
  Listeners listeners_;
  Upgrade upgrade_;
  std::optional<admin::StatsServer> stats_server_;
  std::unique_ptr<Signals> signals_;
  size_t finished_ = 0;
  bool leaving_ = false, stopping_ = false;
};

}  // namespace weir::app
