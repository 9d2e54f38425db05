// One pool as one worker serves it: its clients, its way to the servers, and who is waiting for what.
// Owner: the worker. Thread: the worker's alone.
#pragma once

#include <memory>
#include <vector>

#include "core/client/filter_chain.h"
#include "core/client/reach.h"
#include "core/client/request_arrays.h"
#include "core/client/slices.h"
#include "core/client/topics.h"
#include "core/net/reactor.h"
#include "core/route/pool.h"
#include "core/route/router.h"
#include "core/upstream/upstream.h"

namespace weir::client {

class ClientConnection;

class Front {
 public:
  Front(net::Reactor &reactor, route::Pool &pool, upstream::EjectionListener &ejections);
  ~Front();
  Front(const Front &) = delete;
  Front &operator=(const Front &) = delete;

  // Takes the descriptor over. refused: tell the client that there are too many, and close.
  void accept(int fd, bool refused);
  // Reads what has already arrived, then takes no more requests; clients close as they are answered.
  void drain();
  // Clients connected now, those that are being closed included.
  size_t clients() const { return clients_.size(); }
  // The pool was configured anew, and `to` serves it: clients go there, each when nothing of it is under way. May be
  // called again when that one is replaced, too.
  void hand_over(Front &to);
  // Where keys of servers that are down go, on this worker; null = nowhere.
  void set_spare(Front *spare);
  // The pools that some of its requests go to, on this worker: see Reach::set_targets().
  void set_targets(const Reach::Fronts &targets);
  // That front ends: nothing is sent there any more.
  void forget_pool(const Front &gone);
  Front *successor() const { return successor_; }
  // Nobody is left, and nothing on its way to a server.
  bool is_done() const;
  void close_all();

  // The ring changed: what waited for it is sent again, and who was held back for it may be told.
  void release_held();
  void hold_back(Request &request);
  // The part is sent again then, by the new ring.
  void keep_for_ring(Part &part) { for_ring_.push_back(&part); }

  // Once a turn: clients that wait for room on a server connection.
  void wake_waiters();
  // Now and then: clients that read nothing, linger or idle. Some at a time; true: call again soon for the others,
  // which is not a new round then.
  bool check_time(uint64_t now_us, bool new_round = true);
  bool wants_checks() const {
    return slow_clients > 0 || ((successor_ != nullptr || settings.idle_timeout_us != 0) && !clients_.empty());
  }

  weir_scope scope(void *state, uint64_t conn_id, const void *core) const;

  net::Reactor &reactor;
  route::Pool &pool;
  const config::Pool &settings;
  const weir_protocol &protocol;
  PoolCells &cells;
  RequestArrays &arrays;
  void *const protocol_worker;  // NULLABLE
  void *const dist_worker;      // NULLABLE
  upstream::Upstream upstream;
  route::Router router;
  Reach reach;  // after both
  Slices slices;
  Topics topics;
  FilterChain filters;
  const std::vector<uint8_t> apart;  // by command: != 0, it does not take the short ways, being one of those below
  const uint8_t *const hooked;       // by command: != 0, some of them want to see it
  const uint8_t *const routed;       // by command: not 0, the pool's routes are to be asked
  const size_t output_pause;         // client_output_limit / 4: from here on a client reads no more
  const bool keeps_reads;      // retry: reads. Requests take the long way, and a copy of some is kept until answered
  const uint64_t small_reply;  // up to this size, replies never limit how many requests a client may have unanswered
  mutable uint64_t quiet_until_us = 0;  // render() says no more before then
  size_t slow_clients = 0;              // paused for their output, or lingering

 private:
  static constexpr size_t kChecksAtOnce = 1024;  // a fraction of a millisecond
  friend class ClientConnection;
  friend class Dispatcher;
  friend class Feed;
  friend class LargeRequest;
  friend class Topics;
  struct Waiter {
    ClientConnection *client;
    upstream::ServerConnection *connection;
  };
  void close_lessees_elsewhere();
  template <class F>
  void change_reach(F change);
  void hold_clients();
  void forget(ClientConnection &client);  // it is closed; buried at the end of the turn
  std::unique_ptr<ClientConnection> take_out(ClientConnection &client);
  bool move(ClientConnection &client);  // to the successor; false: something is under way
  void move_soon(ClientConnection &client);
  void move_clients();
  void resume_soon(ClientConnection &client);
  void resume_clients();
  void forget_waiter(upstream::ServerConnection &connection);  // it goes
  void wait_for_room(ClientConnection &client, upstream::ServerConnection &connection);

  std::vector<std::unique_ptr<ClientConnection>> clients_;
  std::vector<ClientConnection *> to_resume_, to_move_;
  Front *successor_ = nullptr;
  bool state_moves_ = false;  // the successor's protocol is of the same code
  std::vector<Waiter> waiters_;
  std::vector<Request *> held_;
  std::vector<Part *> for_ring_;
  uint32_t next_lane_ = 0;
  size_t to_check_ = 0;  // clients below this place are to be looked at by check_time()
};

[[gnu::always_inline]] inline weir_scope Front::scope(void *state, uint64_t conn_id, const void *core) const {
  return {sizeof(weir_scope),
          reactor.worker_id,
          pool.protocol->inst(),
          protocol_worker,
          state,
          reactor.arena.abi(),
          reactor.now_us,
          conn_id,
          core};
}

}  // namespace weir::client
