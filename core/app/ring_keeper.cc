#include "core/app/ring_keeper.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/base/clock.h"
#include "core/base/log.h"

namespace weir::app {

RingKeeper::RingKeeper(boost::asio::io_context &io, route::Pool &pool, Retire retire)
    : pool_(pool), retire_(std::move(retire)), alive_(pool.backends.size(), 1) {
  for (size_t i = 0; i < alive_.size(); ++i) back_.push_back(std::make_unique<boost::asio::steady_timer>(io));
}

void RingKeeper::eject(uint32_t server) {
  if (alive_[server] == 0) return;  // several workers, or connections, may say so
  alive_[server] = 0;
  pool_.counters.back().pool->server_ejects.add();
  pool_.counters.back().servers[server]->server_ejected_at.set(wall_us());
  auto live = std::count(alive_.begin(), alive_.end(), 1);
  WEIR_LOG(warn, "pool %s: server %s is ejected for %llu ms; %d of %zu servers left", pool_.settings.name.c_str(),
           pool_.backends[server].config.name.c_str(),
           static_cast<unsigned long long>(pool_.settings.server_retry_timeout_us / 1000), static_cast<int>(live),
           alive_.size());
  rebuild();
  back_[server]->expires_after(std::chrono::microseconds(pool_.settings.server_retry_timeout_us));
  back_[server]->async_wait([this, server](boost::system::error_code error) {
    if (!error) readmit(server);
  });
}

void RingKeeper::readmit(uint32_t server) {
  alive_[server] = 1;
  WEIR_LOG(notice, "pool %s: server %s is tried again", pool_.settings.name.c_str(),
           pool_.backends[server].config.name.c_str());
  rebuild();
}

void RingKeeper::rebuild() {
  if (auto old = pool_.rebuild(alive_)) retire_(std::move(old));
}

void RingKeeper::stop() {
  for (auto &timer : back_) timer->cancel();
}

}  // namespace weir::app
