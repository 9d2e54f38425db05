// The servers that a pool's requests may be sent to, as one row of places: the pool's own first, each in the place of
// its index, then those of its spare pool, then the rows of other pools (targets): each one's own servers and those of
// its spare pool. Parts, splits, merges and leases tell servers apart by places.
//
// A way is one of the pools that requests may be sent to: kOwnWay, or the target with that number (route::Pool::targets
// counted from 1). Ways mean the same for as long as the front lives; which places a way has may change when pools are
// configured anew. A target's own targets are not looked at.
//
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <weir/hash.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/route/pool.h"
#include "core/route/router.h"
#include "core/upstream/upstream.h"

namespace weir::client {

class Front;

class Reach {
 public:
  static constexpr uint32_t kOwnWay = 0, kNoWay = UINT32_MAX;
  using Fronts = std::vector<Front *>;

  explicit Reach(Front &own);

  // The front, on the same worker, of the pool that takes the keys of servers that are down; null = none.
  void set_spare(Front *spare);
  // Those of route::Pool::targets, in their order; null where there is none any more.
  void set_targets(const Fronts &targets);
  // Whether they, and their rows, are those that are set.
  bool has_targets(const Fronts &targets) const;
  // Whether each place would mean the same server with them.
  bool keeps_places(const Fronts &targets) const;
  bool uses(const Front *other) const;
  // Those that are set, and null in place of that one.
  Fronts targets_without(const Front &gone) const;
  // Whether it knows of one.
  bool uses_targets() const { return places_ > row(); }

  uint32_t places() const { return places_; }
  bool is_own(uint32_t place) const { return place < own_places_; }
  bool is_targets(uint32_t place) const { return place >= row() && place < places_; }
  Front *spare() const { return others_[kOwnWay].front; }  // NULLABLE
  // Tells one spare, or set of targets, from the next: places that are not the pool's own mean something else then.
  uint64_t version() const { return version_; }

  // ---- ways: to be asked about a request that does not simply go to its pool
  // The way to the pool of that number in the front's configuration; kNoWay: requests may not be sent there.
  uint32_t way(uint32_t pool) const;
  uint32_t way_of(uint32_t place) const;
  uint32_t pool_of(uint32_t way) const;  // its number
  // How many servers the pool has, without its spare; 0: it is gone.
  uint32_t servers(uint32_t way) const;
  // The place of a pool's server, or WEIR_NO_SERVER when there is none.
  uint32_t place(uint32_t way, uint32_t server) const;
  // The place's number in its pool's row, as protocols count servers; UINT32_MAX for WEIR_NO_SERVER.
  uint32_t server_of(uint32_t place) const;
  // The place with that server_of() in the pool's row, for what was sent there. When there is none any more it is one
  // of the same way, or WEIR_NO_SERVER.
  uint32_t place_in_row(uint32_t way, uint32_t server) const;
  // places[i] for each of the n keys in that pool, or WEIR_NO_SERVER.
  void route_in(uint32_t way, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us);
  // For what any server of the pool may answer: one that lives, if there is one; WEIR_NO_SERVER when there is none.
  uint32_t any(uint32_t way, uint32_t lane) const;
  // Counts 1, in wanted[places()], for each server that "all" means there: those that are not left out of the ring.
  // Where keys of servers that are down lie in the spare pool, its servers stand in for them; where they lie nowhere,
  // the request fails there.
  void all(uint32_t way, std::vector<uint32_t> &wanted) const;

  // ---- places
  // places[i] for each of the n keys, or WEIR_NO_SERVER.
  void route(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
    router_.route(ring, keys, n, places, now_us);
    if (ring.diverts()) [[unlikely]]
      divert(ring, keys, n, places, now_us);
  }
  // Whether requests may be sent there now: of a place that keys were routed to, one whose server is down and whose
  // keys have nowhere else to go.
  bool serves(const route::Ring &ring, uint32_t place) const {
    return is_own(place) ? ring.alive(place) : serves_elsewhere(place);
  }
  // To send one request, or part, on.
  upstream::ServerConnection &connection(uint32_t place, uint32_t lane) {
    return is_own(place) ? upstream_.connection(place, lane) : other_connection(place, lane);
  }
  // The same with a profile of the protocol's, 0 included. Null: max_profiles are in use.
  upstream::ServerConnection *connection(uint32_t place, uint32_t lane, uint64_t profile) {
    return profile == 0 ? &connection(place, lane) : profile_connection(place, lane, profile);
  }
  // That of requests with WEIR_REQ_APART. Null: it is not to be had, or the server is another pool's.
  upstream::ServerConnection *connection_apart(uint32_t place, uint32_t lane, uint64_t profile) {
    return is_own(place) ? upstream_.connection_apart(place, lane, profile) : nullptr;
  }
  // One for the client alone. Null: lease_limit of them are out.
  upstream::ServerConnection *lease(uint32_t place, uint64_t profile, upstream::LeaseHolder &holder);
  // When what is sent there now has waited too long.
  uint64_t due_us(uint32_t place) { return is_own(place) ? upstream_.due_us() : due_us_elsewhere(place); }

 private:
  // Another pool's places in this one's row.
  struct Other {
    Front *front = nullptr;  // null: there is none, or it is gone
    uint32_t first = 0, size = 0;
    uint64_t row_version = 0;  // of its row, as it was when it was set
  };
  uint32_t row() const { return own_places_ + others_[kOwnWay].size; }  // how many servers it and its spare have
  void lay_out();
  void divert(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us);
  const Other &other_of(uint32_t place) const { return others_[way_of(place)]; }
  Reach &receiver(uint32_t &place);
  uint32_t any_here(const route::Ring &ring, uint32_t lane) const;
  void all_here(const route::Ring &ring, uint32_t *wanted) const;
  bool serves_elsewhere(uint32_t place) const;
  upstream::ServerConnection &other_connection(uint32_t place, uint32_t lane);
  upstream::ServerConnection *profile_connection(uint32_t place, uint32_t lane, uint64_t profile);
  uint64_t due_us_elsewhere(uint32_t place) const;

  Front &own_;
  upstream::Upstream &upstream_;
  route::Router &router_;
  const uint32_t own_places_;
  uint32_t places_;
  std::vector<Other> others_;  // by way: each target, and in kOwnWay's place the spare, its own servers only
  uint64_t version_ = 0;
  uint64_t row_version_ = 0;  // tells one spare from the next
};

}  // namespace weir::client
