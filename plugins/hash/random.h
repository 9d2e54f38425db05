// Random: any live server, each as likely as the next. Key, hash and weight count for nothing.
//
// The ring is immutable and shared by the workers; the generator is one worker's alone, and starts elsewhere each time.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

// SplitMix64: one addition and a mix. Good enough to spread load; not for secrets.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed) {}
  uint64_t next();
  uint32_t below(uint32_t bound);  // bound >= 1

 private:
  uint64_t state_;
};

class RandomRing {
 public:
  RandomRing(const weir_server *servers, uint32_t n);  // throws std::bad_alloc
  uint32_t pick(Generator &) const;                    // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  std::vector<uint32_t> live_;  // weir_server.index
};

extern const weir_dist kRandom;

}  // namespace weir::hash
