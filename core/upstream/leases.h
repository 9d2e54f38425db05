// A pool's connections that are one client's alone, on one worker: for transactions, subscriptions and commands that
// block. One that comes back as new is kept for the next who needs one.
//
// What is given back or dropped leaves at the end of the turn, since the connection may be in the middle of telling its
// holder something.
//
// Owner: Upstream. Thread: the worker's alone.
#pragma once

#include <memory>
#include <vector>

#include "core/upstream/lease_holder.h"
#include "core/upstream/server_connection.h"

namespace weir::upstream {

class Upstream;

class Leases {
 public:
  explicit Leases(Upstream &upstream);
  ~Leases();
  Leases(const Leases &) = delete;
  Leases &operator=(const Leases &) = delete;

  // Null: lease_limit of them are out to this server.
  ServerConnection *take(uint32_t server, uint64_t profile, LeaseHolder &holder);
  // The holder needs it no more, and it is as new; or it may be in the middle of anything, and is closed.
  void give_back(ServerConnection &connection) { leaves(connection, true); }
  void drop(ServerConnection &connection) { leaves(connection, false); }
  // By the connection itself, when it was closed.
  void lost(ServerConnection &connection);

  void addresses_changed(uint32_t server);
  uint64_t check_time(uint64_t now_us);  // as ServerConnection::check_time()
  bool idle() const;
  bool is_awaited() const;
  void end();

 private:
  static constexpr size_t kMostIdle = 32;  // of a server
  struct Leaving {
    ServerConnection *connection;
    bool clean;
  };
  void leaves(ServerConnection &connection, bool clean);
  void let_go();
  bool make_room(uint32_t server);
  ServerConnection *idle_one(uint32_t server, uint64_t profile);
  std::unique_ptr<ServerConnection> take_out(ServerConnection &connection);

  Upstream &upstream_;
  std::vector<std::unique_ptr<ServerConnection>> all_;  // each knows its place
  std::vector<std::vector<ServerConnection *>> idle_;   // by server
  std::vector<uint32_t> counts_;                        // of all, by server
  std::vector<Leaving> leaving_;
};

}  // namespace weir::upstream
