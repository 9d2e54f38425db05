#include "plugins/hash/maglev.h"

#include <algorithm>
#include <stdexcept>

#include "plugins/hash/build.h"
#include "plugins/hash/hashes.h"
#include "plugins/hash/servers.h"

namespace weir::hash {
namespace {

constexpr uint16_t kFree = UINT16_MAX;

// One server's way through the table: each entry once, since the number of entries is prime.
struct Walk {
  uint32_t at, skip;
  uint64_t weight, due = 0;

  explicit Walk(const weir_server &server)
      : at(static_cast<uint32_t>(xxh64_of(server.name.ptr, server.name.len, 0) % MaglevRing::kEntries)),
        skip(static_cast<uint32_t>(xxh64_of(server.name.ptr, server.name.len, 1) % (MaglevRing::kEntries - 1)) + 1),
        weight(server.weight) {}
  void next() { at = (at + skip) % MaglevRing::kEntries; }
};

// In turn i the heaviest server takes an entry, and each other one whose i * weight reaches what its entries so far
// have cost: the heaviest one's weight each.
std::vector<uint16_t> fill(std::vector<Walk> walks) {
  std::vector<uint16_t> entries(MaglevRing::kEntries, kFree);
  uint64_t heaviest = 0;
  for (const Walk &walk : walks) heaviest = std::max(heaviest, walk.weight);
  for (Walk &walk : walks) walk.due = heaviest;
  uint32_t left = MaglevRing::kEntries;
  for (uint64_t turn = 1;; ++turn) {
    for (size_t i = 0; i < walks.size(); ++i) {
      Walk &walk = walks[i];
      if (turn * walk.weight < walk.due) continue;
      walk.due += heaviest;
      while (entries[walk.at] != kFree) walk.next();
      entries[walk.at] = static_cast<uint16_t>(i);
      if (--left == 0) return entries;
    }
  }
}

}  // namespace

MaglevRing::MaglevRing(const weir_server *servers, uint32_t n) {
  if (n > kMaxServers) {
    throw std::length_error("maglev lays out at most " + std::to_string(kMaxServers) + " servers, the pool has " +
                            std::to_string(n) + "; split the pool or use \"distribution: jump\"");
  }
  const std::vector<weir_server> live = live_in_name_order(servers, n);
  if (live.empty()) return;
  for (const weir_server &server : live) servers_.push_back(server.index);
  entries_ = fill({live.begin(), live.end()});
}

uint32_t MaglevRing::find(uint64_t hash) const {
  return entries_.empty() ? WEIR_NO_SERVER : servers_[entries_[hash % kEntries]];
}

std::string MaglevRing::explain(uint64_t hash, weir_bytes) const {
  if (entries_.empty()) return "no live server";
  return "entry " + std::to_string(hash % kEntries) + " of " + std::to_string(kEntries);
}

const weir_dist kMaglev = dist_of<MaglevRing>();

}  // namespace weir::hash
