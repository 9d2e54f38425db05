// Rendezvous: each server draws a number from the key's hash and its own name, and the best draw has the key (Thaler
// and Ravishankar). When a server goes, its keys alone move, to all others alike; the order of the configuration does
// not matter. The price is a draw for each server and key. Immutable once constructed; any number of workers read it at
// once.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

class RendezvousRing {
 public:
  RendezvousRing(const weir_server *servers, uint32_t n);  // throws std::bad_alloc
  uint32_t find(uint64_t hash) const;                      // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  uint32_t highest(uint64_t mixed) const;
  uint32_t soonest(uint64_t mixed) const;

  struct Weighted {
    uint64_t seed;
    uint32_t server, weight;
  };
  // By name. Of one length, apart so that a search reads what it needs: the former two without weights, the latter
  // with.
  std::vector<uint64_t> seeds_;
  std::vector<uint32_t> servers_;  // weir_server.index
  std::vector<Weighted> weighted_;
};

extern const weir_dist kRendezvous;

}  // namespace weir::hash
