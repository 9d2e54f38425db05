#include "plugins/hash/rendezvous.h"

#include "plugins/hash/build.h"
#include "plugins/hash/hashes.h"
#include "plugins/hash/log2.h"
#include "plugins/hash/murmur3.h"
#include "plugins/hash/servers.h"

namespace weir::hash {

RendezvousRing::RendezvousRing(const weir_server *servers, uint32_t n) {
  const std::vector<weir_server> live = live_in_name_order(servers, n);
  const bool weighted = !weights_equal(servers, n);
  uint64_t namesakes = 0;
  for (size_t i = 0; i < live.size(); ++i) {
    // Servers of one name would draw alike; the configuration's order tells them apart.
    namesakes = i > 0 && name_of(live[i - 1]) == name_of(live[i]) ? namesakes + 1 : 0;
    const uint64_t seed = xxh64_of(live[i].name.ptr, live[i].name.len, namesakes);
    if (weighted) {
      weighted_.push_back({seed, live[i].index, live[i].weight});
    } else {
      seeds_.push_back(seed);
      servers_.push_back(live[i].index);
    }
  }
}

uint32_t RendezvousRing::find(uint64_t hash) const {
  const uint64_t mixed = mix64(hash);
  return weighted_.empty() ? highest(mixed) : soonest(mixed);
}

uint32_t RendezvousRing::highest(uint64_t mixed) const {
  uint64_t best = 0;
  uint32_t server = WEIR_NO_SERVER;
  for (size_t i = 0; i < seeds_.size(); ++i) {
    const uint64_t draw = mix64(mixed ^ seeds_[i]);
    if (draw > best || server == WEIR_NO_SERVER) best = draw, server = servers_[i];
  }
  return server;
}

// A draw u between 0 and 1 becomes -log(u) / weight: the time to the first event of a process of that rate. The first
// of all is a server's with the probability of its weight. The logarithm falls while u rises, so that equal weights
// choose as highest() does. Quotients are compared by cross-multiplying: nothing is rounded.
uint32_t RendezvousRing::soonest(uint64_t mixed) const {
  uint64_t best = 0;
  const Weighted *chosen = nullptr;
  for (const Weighted &server : weighted_) {
    const uint64_t wait = minus_log2(mix64(mixed ^ server.seed));
    if (chosen == nullptr || static_cast<Wide>(wait) * chosen->weight < static_cast<Wide>(best) * server.weight) {
      best = wait;
      chosen = &server;
    }
  }
  return chosen == nullptr ? WEIR_NO_SERVER : chosen->server;
}

std::string RendezvousRing::explain(uint64_t, weir_bytes) const {
  const size_t draws = servers_.size() + weighted_.size();
  if (draws == 0) return "no live server";
  return "best of " + std::to_string(draws) + (weighted_.empty() ? " draws" : " weighted draws");
}

const weir_dist kRendezvous = dist_of<RendezvousRing>();

}  // namespace weir::hash
