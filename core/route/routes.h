// A pool's `routes:`, compiled: which requests go to other pools.
// Owner: route::Pool. Threads: read-only once made.
#pragma once

#include <weir/protocol.h>

#include <string>
#include <vector>

#include "core/config/complaints.h"
#include "core/config/settings.h"

namespace weir::route {

class Routes {
 public:
  static constexpr uint32_t kOwn = 0, kNone = UINT32_MAX;

  // What an entry says of the requests that fit it.
  struct Entry {
    uint32_t way = kOwn;  // the pool they go to: its place among the pool's targets, counted from 1; kOwn: they stay
    uint32_t mirror = kNone;  // the same of the pool that gets a copy; kNone: none
    bool names_commands = false;
    std::vector<bool> commands;  // by command
    std::vector<config::Network> networks;
  };
  // A request, as far as its routes are concerned.
  struct Query {
    uint32_t cmd;
    const config::ClientAddress &client;
    bool bound;  // it belongs together with others, which go the same way: entries that name commands do not count
  };

  // way: which target a pool is, by its name. False: it complained. path: the pool's.
  template <class F>
  bool compile(const config::Pool &, const weir_protocol &, const std::string &path, config::Complaints &, F way);

  // By command, not 0: some entry is about it. As long as the protocol's table, also without entries.
  const uint8_t *concerned() const { return concerned_.data(); }
  // Whether some entry has a mirror.
  bool mirrors() const { return mirrors_; }
  // Whether some entry is about where clients come from.
  bool ask_for_clients() const { return ask_for_clients_; }
  // For a request without keys, or one of its keys. Null: it goes as without routes.
  const Entry *find(const Query &query) const { return first_of(root_, query); }
  const Entry *find(const Query &query, weir_bytes key) const;

 private:
  using Indices = std::vector<uint32_t>;
  struct Prefix {
    std::string text;
    Indices entries;           // in the order of the file
    uint32_t shorter = kNone;  // the longest of the others that this one begins with
  };
  bool add(const config::Route &, const weir_protocol &, const std::string &protocol, const std::string &path,
           config::Complaints &);
  void sort_prefixes();
  const Entry *first_of(const Indices &some, const Query &query) const;

  std::vector<Entry> entries_;
  std::vector<Prefix> prefixes_;  // sorted
  Indices root_;                  // entries without a prefix
  std::vector<uint8_t> concerned_;
  bool ask_for_clients_ = false, mirrors_ = false;
};

template <class F>
bool Routes::compile(const config::Pool &pool, const weir_protocol &protocol, const std::string &path,
                     config::Complaints &complaints, F way) {
  concerned_.assign(protocol.cmd_count, 0);
  bool good = true;
  for (size_t i = 0; i < pool.routes.size(); ++i) {
    const config::Route &route = pool.routes[i];
    good = add(route, protocol, pool.protocol.name, path + "routes[" + std::to_string(i) + "]", complaints) && good;
    Entry &entry = entries_.back();
    entry.way = config::route_stays(route.pool, pool) ? kOwn : way(route.pool);
    entry.mirror = config::route_stays(route.mirror, pool) ? kNone : way(route.mirror);
    mirrors_ = mirrors_ || entry.mirror != kNone;
  }
  sort_prefixes();
  return good;
}

}  // namespace weir::route
