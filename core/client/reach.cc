#include "core/client/reach.h"

#include <weir/hash.h>

#include "core/client/front.h"
#include "core/route/hash_tag.h"

namespace weir::client {

Reach::Reach(Front &own)
    : own_(own),
      upstream_(own.upstream),
      router_(own.router),
      own_places_(static_cast<uint32_t>(own.pool.backends.size())),
      places_(own_places_) {}

void Reach::set_spare(Front *spare) {
  if (spare != spare_) ++version_;
  spare_ = spare;
  places_ = own_places_ + (spare == nullptr ? 0 : static_cast<uint32_t>(spare->pool.backends.size()));
}

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

bool Reach::spare_serves(uint32_t place) const {
  return spare_->pool.ring().alive(place - own_places_);
}

upstream::ServerConnection &Reach::spare_connection(uint32_t place, uint32_t lane) {
  own_.cells.failed_over.add();
  return spare_->upstream.connection(place - own_places_, lane);
}

upstream::ServerConnection *Reach::profile_connection(uint32_t place, uint32_t lane, uint64_t profile) {
  if (is_own(place)) return upstream_.connection(place, lane, profile);
  own_.cells.failed_over.add();
  return spare_->upstream.connection(place - own_places_, lane, profile);
}

upstream::ServerConnection *Reach::lease(uint32_t place, uint64_t profile, upstream::LeaseHolder &holder) {
  if (is_own(place)) return upstream_.leases.take(place, profile, holder);
  own_.cells.failed_over.add();
  return spare_->upstream.leases.take(place - own_places_, profile, holder);
}

uint64_t Reach::spare_due_us() {
  return spare_->upstream.due_us();
}

}  // namespace weir::client
