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
      first_target_(own_places_),
      places_(own_places_),
      targets_(own.pool.targets.size()) {}

// ---- who they are
// -----------------------------------------------------------------------------------------------------------------

void Reach::set_spare(Front *spare) {
  if (spare != spare_) ++version_, ++row_version_;
  spare_ = spare;
  lay_out();
}

void Reach::set_targets(const Fronts &targets) {
  if (!has_targets(targets)) ++version_;
  for (size_t i = 0; i < targets_.size(); ++i) {
    Target &target = targets_[i];
    target.front = targets[i];
    target.size = target.front == nullptr ? 0 : target.front->reach.row();
    target.row_version = target.front == nullptr ? 0 : target.front->reach.row_version_;
  }
  lay_out();
}

void Reach::lay_out() {
  first_target_ = own_places_ + (spare_ == nullptr ? 0 : static_cast<uint32_t>(spare_->pool.backends.size()));
  places_ = first_target_;
  for (Target &target : targets_) {
    target.first = places_;
    places_ += target.size;
  }
}

bool Reach::has_targets(const Fronts &targets) const {
  return std::equal(targets_.begin(), targets_.end(), targets.begin(), targets.end(), [](const Target &t, Front *f) {
    return t.front == f && (f == nullptr || t.row_version == f->reach.row_version_);
  });
}

// With the same fronts nothing can be said once one has another spare: what it was is forgotten.
bool Reach::keeps_places(const Fronts &targets) const {
  return std::equal(targets_.begin(), targets_.end(), targets.begin(), targets.end(), [](const Target &t, Front *f) {
    if (t.front == nullptr || f == nullptr) return t.front == f;
    if (t.row_version != t.front->reach.row_version_) return false;
    auto before = servers_of(*t.front), now = servers_of(*f);
    return std::equal(before.begin(), before.end(), now.begin(), now.end(),
                      [](const config::Server *a, const config::Server *b) { return *a == *b; });
  });
}

bool Reach::uses(const Front *other) const {
  return spare_ == other ||
         std::any_of(targets_.begin(), targets_.end(), [other](const Target &t) { return t.front == other; });
}

Reach::Fronts Reach::targets_without(const Front &gone) const {
  Fronts targets;
  for (const Target &target : targets_) targets.push_back(target.front == &gone ? nullptr : target.front);
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
  for (uint32_t i = 0; is_targets(place) && i < targets_.size(); ++i) {
    if (place - targets_[i].first < targets_[i].size) return i + 1;
  }
  return kOwnWay;
}

uint32_t Reach::pool_of(uint32_t way) const {
  return way == kOwnWay ? own_.pool.index : own_.pool.targets[way - 1].number;
}

uint32_t Reach::servers(uint32_t way) const {
  if (way == kOwnWay) return own_places_;
  const Front *front = targets_[way - 1].front;
  return front == nullptr ? 0 : front->reach.own_places_;
}

uint32_t Reach::place(uint32_t way, uint32_t server) const {
  if (server >= servers(way)) return WEIR_NO_SERVER;
  return way == kOwnWay ? server : targets_[way - 1].first + server;
}

uint32_t Reach::server_of(uint32_t place) const {
  if (place >= places_) return UINT32_MAX;
  return is_targets(place) ? place - target_of(place).first : place;
}

uint32_t Reach::place_in_row(uint32_t way, uint32_t server) const {
  if (way == kOwnWay) return server < row() ? server : WEIR_NO_SERVER;
  const Target &target = targets_[way - 1];
  if (target.size == 0) return WEIR_NO_SERVER;
  return target.first + (server < target.size ? server : 0);
}

const Reach::Target &Reach::target_of(uint32_t place) const {
  return targets_[way_of(place) - 1];
}

void Reach::route_in(uint32_t way, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
  if (way == kOwnWay) return route(own_.pool.ring(), keys, n, places, now_us);
  const Target &target = targets_[way - 1];
  if (target.front == nullptr) return void(std::fill_n(places, n, WEIR_NO_SERVER));
  target.front->reach.route(target.front->pool.ring(), keys, n, places, now_us);
  for (uint32_t i = 0; i < n; ++i) {
    if (places[i] != WEIR_NO_SERVER) places[i] += target.first;
  }
}

uint32_t Reach::any(uint32_t way, uint32_t lane) const {
  if (way == kOwnWay) return any_here(own_.pool.ring(), lane);
  const Target &target = targets_[way - 1];
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
  const Target &target = targets_[way - 1];
  if (target.front != nullptr) target.front->reach.all_here(target.front->pool.ring(), wanted.data() + target.first);
}

void Reach::all_here(const route::Ring &ring, uint32_t *wanted) const {
  bool spare = ring.diverts() && spare_ != nullptr;
  for (uint32_t server = 0; server < ring.size(); ++server) {
    wanted[server] = ring.alive(server) || (ring.diverts() && !spare) ? 1 : 0;
  }
  for (uint32_t place = own_places_; spare && place < row(); ++place) wanted[place] = serves(ring, place) ? 1 : 0;
}

// ---- places
// -----------------------------------------------------------------------------------------------------------------

// Keys whose server is down, or has not got them back yet, are the spare pool's.
void Reach::divert(const route::Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *places, uint64_t now_us) {
  if (spare_ == nullptr) return;
  const route::Ring &other = spare_->pool.ring();
  for (uint32_t i = 0; i < n; ++i) {
    if (places[i] == WEIR_NO_SERVER) continue;
    weir_bytes part = route::hashed_part(keys[i], own_.settings.hash_tag);
    if (ring.alive(places[i]) && ring.has_come_back(places[i], part, now_us)) continue;
    uint32_t server = spare_->router.route_one(other, keys[i], now_us);
    places[i] = server == WEIR_NO_SERVER ? WEIR_NO_SERVER : place_of_spare(server);
  }
}

bool Reach::serves_elsewhere(uint32_t place) const {
  if (!is_targets(place)) return spare_->pool.ring().alive(place - own_places_);
  const Target &target = target_of(place);
  return target.front->reach.serves(target.front->pool.ring(), place - target.first);
}

upstream::ServerConnection &Reach::other_connection(uint32_t place, uint32_t lane) {
  if (is_targets(place)) {
    const Target &target = target_of(place);
    return target.front->reach.connection(place - target.first, lane);
  }
  own_.cells.failed_over.add();
  return spare_->upstream.connection(place - own_places_, lane);
}

upstream::ServerConnection *Reach::profile_connection(uint32_t place, uint32_t lane, uint64_t profile) {
  if (is_own(place)) return upstream_.connection(place, lane, profile);
  if (is_targets(place)) {
    const Target &target = target_of(place);
    return target.front->reach.connection(place - target.first, lane, profile);
  }
  own_.cells.failed_over.add();
  return spare_->upstream.connection(place - own_places_, lane, profile);
}

upstream::ServerConnection *Reach::lease(uint32_t place, uint64_t profile, upstream::LeaseHolder &holder) {
  if (is_own(place)) return upstream_.leases.take(place, profile, holder);
  if (is_targets(place)) {
    const Target &target = target_of(place);
    return target.front->reach.lease(place - target.first, profile, holder);
  }
  own_.cells.failed_over.add();
  return spare_->upstream.leases.take(place - own_places_, profile, holder);
}

uint64_t Reach::due_us_elsewhere(uint32_t place) {
  if (!is_targets(place)) return spare_->upstream.due_us();
  const Target &target = target_of(place);
  return target.front->reach.due_us(place - target.first);
}

}  // namespace weir::client
