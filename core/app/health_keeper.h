// How the servers of a pool stand: gathers what requests and probes say of them, and has the ring built anew when one
// goes down or comes back. Without on_failure and auto_eject_hosts it only watches, counts and logs.
// Owner: Runtime. Thread: control.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/app/server_watch.h"
#include "core/base/stats.h"
#include "core/route/pool.h"

namespace weir::app {

class HealthKeeper {
 public:
  // retire takes rings that workers may still be reading.
  using Retire = std::function<void(std::unique_ptr<route::Ring>)>;
  HealthKeeper(boost::asio::io_context &io, route::Pool &pool, Retire retire);
  ~HealthKeeper();
  HealthKeeper(const HealthKeeper &) = delete;
  HealthKeeper &operator=(const HealthKeeper &) = delete;

  // A server reached its failure limit. The ring knows when this returns.
  void tripped(uint32_t server);
  // A probe of it ended; why: when it was bad.
  void probed(uint32_t server, bool good, const std::string &why);
  // This pool takes the place of that one: servers of the same name and address that are down there are so here.
  void take_over(const HealthKeeper &before);
  // Whether what the statistics say of the servers is this keeper's to say: not before its pool serves, and not after.
  void show(bool on);
  void stop();

 private:
  void went_down(uint32_t server, const std::string &why);
  void came_back(uint32_t server, const std::string &why);
  void time_passed();
  void changed();
  void wait();
  ServerCells &cells(uint32_t server) { return *pool_.counters.back().servers[server]; }
  const char *name(uint32_t server) const { return pool_.backends[server].config.name.c_str(); }

  route::Pool &pool_;
  Retire retire_;
  std::vector<ServerWatch> watches_;  // by server
  boost::asio::steady_timer timer_;
  bool shows_ = false;
  const std::shared_ptr<bool> stopped_ = std::make_shared<bool>(false);  // its timer's handler looks first
};

}  // namespace weir::app
