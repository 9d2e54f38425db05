#include "core/route/router.h"

#include <algorithm>

#include "core/route/hash_tag.h"

namespace weir::route {

Router::Router(const Pool &pool, uint32_t worker_id, weir_arena *arena, void *dist_worker)
    : pool_(pool),
      hash_scope_{sizeof(weir_scope), worker_id, pool.hash->inst(), nullptr, nullptr, arena, 0, 0, nullptr},
      dist_scope_{sizeof(weir_scope), worker_id, pool.dist->inst(), dist_worker, nullptr, arena, 0, 0, nullptr},
      tagged_(!pool.settings.hash_tag.empty()),
      wants_hash_((pool.dist->dist().flags & WEIR_D_NO_HASH) == 0),
      wants_keys_((pool.dist->dist().flags & WEIR_D_KEYS) != 0),
      run_(pool.hash->hash().run),
      select_(pool.dist->dist().select),
      mask_(pool.hash->hash().bits == 32 ? UINT32_MAX : UINT64_MAX) {}

void Router::hash(const weir_bytes *keys, uint32_t n) {
  bool some_empty = false;
  for (uint32_t i = 0; i < n; ++i) some_empty |= keys[i].len == 0;
  if (some_empty) {
    hash_between_empty(keys, n);
  } else {
    run_(&hash_scope_, keys, n, hashes_.data());
  }
  if (mask_ == UINT64_MAX) return;
  for (uint32_t i = 0; i < n; ++i) hashes_[i] &= mask_;
}

// An empty key hashes to 0 without being asked; the runs between empty keys are asked in one go.
void Router::hash_between_empty(const weir_bytes *keys, uint32_t n) {
  for (uint32_t from = 0; from < n;) {
    uint32_t to = from;
    while (to < n && keys[to].len > 0) ++to;
    if (to > from) run_(&hash_scope_, keys + from, to - from, hashes_.data() + from);
    for (; to < n && keys[to].len == 0; ++to) hashes_[to] = 0;
    from = to;
  }
}

const weir_bytes *Router::cut_tags(const weir_bytes *keys, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) parts_[i] = hashed_part(keys[i], pool_.settings.hash_tag);
  return parts_.data();
}

uint32_t Router::route_one(const Ring &ring, weir_bytes key, uint64_t now_us) {
  if (tagged_ || key.len == 0 || !wants_hash_ || !ring.simple()) {
    uint32_t server = 0;
    route(ring, &key, 1, &server, now_us);
    return server;
  }
  uint64_t hash = 0;
  uint32_t server = WEIR_NO_SERVER;
  hash_scope_.now_us = dist_scope_.now_us = now_us;
  run_(&hash_scope_, &key, 1, &hash);
  hash &= mask_;
  select_(&dist_scope_, ring.table(), &hash, wants_keys_ ? &key : nullptr, 1, &server);
  return server < ring.size() ? server : WEIR_NO_SERVER;
}

void Router::route(const Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *servers, uint64_t now_us) {
  uint32_t size = ring.size();
  if (size == 1 || ring.empty()) return void(std::fill_n(servers, n, ring.empty() ? WEIR_NO_SERVER : 0));
  if (hashes_.size() < n) {
    hashes_.resize(n);
    parts_.resize(n);
  }
  hash_scope_.now_us = dist_scope_.now_us = now_us;
  const weir_bytes *hashed = tagged_ ? cut_tags(keys, n) : keys;
  if (wants_hash_) hash(hashed, n);
  select_(&dist_scope_, ring.table(), wants_hash_ ? hashes_.data() : nullptr, wants_keys_ ? hashed : nullptr, n,
          servers);
  for (uint32_t i = 0; i < n; ++i) {
    if (servers[i] >= size) servers[i] = WEIR_NO_SERVER;
  }
  if (ring.warms()) [[unlikely]]
    leave_in_fallback(ring, hashed, n, servers, now_us);
}

// Keys of servers that came back, and which are not back there yet, stay where they were meanwhile.
void Router::leave_in_fallback(const Ring &ring, const weir_bytes *hashed, uint32_t n, uint32_t *servers,
                               uint64_t now_us) {
  for (uint32_t i = 0; i < n; ++i) {
    if (servers[i] == WEIR_NO_SERVER || ring.has_come_back(servers[i], hashed[i], now_us)) continue;
    uint32_t other = WEIR_NO_SERVER;
    select_(&dist_scope_, ring.fallback_table(), wants_hash_ ? &hashes_[i] : nullptr,
            wants_keys_ ? &hashed[i] : nullptr, 1, &other);
    if (other < ring.size()) servers[i] = other;  // else there is nobody but those who came back
  }
}

}  // namespace weir::route
