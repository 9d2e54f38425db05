// A pool's connections to its servers, on one worker.
// Owner: the worker. Thread: the worker's alone.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "core/base/stats.h"
#include "core/plugin/instance.h"
#include "core/upstream/backend.h"
#include "core/upstream/leases.h"
#include "core/upstream/probe.h"
#include "core/upstream/reply_arrays.h"
#include "core/upstream/server_connection.h"

namespace weir::upstream {

// Who hears that a server reached its failure limit, and of its probes. Implemented by the worker.
class EjectionListener {
 public:
  virtual ~EjectionListener() = default;
  virtual void server_tripped(uint32_t pool, uint32_t server) = 0;
  // A probe ended. why: what was wrong, when it was bad.
  virtual void server_probed(uint32_t /*pool*/, uint32_t /*server*/, bool /*good*/, const std::string & /*why*/) {}
};

// For weir_scope.conn_id: no two connections of weir's to servers have the same.
uint64_t next_connection_id();  // [any]

class Upstream {
 public:
  // What its connections work with; everything outlives the Upstream.
  struct Parts {
    net::Reactor &reactor;
    const config::Pool &pool;
    uint32_t pool_id;  // for the listener
    const plugin::Instance &protocol;
    void *protocol_worker;  // NULLABLE; of worker_init()
    std::deque<Backend> &backends;
    const std::vector<ServerCells *> &cells;  // by server
    EjectionListener &ejections;
  };

  explicit Upstream(const Parts &parts);
  Upstream(const Upstream &) = delete;
  Upstream &operator=(const Upstream &) = delete;

  // A client keeps its lane for life, so that its requests to a server stay on one connection and in order.
  ServerConnection &connection(uint32_t server, uint32_t lane) { return *connections_[place_of(server, lane)]; }
  // The same with a profile, which is not 0: made when it is first asked for. Null: max_profiles are in use.
  ServerConnection *connection(uint32_t server, uint32_t lane, uint64_t profile) {
    return connection(server, lane, profile, false);
  }
  // The same for requests that others should not wait for (WEIR_REQ_APART), also with profile 0.
  ServerConnection *connection_apart(uint32_t server, uint32_t lane, uint64_t profile) {
    return connection(server, lane, profile, true);
  }
  void connect_all();  // those of profile 0
  // The server's name stands for other addresses: its connections move.
  void addresses_changed(uint32_t server);
  // Servers are probed from here on, as the pool's health_check says; on one worker only.
  void start_probes();
  void stop_probes();

  // Fails what is overdue.
  void check_time(uint64_t now_us);
  // When check_time() wants to be called; 0 = no need.
  uint64_t next_check_us() const { return next_check_us_; }
  // When a request made now has waited too long; 0 = never. It will be looked for.
  uint64_t due_us() {
    if (with.pool.timeout_us == 0) return 0;
    uint64_t due = with.reactor.now_us + with.pool.timeout_us;
    check_at(due);
    return due;
  }
  // What a server's connection waits at most from one failed try to the next. Where failures take a server down,
  // that is the pause, and each request until then is a try, as with twemproxy.
  uint64_t reconnect_delay_us() const {
    return with.pool.policy() == config::OnFailure::nothing ? with.pool.reconnect_delay_us : 0;
  }
  void check_at(uint64_t us) {
    if (next_check_us_ == 0 || us < next_check_us_) next_check_us_ = us;
  }
  // A failure of the server; true when it reached the limit, and its client must hear of it only after the ring
  // changed.
  bool failed(uint32_t server);

  bool idle() const;
  bool is_awaited() const;  // whether anybody waits for an answer
  void end();               // of all connections, and of the probes

  const Parts with;
  ReplyArrays &arrays;
  Leases leases;
  uint64_t position = 0;  // of requests on connections that were lost; see RequestOwner::changed_at
  int swamped = 0;        // connections that are; counted by themselves

 private:
  using Connections = std::vector<std::unique_ptr<ServerConnection>>;
  struct Profile {
    uint64_t id;
    bool apart;
    uint64_t used_us;
    Connections connections;  // as connections_; null where none was needed yet
  };
  size_t place_of(uint32_t server, uint32_t lane) const {
    uint32_t width = with.pool.server_connections;
    return static_cast<size_t>(server) * width + (width == 1 ? 0 : lane % width);
  }
  ServerConnection *connection(uint32_t server, uint32_t lane, uint64_t id, bool apart);
  Profile *profile(uint64_t id, bool apart);
  bool make_room_for_profile();
  void end(Profile &profile);
  template <class F>
  void each_connection(F what) const;

  Connections connections_;
  std::vector<Profile> profiles_;
  std::vector<std::unique_ptr<Probe>> probes_;  // by server; none unless started
  uint64_t next_check_us_ = 0;
};

}  // namespace weir::upstream
