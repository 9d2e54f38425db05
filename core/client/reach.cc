#include "core/client/reach.h"

#include "core/client/front.h"
#include "core/route/hash_tag.h"

namespace weir::client {
namespace {

// What stands in a front's own row, server by server.
std::vector<const config::Server *> servers_of(const Front &front) {
  std::vector<const config::Server *> all;
  auto add = [&all](const Front &some) {
    for (const config::Server &server : some.settings.servers) all.push_back(&server);
  };
  add(front);
  if (front.reach.spare() != nullptr) add(*front.reach.spare());
  return all;
}

}  // namespace

Reach::Reach(Front &own)
    : own_(own),
      upstream_(own.upstream),
      router_(own.router),
      own_places_(static_cast<uint32_t>(own.pool.backends.size())),
      places_(own_places_),
      others_(own.pool.targets.size() + 1) {}

// ---- who they are
// -----------------------------------------------------------------------------------------------------------------

void Reach::set_spare(Front *spare) {
  if (spare != this->spare()) ++version_, ++row_version_;
  others_[kOwnWay] = {spare, 0, spare == nullptr ? 0 : spare->reach.own_places_, 0};
  lay_out();
}

void Reach::set_targets(const Fronts &targets) {
  if (!has_targets(targets)) ++version_;
  for (size_t i = 0; i < targets.size(); ++i) {
    Front *front = targets[i];
    others_[i + 1] = front == nullptr ? Other{} : Other{front, 0, front->reach.row(), front->reach.row_version_};
  }
  lay_out();
}

void Reach::lay_out() {
  places_ = own_places_;
  for (Other &other : others_) {
    other.first = places_;
    places_ += other.size;
  }
}

bool Reach::has_targets(const Fronts &targets) const {
  return std::equal(others_.begin() + 1, others_.end(), targets.begin(), targets.end(), [](const Other &o, Front *f) {
    return o.front == f && (f == nullptr || o.row_version == f->reach.row_version_);
  });
}

// With the same fronts nothing can be said once one has another spare: what it was is forgotten.
bool Reach::keeps_places(const Fronts &targets) const {
  return std::equal(others_.begin() + 1, others_.end(), targets.begin(), targets.end(), [](const Other &o, Front *f) {
    if (o.front == nullptr || f == nullptr) return o.front == f;
    if (o.row_version != o.front->reach.row_version_) return false;
    auto before = servers_of(*o.front), now = servers_of(*f);
    return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                      [](const config::Server *a, const config::Server *b) { return *a == *b; });
  });
}

bool Reach::uses(const Front *other) const {
  return std::any_of(others_.begin(), others_.end(), [other](const Other &o) { return o.front == other; });
}

Reach::Fronts Reach::targets_without(const Front &gone) const {
  Fronts targets;
  for (size_t i = 1; i < others_.size(); ++i) targets.push_back(others_[i].front == &gone ? nullptr : others_[i].front);
  return targets;
}

// ---- ways
// -----------------------------------------------------------------------------------------------------------------

uint32_t Reach::way(uint32_t pool) const {
  if (pool == own_.pool.index) return kOwnWay;
  const auto &targets = own_.pool.targets;
  for (uint32_t i = 0; i < targets.size(); ++i) {
    if (targets[i].number == pool) return i + 1;
  }
  return kNoWay;
}

uint32_t Reach::way_of(uint32_t place) const {
  for (uint32_t way = 0; way < others_.size(); ++way) {
    if (place - others_[way].first < others_[way].size) return way;
  }
  return kOwnWay;
}

uint32_t Reach::pool_of(uint32_t way) const {
  return way == kOwnWay ? own_.pool.index : own_.pool.targets[way - 1].number;
}

uint32_t Reach::servers(uint32_t way) const {
  if (way == kOwnWay) return own_places_;
  const Front *front = others_[way].front;
  return front == nullptr ? 0 : front->reach.own_places_;
}

uint32_t Reach::place(uint32_t way, uint32_t server) const {
  if (server >= servers(way)) return WEIR_NO_SERVER;
  return way == kOwnWay ? server : others_[way].first + server;
}

uint32_t Reach::server_of(uint32_t place) const {
  if (place >= places_) return UINT32_MAX;
  return is_targets(place) ? place - other_of(place).first : place;
}

uint32_t Reach::place_in_row(uint32_t way, uint32_t server) const {
  if (way == kOwnWay) return server < row() ? server : WEIR_NO_SERVER;
  const Other &target = others_[way];
  if (target.size == 0) return WEIR_NO_SERVER;
  return target.first + (server < target.size ? server : 0);
}

