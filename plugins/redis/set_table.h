// Which members a set has: a hash table over bytes that lie elsewhere. Lives in the arena of one merge(). Its hash is
// keyed with numbers nobody outside knows, since clients choose the members.
#pragma once

#include <weir/protocol.h>

#include <cstring>

namespace weir::redis {

class SetTable {
 public:
  // Room for n members. false: the arena is full.
  bool reserve(weir_arena *arena, uint64_t n);
  // Forgets all members.
  void clear();
  // Whether it was not there yet. At most n members.
  bool insert(weir_bytes member);
  bool has(weir_bytes member) const { return find(member, hash(member))->ptr != nullptr; }

 private:
  struct Slot {
    const uint8_t *ptr;  // nullptr: free
    uint32_t len, hash;
  };
  static uint32_t hash(weir_bytes member);
  Slot *find(weir_bytes member, uint32_t hash) const;  // where it is, or belongs

  Slot *slots_ = nullptr;
  uint64_t mask_ = 0;
};

}  // namespace weir::redis
