#include "plugins/hash/modula.h"

#include <algorithm>

#include "plugins/hash/build.h"
#include "plugins/hash/servers.h"

namespace weir::hash {
namespace {

// Hashes mostly have 32 bits, and a 32-bit division takes a fraction of the time of a 64-bit one on many processors.
uint64_t modulo(uint64_t hash, uint64_t count) {
  if ((hash | count) >> 32 == 0) return static_cast<uint32_t>(hash) % static_cast<uint32_t>(count);
  return hash % count;
}

void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n,
            uint32_t *server_out) {
  const auto &slots = *static_cast<const ModulaRing *>(ring);
  for (uint32_t i = 0; i < n; ++i) server_out[i] = slots.find(hash[i]);
}

}  // namespace

ModulaRing::ModulaRing(const weir_server *servers, uint32_t n) {
  const std::vector<weir_server> live = live_in_name_order(servers, n);
  slot_count_ = total_weight(live);
  if (slot_count_ <= kMaxSlots) {
    slots_.reserve(slot_count_);
    for (const weir_server &server : live) slots_.insert(slots_.end(), server.weight, server.index);
    return;
  }
  uint64_t end = 0;
  for (const weir_server &server : live) runs_.push_back({end += server.weight, server.index});
}

uint32_t ModulaRing::find(uint64_t hash) const {
  if (slot_count_ == 0) return WEIR_NO_SERVER;
  const uint64_t slot = modulo(hash, slot_count_);
  if (!slots_.empty()) return slots_[slot];
  return std::upper_bound(runs_.begin(), runs_.end(), slot, [](uint64_t s, const Run &run) { return s < run.end; })
      ->server;
}

const weir_dist kModula = {.struct_size = sizeof(weir_dist),
                           .flags = 0,
                           .create = nullptr,
                           .destroy = nullptr,
                           .worker_init = nullptr,
                           .worker_fini = nullptr,
                           .build = build_ring<ModulaRing>,
                           .drop = drop_ring<ModulaRing>,
                           .select = select};

}  // namespace weir::hash
