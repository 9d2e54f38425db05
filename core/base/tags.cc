#include "core/base/tags.h"

#include <functional>

namespace weir {

TagCells &TagTable::made(size_t slot, std::string_view tag) {
  owned_[slot] = std::make_unique<TagCells>(tag);
  slots_[slot].store(owned_[slot].get(), std::memory_order_release);
  return *owned_[slot];
}

TagCells &TagTable::cells(std::string_view tag) {
  auto other = [this]() -> TagCells & { return owned_[kMost] ? *owned_[kMost] : made(kMost, kOther); };
  if (tag.size() > kLongest || tag == kOther) return other();
  // Half of the places are never taken: the search ends.
  for (size_t at = std::hash<std::string_view>()(tag);; ++at) {
    uint16_t &place = places_[at & (kPlaces - 1)];
    if (place != 0) {
      TagCells &there = *owned_[place - 1];
      if (there.name == tag) return there;
      continue;
    }
    if (used_ == kMost) return other();
    TagCells &fresh = made(used_, tag);
    place = static_cast<uint16_t>(++used_);
    return fresh;
  }
}

}  // namespace weir
