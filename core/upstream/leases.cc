#include "core/upstream/leases.h"

#include <algorithm>
#include <utility>

#include "core/upstream/upstream.h"

namespace weir::upstream {

Leases::Leases(Upstream &upstream)
    : upstream_(upstream), idle_(upstream.with.backends.size()), counts_(upstream.with.backends.size()) {}

Leases::~Leases() = default;

ServerConnection *Leases::take(uint32_t server, uint64_t profile, LeaseHolder &holder) {
  ServerConnection *connection = idle_one(server, profile);
  if (connection == nullptr) {
    if (counts_[server] >= upstream_.with.pool.lease_limit && !make_room(server)) return nullptr;
    ++counts_[server];
    auto made = std::make_unique<ServerConnection>(upstream_, server, profile);
    connection = made.get();
    made->lease_ = {nullptr, all_.size(), true, false, 0};
    all_.push_back(std::move(made));
  }
  connection->lease_.holder = &holder;
  connection->lease_.ends = false;
  connection->cells_.leases.add();
  return connection;
}

// Others of another profile fill the place and are not in use: the oldest leaves.
bool Leases::make_room(uint32_t server) {
  if (idle_[server].empty()) return false;
  drop(*idle_[server].front());
  return true;
}

// The one that came back last.
ServerConnection *Leases::idle_one(uint32_t server, uint64_t profile) {
  auto &idle = idle_[server];
  auto fits = [profile](const ServerConnection *c) { return c->profile() == profile && c->is_as_new(); };
  auto found = std::find_if(idle.rbegin(), idle.rend(), fits);
  if (found == idle.rend()) return nullptr;
  ServerConnection *connection = *found;
  idle.erase(std::next(found).base());
  return connection;
}

void Leases::leaves(ServerConnection &connection, bool clean) {
  if (connection.lease_.holder != nullptr) connection.cells_.leases.sub();
  connection.lease_.holder = nullptr;
  connection.keep_reading(true);
  std::erase(idle_[connection.server()], &connection);
  if (leaving_.empty()) upstream_.with.reactor.later([this] { let_go(); });
  leaving_.push_back({&connection, clean});
}

void Leases::let_go() {
  std::vector<Leaving> leaving;
  leaving.swap(leaving_);
  for (const Leaving &each : leaving) {
    ServerConnection &connection = *each.connection;
    if (connection.closing_soon_) {  // it could not connect, and hears of it in the next turn
      leaves(connection, false);
      continue;
    }
    auto &idle = idle_[connection.server()];
    if (each.clean && connection.is_as_new() && idle.size() < kMostIdle) {
      idle.push_back(&connection);
      continue;
    }
    connection.end();
    upstream_.with.reactor.bury(take_out(connection));
  }
}

std::unique_ptr<ServerConnection> Leases::take_out(ServerConnection &connection) {
  size_t place = connection.lease_.place;
  std::unique_ptr<ServerConnection> out = std::move(all_[place]);
  if (place + 1 < all_.size()) {
    all_[place] = std::move(all_.back());
    all_[place]->lease_.place = place;
  }
  all_.pop_back();
  --counts_[connection.server()];
  std::erase(idle_[connection.server()], &connection);
  std::erase_if(leaving_, [&connection](const Leaving &l) { return l.connection == &connection; });
  return out;
}

void Leases::lost(ServerConnection &connection) {
  size_t place = connection.lease_.place;
  if (place >= all_.size() || all_[place].get() != &connection) return;  // it has ended already
  connection.end();                                                      // of what was queued since it was closed
  upstream_.with.reactor.bury(take_out(connection));
  LeaseHolder *holder = std::exchange(connection.lease_.holder, nullptr);
  if (holder == nullptr) return;
  connection.cells_.leases.sub();
  holder->lease_lost(connection);
}

// ---- all of them
// --------------------------------------------------------------------------------------------------------
// From the last to the first: one that ends gives its place to one that was looked at.

void Leases::addresses_changed(uint32_t server) {
  for (size_t i = all_.size(); i-- > 0;) {
    if (i < all_.size() && all_[i]->server() == server) all_[i]->addresses_changed();
  }
}

uint64_t Leases::check_time(uint64_t now_us) {
  uint64_t soonest = 0;
  for (size_t i = all_.size(); i-- > 0;) {
    if (i >= all_.size()) continue;
    uint64_t next = all_[i]->check_time(now_us);
    if (next != 0 && (soonest == 0 || next < soonest)) soonest = next;
  }
  return soonest;
}

bool Leases::idle() const {
  return leaving_.empty() && std::all_of(all_.begin(), all_.end(), [](const auto &c) { return c->idle(); });
}

bool Leases::is_awaited() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto &c) { return c->is_awaited(); });
}

void Leases::end() {
  while (!all_.empty()) {
    ServerConnection &connection = *all_.back();
    connection.end();
    lost(connection);
  }
}

}  // namespace weir::upstream
