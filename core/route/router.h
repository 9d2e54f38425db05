// From keys to servers, many at a time: one call of the hash and one of the distribution for all keys of a window.
// Owner: the worker, one for each pool. Thread: the worker's alone.
#pragma once

#include <vector>

#include "core/route/pool.h"

namespace weir::route {

class Router {
 public:
  Router(const Pool &pool, uint32_t worker_id, weir_arena *arena, void *dist_worker);

  // servers[i] for each of the n keys: its index, or WEIR_NO_SERVER.
  void route(const Ring &ring, const weir_bytes *keys, uint32_t n, uint32_t *servers, uint64_t now_us);

  // The same for one key.
  uint32_t route_one(const Ring &ring, weir_bytes key, uint64_t now_us);

 private:
  void hash(const weir_bytes *keys, uint32_t n);
  void hash_between_empty(const weir_bytes *keys, uint32_t n);
  const weir_bytes *cut_tags(const weir_bytes *keys, uint32_t n);
  void leave_in_fallback(const Ring &ring, const weir_bytes *hashed, uint32_t n, uint32_t *servers, uint64_t now_us);

  const Pool &pool_;
  weir_scope hash_scope_, dist_scope_;
  const bool tagged_, wants_hash_, wants_keys_;
  decltype(weir_hash::run) const run_;
  decltype(weir_dist::select) const select_;
  const uint64_t mask_;
  std::vector<weir_bytes> parts_;
  std::vector<uint64_t> hashes_;
};

}  // namespace weir::route
