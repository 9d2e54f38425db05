// The servers that a pool's requests may be sent to, as one row of places: the pool's own first, each in the place of
// its index, then those of its spare pool. Keys are routed to places; parts, splits and merges tell servers apart by
// them. More pools to send to are more places behind these.
//
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/route/pool.h"
#include "core/route/router.h"
#include "core/upstream/upstream.h"

namespace weir::client {

class Front;

// Why there is no connection of a profile.
constexpr std::string_view kProfilesOut = "max_profiles kinds of server connections are in use";

class Reach {
 public:
  explicit Reach(Front &own);

  // The front, on the same worker, of the pool that takes the keys of servers that are down; null = none.
  void set_spare(Front *spare);

  uint32_t places() const { return places_; }
  bool is_own(uint32_t place) const { return place < own_places_; }
  // Of the spare's servers.
  uint32_t place_of_spare(uint32_t server) const { return own_places_ + server; }
  Front *spare() const { return spare_; }
  // Tells one spare from the next: places that are not the pool's own mean something else then.
  uint64_t version() const { return version_; }

  // places[i] for each of the n keys, or WEIR_NO_SERVER.
  void route(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
    router_.route(ring, keys, n, places, now_us);
    if (ring.diverts()) [[unlikely]]
      divert(ring, keys, n, places, now_us);
  }
  // Whether requests may be sent there now: of a place that keys were routed to, one whose server is down and whose
  // keys have nowhere else to go.
  bool serves(const route::Ring &ring, uint32_t place) const {
    return is_own(place) ? ring.alive(place) : spare_serves(place);
  }
  // To send one request, or part, on.
  upstream::ServerConnection &connection(uint32_t place, uint32_t lane) {
    return is_own(place) ? upstream_.connection(place, lane) : spare_connection(place, lane);
  }
  // The same with a profile of the protocol's, 0 included. Null: max_profiles are in use.
  upstream::ServerConnection *connection(uint32_t place, uint32_t lane, uint64_t profile) {
    return profile == 0 ? &connection(place, lane) : profile_connection(place, lane, profile);
  }
  // One for the client alone. Null: lease_limit of them are out.
  upstream::ServerConnection *lease(uint32_t place, uint64_t profile, upstream::LeaseHolder &holder);
  // When what is sent there now has waited too long.
  uint64_t due_us(uint32_t place) { return is_own(place) ? upstream_.due_us() : spare_due_us(); }

 private:
  void divert(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us);
  bool spare_serves(uint32_t place) const;
  upstream::ServerConnection &spare_connection(uint32_t place, uint32_t lane);
  upstream::ServerConnection *profile_connection(uint32_t place, uint32_t lane, uint64_t profile);
  uint64_t spare_due_us();

  Front &own_;
  upstream::Upstream &upstream_;
  route::Router &router_;
  const uint32_t own_places_;
  uint32_t places_;
  Front *spare_ = nullptr;
  uint64_t version_ = 0;
};

}  // namespace weir::client
