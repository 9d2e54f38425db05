// Maglev: a table of a prime number of entries, which the servers fill in turns, each in an order of its own (Eisenbud
// et al., "Maglev: A Fast and Reliable Software Network Load Balancer", 3.4). Shares are even to the entry, and a key
// costs one look at the table; when a server goes, some keys of others move too. Immutable once constructed; any number
// of workers read it at once.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

class MaglevRing {
 public:
  static constexpr uint32_t kEntries = 65537;  // the paper's small table
  // A server has ten entries then; the paper asks for a hundred, 655 servers, for shares within a hundredth.
  static constexpr uint32_t kMaxServers = 6553;

  MaglevRing(const weir_server *servers, uint32_t n);  // throws std::length_error, std::bad_alloc
  uint32_t find(uint64_t hash) const;                  // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  std::vector<uint16_t> entries_;  // places in servers_; empty without a live server
  std::vector<uint32_t> servers_;  // weir_server.index, by name
};

extern const weir_dist kMaglev;

}  // namespace weir::hash
