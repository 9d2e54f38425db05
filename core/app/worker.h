// One event-loop thread: its share of the clients, its own connections to the servers, its own memory.
// Owner: Runtime. Everything public is for the control thread; what it asks is done on the worker's own.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "core/client/front.h"
#include "core/net/reactor.h"
#include "core/route/pool.h"
#include "core/upstream/upstream.h"

namespace weir::app {

using Pools = std::deque<std::unique_ptr<route::Pool>>;

// What a reload does to one pool.
struct PoolChange {
  route::Pool *before;  // NULLABLE: it is new
  route::Pool *now;     // NULLABLE: it is gone; what is under way is answered, then its clients are closed
};

// What a worker tells the control thread; called on the worker's thread.
struct WorkerEvents {
  std::function<void()> pools_changed;               // as change_pools() said; who is read from now on sees it
  std::function<void(route::Pool *pool)> pool_left;  // this worker does nothing any more for a pool that was replaced
  std::function<void(uint32_t worker, uint32_t pool, uint32_t server)> server_tripped;
  std::function<void(uint32_t pool, uint32_t server, bool good, const std::string &why)> server_probed;
  std::function<void(uint32_t worker)> finished;  // drained, or stopped; its thread is about to end
};

class Worker final : public upstream::EjectionListener {
 public:
  Worker(uint32_t id, StatsPage &stats, std::vector<route::Pool *> pools, uint64_t memory_limit, WorkerEvents events);
  ~Worker() override;
  Worker(const Worker &) = delete;
  Worker &operator=(const Worker &) = delete;

  void start();
  void join();

  void take_client(route::Pool &pool, int fd, bool refused);
  void addresses_changed(route::Pool &pool, uint32_t server);
  void probe_servers();  // it is the one that does, from here on
  void trip_noted();     // the ring knows of a server that this worker said had tripped; once for each time
  // Pools that were replaced are left, each, when nobody needs them any more: see pool_left.
  void change_pools(std::vector<PoolChange> changes, uint64_t memory_limit);
  // Calls what on the worker's thread, in the turn after the one it is in.
  void post(std::function<void()> what) { reactor_.post(std::move(what)); }
  void leave();     // serves the clients it has, and ends when they have left
  void drain();     // answers what is there, then ends
  void stop_now();  // ends at once
  uint32_t clients() const { return reactor_.clients.load(std::memory_order_relaxed); }

 private:
  static constexpr uint64_t kTickUs = 1'000'000;
  static constexpr uint64_t kLeaveUs = 10'000'000;
  // A pool that was replaced, until it is left.
  struct Replaced {
    std::unique_ptr<client::Front> front;
    uint64_t until_us = 0;  // then what its clients have left behind is waited for no longer; 0: they are still there
    bool ended = false;     // to be dropped when this turn is over
  };
  void run();
  void link_fronts(bool all);  // false: those that know of no other pool
  void serve();
  client::Front *front_of(const route::Pool &pool);
  client::Front *front_named(const std::string &pool);
  void open_front(route::Pool &pool);
  void replace(const PoolChange &change);
  void leave_pools();
  bool is_needed(const client::Front &front) const;
  void tick();
  bool give_memory_back();
  uint64_t next_deadline();
  bool drained() const;
  void server_tripped(uint32_t pool, uint32_t server) override;
  void server_probed(uint32_t pool, uint32_t server, bool good, const std::string &why) override;

  const uint32_t id_;
  std::vector<route::Pool *> pools_;  // to begin with
  const WorkerEvents events_;
  net::Reactor reactor_;
  std::vector<std::unique_ptr<client::Front>> fronts_;  // made and ended on the worker's thread
  std::vector<Replaced> replaced_;
  std::thread thread_;
  bool leaving_ = false, draining_ = false, stopped_ = false;
  bool probes_ = false;
  uint32_t trips_ = 0;  // told, and not yet noted
  uint64_t next_tick_us_ = 0;
  uint32_t idle_ticks_ = 0;
  bool checking_ = false;  // in the midst of a look at all clients
};

}  // namespace weir::app
