// What the configuration says, checked and with every default filled in. Plain data, immutable once loaded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/config/network.h"
#include "core/config/node.h"

namespace weir::config {

// Where to listen or connect.
struct Address {
  std::string text;  // as it was written
  std::string host;  // name or address; empty for unix sockets
  std::string path;  // unix socket; empty for TCP
  uint16_t port = 0;
  uint32_t mode = 0;  // permissions of a unix socket to listen on; 0 = the umask's
  bool is_unix() const { return !path.empty(); }
  bool operator==(const Address &) const = default;
};

struct Server {
  std::string name;  // its place on the ring and in the stats: [name], else host:port, host alone for port 11211, path:
  Address address;
  uint32_t weight = 1;
  Place place;
  bool operator==(const Server &) const = default;
};

// A component by name, with the keys written for it.
struct Use {
  std::string name;
  std::shared_ptr<const Node> options;  // a map, never null; what weir.config/1 shows the component
  Place place;
  bool operator==(const Use &other) const {
    if (name != other.name || (options == nullptr) != (other.options == nullptr)) return false;
    return options == nullptr || same(*options, *other.options);
  }
};

// A filter of a pool.
struct FilterUse : Use {
  std::string on_error;  // see goes_on()
  std::string path;      // where it stands in its pool: "filters[0]", or "NAME[1]"
  // A request on which it failed goes on without it; else it is rejected.
  bool goes_on() const { return on_error == "continue"; }
  bool operator==(const FilterUse &other) const { return Use::operator==(other) && on_error == other.on_error; }
};
inline constexpr size_t kMostFilters = 8;  // of a pool

// What becomes of the keys of a server that is down.
enum class OnFailure {
  nothing,    // it never is: each request tries it
  rehash,     // they go to the other servers
  fail_fast,  // errors, at once
  failover    // they go to another pool
};

// How servers are probed.
struct HealthCheck {
  uint64_t interval_us = 0;  // 0 = not at all
  uint64_t timeout_us = 0;
  uint32_t rise = 0, fall = 0;
  bool operator==(const HealthCheck &) const = default;
};

// What is sent again when a connection to a server was lost.
enum class Retry { none, unsent, reads };

// Where some of a pool's requests go; all that it says must hold.
struct Route {
  std::vector<std::string> commands, prefix, client;  // empty: whatever they are
  std::string pool, mirror;                           // "" = the pool itself; no mirror
  std::vector<Network> networks;                      // of `client`
  Place place;
  bool operator==(const Route &) const = default;
};

struct Pool {
  std::string name;
  Place place;
  Address listen;
  Use protocol, hash, distribution;
  std::vector<FilterUse> filters;
  std::vector<Route> routes;
  std::string hash_tag;  // empty or two characters
  std::vector<Server> servers;
  uint64_t timeout_us = 0;           // of a request; 0 = none
  uint64_t connect_timeout_us = 0;   // 0 = none
  uint64_t resolve_interval_us = 0;  // 0 = never by itself
  uint64_t reconnect_delay_us = 0;   // at most; 0 = none
  std::string retry;                 // see resends()
  uint32_t backlog = 0;
  uint32_t client_connections = 0;  // 0 = no limit
  uint32_t server_connections = 1;  // a server and worker
  uint64_t server_retry_timeout_us = 0;
  uint32_t server_failure_limit = 0;
  std::string on_failure, failover_pool;  // empty = not said
  HealthCheck health_check;
  uint64_t slow_start_us = 0;  // 0 = none
  bool tcpkeepalive = false, reuseport = false, preconnect = false, auto_eject_hosts = false;
  uint64_t request_limit = 0;        // bytes of one request
  uint32_t max_keys = 0;             // keys of one request
  uint32_t client_inflight = 0;      // requests of one client that wait for an answer
  uint64_t client_output_limit = 0;  // bytes held for one client
  uint64_t server_queue_limit = 0;   // bytes held for one server connection
  uint64_t client_stall_timeout_us = 0;
  uint64_t idle_timeout_us = 0;  // of clients; 0 = none
  uint32_t server_inflight = 0;  // unanswered requests of one server connection
  uint32_t max_profiles = 0;     // kinds of server connections, on a worker
  uint32_t lease_limit = 0;      // connections given to one client each, to a server and on a worker
  // 0 = the system's.
  uint64_t tcpkeepalive_idle_us = 0, tcpkeepalive_interval_us = 0, tcp_user_timeout_us = 0;
  uint32_t tcpkeepalive_count = 0;

  OnFailure policy() const {
    if (on_failure == "fail_fast") return OnFailure::fail_fast;
    if (on_failure == "failover") return OnFailure::failover;
    return on_failure == "rehash" || auto_eject_hosts ? OnFailure::rehash : OnFailure::nothing;
  }
  Retry resends() const { return retry == "reads" ? Retry::reads : retry == "none" ? Retry::none : Retry::unsent; }
  // Whether both say the same, secrets included; a reload leaves such a pool alone.
  bool operator==(const Pool &) const = default;
};

// Whether a route to that pool goes nowhere else.
inline bool route_stays(const std::string &name, const Pool &pool) {
  return name.empty() || name == pool.name || name == "self";
}

struct Plugins {
  std::vector<std::string> folders;  // searched in order, before the folder beside the program
  std::vector<std::string> files;    // loaded besides what the folders hold
};

struct Settings {
  std::string file;           // where it came from; empty for a configuration made of options
  bool nutcracker = false;    // twemproxy's form
  uint32_t workers = 0;       // 0 = not said
  uint64_t memory_limit = 0;  // bytes, all workers
  uint32_t max_clients = 0;   // of all pools; 0 = no limit
  Address admin;              // of the admin port; no text = none
  uint64_t drain_timeout_us = 0;
  uint64_t upgrade_timeout_us = 0;
  std::vector<std::string> dns;  // servers to ask; none = the system's
  std::string user, group;       // who the process becomes once its addresses are bound; empty = stays who it is
  Plugins plugins;
  std::vector<Pool> pools;  // in stats order: shorter names first, then bytes
};

}  // namespace weir::config