void Reach::route_in(uint32_t way, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
  if (way == kOwnWay) return route(own_.pool.ring(), keys, n, places, now_us);
  const Other &target = others_[way];
  if (target.front == nullptr) return void(std::fill_n(places, n, WEIR_NO_SERVER));
  target.front->reach.route(target.front->pool.ring(), keys, n, places, now_us);
  for (uint32_t i = 0; i < n; ++i) {
    if (places[i] != WEIR_NO_SERVER) places[i] += target.first;
  }
}

uint32_t Reach::any(uint32_t way, uint32_t lane) const {
  if (way == kOwnWay) return any_here(own_.pool.ring(), lane);
  const Other &target = others_[way];
  if (target.front == nullptr) return WEIR_NO_SERVER;
  return target.first + target.front->reach.any_here(target.front->pool.ring(), lane);
}

uint32_t Reach::any_here(const route::Ring &ring, uint32_t lane) const {
  uint32_t server = lane % ring.size();
  for (uint32_t i = 0; i < ring.size() && !ring.alive(server); ++i) server = (server + 1) % ring.size();
  if (!ring.diverts() || ring.alive(server)) return server;
  for (uint32_t place = own_places_; place < row(); ++place) {
    if (serves(ring, place)) return place;
  }
  return server;
}

void Reach::all(uint32_t way, std::vector<uint32_t> &wanted) const {
  wanted.assign(places_ + 1, 0);
  if (way == kOwnWay) return all_here(own_.pool.ring(), wanted.data());
  const Other &target = others_[way];
  if (target.front != nullptr) target.front->reach.all_here(target.front->pool.ring(), wanted.data() + target.first);
}

void Reach::all_here(const route::Ring &ring, uint32_t *wanted) const {
  bool spare = ring.diverts() && this->spare() != nullptr;
  for (uint32_t server = 0; server < ring.size(); ++server) {
    wanted[server] = ring.alive(server) || (ring.diverts() && !spare) ? 1 : 0;
  }
  for (uint32_t place = own_places_; spare && place < row(); ++place) wanted[place] = serves(ring, place) ? 1 : 0;
}

// ---- places
// -----------------------------------------------------------------------------------------------------------------

// Keys whose server is down, or has not got them back yet, are the spare pool's.
void Reach::divert(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
  const Other &spare = others_[kOwnWay];
  if (spare.front == nullptr) return;
  const route::Ring &other = spare.front->pool.ring();
  for (uint32_t i = 0; i < n; ++i) {
    if (places[i] == WEIR_NO_SERVER) continue;
    weir_bytes part = route::hashed_part(keys[i], own_.settings.hash_tag);
    if (ring.alive(places[i]) && ring.has_come_back(places[i], part, now_us)) continue;
    uint32_t server = spare.front->router.route_one(other, keys[i], now_us);
    places[i] = server == WEIR_NO_SERVER ? WEIR_NO_SERVER : spare.first + server;
  }
}

bool Reach::serves_elsewhere(uint32_t place) const {
  const Other &other = other_of(place);
  return other.front->reach.serves(other.front->pool.ring(), place - other.first);
}

// Whose place it is, to which something is sent now; place: there.
Reach &Reach::receiver(uint32_t &place) {
  const Other &other = other_of(place);
  if (&other == &others_[kOwnWay]) own_.cells.failed_over.add();
  place -= other.first;
  return other.front->reach;
}

upstream::ServerConnection &Reach::other_connection(uint32_t place, uint32_t lane) {
  Reach &there = receiver(place);
  return there.connection(place, lane);
}

upstream::ServerConnection *Reach::profile_connection(uint32_t place, uint32_t lane, uint64_t profile) {
  if (is_own(place)) return upstream_.connection(place, lane, profile);
  Reach &there = receiver(place);
  return there.connection(place, lane, profile);
}

upstream::ServerConnection *Reach::lease(uint32_t place, uint64_t profile, upstream::LeaseHolder &holder) {
  if (is_own(place)) return upstream_.leases.take(place, profile, holder);
  Reach &there = receiver(place);
  return there.lease(place, profile, holder);
}

uint64_t Reach::due_us_elsewhere(uint32_t place) const {
  const Other &other = other_of(place);
  return other.front->reach.due_us(place - other.first);
}

}  // namespace weir::client
