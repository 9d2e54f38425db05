#include "core/upstream/upstream.h"

#include <algorithm>
#include <atomic>

namespace weir::upstream {
namespace {

constexpr uint64_t kProfileRestUs = 1'000'000;

}  // namespace

uint64_t next_connection_id() {
  static std::atomic<uint64_t> last{uint64_t{1} << 63};  // clients count from 1
  return last.fetch_add(1, std::memory_order_relaxed);
}

Upstream::Upstream(const Parts &parts) : with(parts), arrays(ReplyArrays::of_this_thread()), leases(*this) {
  for (uint32_t server = 0; server < with.backends.size(); ++server) {
    for (uint32_t i = 0; i < with.pool.server_connections; ++i) {
      connections_.push_back(std::make_unique<ServerConnection>(*this, server, 0));
    }
  }
}

void Upstream::connect_all() {
  for (auto &connection : connections_) connection->connect();
}

template <class F>
void Upstream::each_connection(F what) const {
  for (const auto &connection : connections_) what(*connection);
  for (size_t i = 0; i < profiles_.size(); ++i) {
    for (const auto &connection : profiles_[i].connections) {
      if (connection != nullptr) what(*connection);
    }
  }
}

// ---- profiles
// --------------------------------------------------------------------------------------------------------

ServerConnection *Upstream::connection(uint32_t server, uint32_t lane, uint64_t id, bool apart) {
  Profile *of = profile(id, apart);
  if (of == nullptr) return nullptr;
  of->used_us = with.reactor.now_us;
  auto &connection = of->connections[place_of(server, lane)];
  if (connection == nullptr) connection = std::make_unique<ServerConnection>(*this, server, id);
  return connection.get();
}

Upstream::Profile *Upstream::profile(uint64_t id, bool apart) {
  for (Profile &known : profiles_) {
    if (known.id == id && known.apart == apart) return &known;
  }
  if (profiles_.size() >= with.pool.max_profiles && !make_room_for_profile()) return nullptr;
  profiles_.push_back({id, apart, 0, Connections(connections_.size())});
  return &profiles_.back();
}

// The one that was not used for longest leaves, of those on which nothing is under way.
bool Upstream::make_room_for_profile() {
  Profile *oldest = nullptr;
  for (Profile &profile : profiles_) {
    bool idle = std::all_of(profile.connections.begin(), profile.connections.end(),
                            [](const auto &c) { return c == nullptr || c->idle(); });
    if (idle && (oldest == nullptr || profile.used_us < oldest->used_us)) oldest = &profile;
  }
  // Somebody may still be about to look whether there is room on one that was used in this turn.
  if (oldest == nullptr || with.reactor.now_us < oldest->used_us + kProfileRestUs) return false;
  end(*oldest);
  std::swap(*oldest, profiles_.back());
  profiles_.pop_back();
  return true;
}

void Upstream::end(Profile &profile) {
  for (auto &connection : profile.connections) {
    if (connection == nullptr) continue;
    connection->end();
    with.reactor.bury(std::move(connection));
  }
  auto told = with.protocol.protocol().profile_idle;
  if (told == nullptr || profile.apart) return;
  weir_scope scope = {sizeof scope, with.reactor.worker_id,   with.protocol.inst(), with.protocol_worker,
                      nullptr,      with.reactor.arena.abi(), with.reactor.now_us,  0,
                      nullptr};
  told(&scope, profile.id);
}

void Upstream::addresses_changed(uint32_t server) {
  each_connection([server](ServerConnection &c) {
    if (c.server() == server) c.addresses_changed();
  });
  leases.addresses_changed(server);
  if (!probes_.empty()) probes_[server]->addresses_changed();
}

void Upstream::start_probes() {
  if (with.pool.health_check.interval_us == 0 || !probes_.empty()) return;
  for (uint32_t server = 0; server < with.backends.size(); ++server) {
    probes_.push_back(std::make_unique<Probe>(*this, server));
  }
  check_at(1);  // at once
}

void Upstream::check_time(uint64_t now_us) {
  if (next_check_us_ == 0 || now_us < next_check_us_) return;
  next_check_us_ = 0;
  each_connection([this, now_us](ServerConnection &c) {
    if (uint64_t next = c.check_time(now_us); next != 0) check_at(next);
  });
  if (uint64_t next = leases.check_time(now_us); next != 0) check_at(next);
  for (auto &probe : probes_) check_at(probe->check_time(now_us));
}

bool Upstream::failed(uint32_t server) {
  if (with.pool.policy() == config::OnFailure::nothing) return false;
  if (!with.backends[server].health.failed(with.pool.server_failure_limit)) return false;
  with.ejections.server_tripped(with.pool_id, server);
  return true;
}

void Upstream::stop_probes() {
  for (auto &probe : probes_) with.reactor.bury(std::move(probe));
  probes_.clear();
}

bool Upstream::is_awaited() const {
  bool awaited = leases.is_awaited();
  each_connection([&awaited](const ServerConnection &c) { awaited = awaited || c.is_awaited(); });
  return awaited;
}

void Upstream::end() {
  stop_probes();
  each_connection([](ServerConnection &c) { c.end(); });
  leases.end();
}

bool Upstream::idle() const {
  bool idle = leases.idle();
  each_connection([&idle](const ServerConnection &c) { idle = idle && c.idle(); });
  return idle;
}

}  // namespace weir::upstream
