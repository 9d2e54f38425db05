#include "core/upstream/upstream.h"

#include <algorithm>
#include <atomic>

namespace weir::upstream {

uint64_t next_connection_id() {
  static std::atomic<uint64_t> last{uint64_t{1} << 63};  // clients count from 1
  return last.fetch_add(1, std::memory_order_relaxed);
}

Upstream::Upstream(const Parts &parts) : with(parts), arrays(ReplyArrays::of_this_thread()) {
  for (uint32_t server = 0; server < with.backends.size(); ++server) {
    for (uint32_t i = 0; i < with.pool.server_connections; ++i) {
      connections_.push_back(std::make_unique<ServerConnection>(*this, server));
    }
  }
}

void Upstream::connect_all() {
  for (auto &connection : connections_) connection->connect();
}

void Upstream::addresses_changed(uint32_t server) {
  for (uint32_t lane = 0; lane < with.pool.server_connections; ++lane) connection(server, lane).addresses_changed();
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
  for (auto &connection : connections_) {
    if (uint64_t next = connection->check_time(now_us); next != 0) check_at(next);
  }
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
  return std::any_of(connections_.begin(), connections_.end(), [](const auto &c) { return c->is_awaited(); });
}

void Upstream::end() {
  stop_probes();
  for (auto &connection : connections_) connection->end();
}

bool Upstream::idle() const {
  return std::all_of(connections_.begin(), connections_.end(), [](const auto &c) { return c->idle(); });
}

}  // namespace weir::upstream
