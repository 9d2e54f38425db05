#include "core/route/router.h"

#include <algorithm>

#include "core/route/hash_tag.h"

namespace weir::route {

Router::Router(const Pool &pool, uint32_t worker_id, weir_arena *arena, void *dist_worker)
    : pool_(pool),
      hash_scope_{sizeof(weir_scope), worker_id, pool.hash->inst(), nullptr, nullptr, arena, 0, 0},
      dist_scope_{sizeof(weir_scope), worker_id, pool.dist->inst(), dist_worker, nullptr, arena, 0, 0},
      tagged_(!pool.settings.hash_tag.empty()),
      wants_hash_((pool.dist->dist().flags & WEIR_D_NO_HASH) == 0),
      wants_keys_((pool.dist->dist().flags & WEIR_D_KEYS) != 0),
      mask_(pool.hash->hash().bits == 32 ? UINT32_MAX : UINT64_MAX) {}

void Router::hash(const weir_bytes *keys, uint32_t n) {
  const weir_hash &ops = pool_.hash->hash();
  // An empty key hashes to 0 without being asked; the runs between empty keys are asked in one go.
  for (uint32_t from = 0; from < n;) {
    uint32_t to = from;
    while (to < n && keys[to].len > 0) ++to;
    if (to > from) ops.run(&hash_scope_, keys + from, to - from, hashes_.data() + from);
    for (; to < n && keys[to].len == 0; ++to) hashes_[to] = 0;
    from = to;
  }
  if (mask_ != UINT64_MAX) {
    for (uint32_t i = 0; i < n; ++i) hashes_[i] &= mask_;
  }
}

void Router::route(const Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *servers, uint64_t now_us) {
  if (ring.live() == 0) return void(std::fill_n(servers, n, WEIR_NO_SERVER));
  if (ring.size() == 1) return void(std::fill_n(servers, n, 0));
  if (hashes_.size() < n) {
    hashes_.resize(n);
    parts_.resize(n);
  }
  hash_scope_.now_us = dist_scope_.now_us = now_us;
  const weir_bytes *hashed = keys;
  if (tagged_) {
    for (uint32_t i = 0; i < n; ++i) parts_[i] = hashed_part(keys[i], pool_.settings.hash_tag);
    hashed = parts_.data();
  }
  if (wants_hash_) hash(hashed, n);
  pool_.dist->dist().select(&dist_scope_, ring.table(), wants_hash_ ? hashes_.data() : nullptr,
                            wants_keys_ ? hashed : nullptr, n, servers);
  for (uint32_t i = 0; i < n; ++i) {
    if (servers[i] >= ring.size()) servers[i] = WEIR_NO_SERVER;
  }
}

}  // namespace weir::route
