#include "core/app/health_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/clock.h"
#include "core/base/log.h"
#include "core/base/text.h"

namespace weir::app {
namespace {

ServerWatch::Rules rules_of(const config::Pool &pool) {
  const config::HealthCheck &check = pool.health_check;
  return {check.interval_us != 0, check.rise, check.fall, pool.server_retry_timeout_us, pool.slow_start_us};
}

}  // namespace

HealthKeeper::HealthKeeper(boost::asio::io_context &io, route::Pool &pool, Retire retire)
    : pool_(pool),
      retire_(std::move(retire)),
      watches_(pool.backends.size(), ServerWatch(rules_of(pool.settings))),
      timer_(io) {}

HealthKeeper::~HealthKeeper() {
  stop();
}

void HealthKeeper::show(bool on) {
  shows_ = on;
  for (uint32_t i = 0; i < watches_.size() && on; ++i) cells(i).server_up.set(watches_[i].up() ? 1 : 0);
}

void HealthKeeper::tripped(uint32_t server) {
  if (!watches_[server].tripped(monotonic_us())) return;
  went_down(server, std::to_string(pool_.settings.server_failure_limit) + " failures in a row");
}

void HealthKeeper::probed(uint32_t server, bool good, const std::string &why) {
  ServerWatch &watch = watches_[server];
  (good ? cells(server).probes_ok : cells(server).probes_failed).add();
  bool was_up = watch.up();
  if (!good && was_up) {
    WEIR_LOG(warn, "pool %s: server %s: a probe failed: %s", pool_.settings.name.c_str(), name(server), why.c_str());
  }
  if (!watch.probed(good, monotonic_us())) return;
  const config::HealthCheck &check = pool_.settings.health_check;
  if (was_up) {
    went_down(server, std::to_string(check.fall) + " bad probes in a row");
  } else {
    came_back(server, std::to_string(check.rise) + " good probes in a row");
  }
}

void HealthKeeper::take_over(const HealthKeeper &before) {
  uint64_t now_us = monotonic_us();
  bool some = false;
  for (uint32_t i = 0; i < watches_.size(); ++i) {
    const config::Server &server = pool_.backends[i].config;
    for (uint32_t k = 0; k < before.watches_.size(); ++k) {
      const config::Server &was = before.pool_.backends[k].config;
      if (was.name != server.name || !(was.address == server.address) || before.watches_[k].up()) continue;
      watches_[i].take_over(before.watches_[k], now_us);
      some = true;
    }
  }
  if (some) changed();
}

void HealthKeeper::went_down(uint32_t server, const std::string &why) {
  if (shows_) cells(server).server_up.set(0);
  if (pool_.settings.policy() != config::OnFailure::nothing) {
    pool_.counters.back().pool->server_ejects.add();
    cells(server).server_ejected_at.set(wall_us());
  }
  auto up = std::count_if(watches_.begin(), watches_.end(), [](const ServerWatch &watch) { return watch.up(); });
  std::string back = pool_.settings.health_check.interval_us != 0
                         ? "until probes find it well"
                         : "for " + format_duration_us(pool_.settings.server_retry_timeout_us);
  WEIR_LOG(warn, "pool %s: server %s is down %s, after %s; %d of %zu servers left", pool_.settings.name.c_str(),
           name(server), back.c_str(), why.c_str(), static_cast<int>(up), watches_.size());
  changed();
}

void HealthKeeper::came_back(uint32_t server, const std::string &why) {
  if (shows_) cells(server).server_up.set(1);
  pool_.backends[server].health.replied();  // what failed while it was down is forgotten
  std::string slowly = watches_[server].warms()
                           ? "; it gets its keys by and by, for " + format_duration_us(pool_.settings.slow_start_us)
                           : "";
  WEIR_LOG(notice, "pool %s: server %s is used again, after %s%s", pool_.settings.name.c_str(), name(server),
           why.c_str(), slowly.c_str());
  changed();
}

void HealthKeeper::time_passed() {
  uint64_t now_us = monotonic_us();
  bool warmed = false;
  for (uint32_t server = 0; server < watches_.size(); ++server) {
    bool was_up = watches_[server].up();
    if (!watches_[server].time_passed(now_us)) continue;
    if (was_up) {
      warmed = true;
      WEIR_LOG(info, "pool %s: server %s has all its keys again", pool_.settings.name.c_str(), name(server));
    } else {
      came_back(server, format_duration_us(pool_.settings.server_retry_timeout_us));
    }
  }
  if (warmed) changed();
  wait();
}

void HealthKeeper::changed() {
  wait();
  if (pool_.settings.policy() == config::OnFailure::nothing) return;
  route::Standings standings;
  for (const ServerWatch &watch : watches_) standings.push_back(watch.standing());
  if (auto old = pool_.rebuild(standings)) retire_(std::move(old));
}

// For the first server that has something to wait for.
void HealthKeeper::wait() {
  if (*stopped_) return;
  uint64_t next = 0;
  for (const ServerWatch &watch : watches_) {
    if (watch.next_us() != 0 && (next == 0 || watch.next_us() < next)) next = watch.next_us();
  }
  if (next == 0) return void(timer_.cancel());
  uint64_t now_us = monotonic_us();
  timer_.expires_after(std::chrono::microseconds(next > now_us ? next - now_us : 0));
  timer_.async_wait([this, stopped = stopped_](boost::system::error_code error) {
    if (!error && !*stopped) time_passed();
  });
}

void HealthKeeper::stop() {
  *stopped_ = true;
  timer_.cancel();
}

}  // namespace weir::app
