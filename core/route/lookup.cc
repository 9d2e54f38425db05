#include "core/route/lookup.h"

#include <algorithm>

#include "core/route/hash_tag.h"

namespace weir::route {

Lookup::Lookup(const Pool &pool)
    : pool_(pool), dist_worker_(pool.dist->worker_init(0)), router_(pool, 0, nullptr, dist_worker_) {}

Lookup::~Lookup() {
  pool_.dist->worker_fini(dist_worker_);
}

uint64_t Lookup::hash_of(weir_bytes part) const {
  if (part.len == 0) return 0;
  const weir_scope scope{sizeof(weir_scope), 0, pool_.hash->inst(), nullptr, nullptr, nullptr, 0, 0, nullptr};
  uint64_t hash = 0;
  pool_.hash->hash().run(&scope, &part, 1, &hash);
  return hash_bits() == 32 ? static_cast<uint32_t>(hash) : hash;
}

Lookup::Place Lookup::place(weir_bytes key) {
  Place place;
  place.server = server(key);
  place.part = hashed_part(key, pool_.settings.hash_tag);
  if (pool_.backends.size() == 1) {
    place.how = "the only server";
    return place;
  }
  const weir_dist &dist = pool_.dist->dist();
  place.is_hashed = (dist.flags & WEIR_D_NO_HASH) == 0;
  if (place.is_hashed) place.hash = hash_of(place.part);
  if (dist.explain == nullptr) return place;
  char text[256];
  weir_errbuf out{text, sizeof text, 0};
  dist.explain(pool_.dist->inst(), pool_.ring().table(), place.hash, place.part, &out);
  place.how.assign(text, std::min(out.len, out.cap));
  return place;
}

}  // namespace weir::route
