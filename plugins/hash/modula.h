// Modula: the hash modulo the total weight of the live servers; each owns as many consecutive slots as it has weight.
// Immutable once constructed; any number of workers read it at once.
#pragma once

#include <weir/hash.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

class ModulaRing {
 public:
  // Up to this total weight each slot has an entry of its own; beyond, slots are searched, so that a weight of a
  // thousand million costs no memory.
  static constexpr uint64_t kMaxSlots = 1 << 14;

  ModulaRing(const weir_server *servers, uint32_t n);  // throws std::bad_alloc
  uint32_t find(uint64_t hash) const;                  // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  struct Run {
    uint64_t end;  // the slot after its last
    uint32_t server;
  };

  uint64_t slot_count_ = 0;
  std::vector<uint32_t> slots_;  // weir_server.index; empty when there are too many
  std::vector<Run> runs_;        // in slot order; empty when slots_ is not
};

extern const weir_dist kModula;

}  // namespace weir::hash
