// Jump: Lamping and Veach's consistent hash over servers numbered as the configuration has them. One more at the end
// takes its share from all others, and nothing else moves; in any other place most keys move. There is no table.
// Immutable once constructed; any number of workers read it at once.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

// The paper's function: a bucket out of `buckets`, which is at least 1.
uint32_t jump_bucket(uint64_t hash, uint32_t buckets);

class JumpRing {
 public:
  JumpRing(const weir_server *servers, uint32_t n);  // throws std::invalid_argument, std::bad_alloc
  uint32_t find(uint64_t hash) const;                // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  uint32_t instead_of_dead(uint64_t hash) const;
  std::vector<uint32_t> servers_;  // weir_server.index by bucket, WEIR_NO_SERVER for one that is dead
  std::vector<uint32_t> live_;     // weir_server.index
};

extern const weir_dist kJump;

}  // namespace weir::hash
