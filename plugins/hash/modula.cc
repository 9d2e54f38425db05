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

std::string ModulaRing::explain(uint64_t hash, weir_bytes) const {
  if (slot_count_ == 0) return "no live server";
  return "slot " + std::to_string(modulo(hash, slot_count_)) + " of " + std::to_string(slot_count_);
}

const weir_dist kModula = dist_of<ModulaRing>();

}  // namespace weir::hash
