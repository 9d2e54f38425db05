// Slots: where a Redis cluster keeps a key. A key has one of 16384 slots, and each slot a server: as `redis-cli
// --cluster create` deals them out, in the configuration's order, or as the configuration says. The pool's hash is not
// asked. Immutable once constructed; any number of workers read it at once.
#pragma once

#include <weir/hash.h>
#include <weir/schema.h>

#include <cstdint>
#include <string>
#include <vector>

namespace weir::hash {

// Slots first to last of the server of this name, as written under `ranges`.
struct SlotRange {
  std::string server;
  uint32_t first, last;
};

class SlotRing {
 public:
  // Without ranges the slots are dealt out. Throws std::invalid_argument, std::bad_alloc.
  SlotRing(const weir_server *servers, uint32_t n, const std::vector<SlotRange> &ranges);
  uint32_t find(weir_bytes key) const;  // WEIR_NO_SERVER when there is no live server
  std::string explain(uint64_t hash, weir_bytes key) const;

 private:
  void deal(const weir_server *servers, uint32_t n);
  void take(const weir_server *servers, uint32_t n, const std::vector<SlotRange> &ranges);
  void leave_the_dead(const weir_server *servers, uint32_t n);
  std::vector<uint32_t> owners_;   // weir_server.index by slot
  std::vector<uint32_t> serving_;  // the same, while owners are dead
};

extern const weir_dist kSlots;
extern const weir_schema kSlotsSchema;

}  // namespace weir::hash
