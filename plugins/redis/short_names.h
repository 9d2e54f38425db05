// Command names of up to eight bytes, which is most of them: found by one multiplication and one comparison. Made at
// compile time.
#pragma once

#include <array>
#include <cstdint>

#include "command_rows.h"

namespace weir::redis {

constexpr uint64_t kLowerCase = 0x2020202020202020u;
constexpr uint64_t kShortName = 8;

struct ShortSlot {
  uint64_t name = 0;  // folded; its length shows, because no folded byte is 0
  uint32_t row = 0;   // 0 = free
};

constexpr uint32_t kShortBits = 9;
constexpr uint32_t short_slot(uint64_t name) {
  return static_cast<uint32_t>((name * 0x9E3779B97F4A7C15u) >> (64 - kShortBits));
}

// The first len bytes of a word, folded to lower case and moved to its upper end; 1 <= len <= 8.
constexpr uint64_t fold_short(uint64_t word, uint64_t len) {
  return (word | kLowerCase) << (64 - 8 * len);
}

constexpr std::array<ShortSlot, 1u << kShortBits> short_slots() {
  std::array<ShortSlot, 1u << kShortBits> slots{};
  for (uint32_t row = 1; row < sizeof(kRows) / sizeof(kRows[0]); ++row) {
    uint64_t len = kRows[row].name_len, word = 0;
    if (len > kShortName) continue;
    for (uint64_t i = 0; i < len; ++i) word |= static_cast<uint64_t>(kRows[row].name[i]) << (8 * i);
    uint64_t name = fold_short(word, len);
    uint32_t at = short_slot(name);
    while (slots[at].row) at = (at + 1) % slots.size();
    slots[at] = {name, row};
  }
  return slots;
}
inline constexpr std::array<ShortSlot, 1u << kShortBits> kShortNames = short_slots();

// The row of a name as fold_short() gives it; 0 when the table does not know it.
inline uint32_t find_short(uint64_t name) {
  uint32_t at = short_slot(name);
  while (kShortNames[at].name != name) {
    if (kShortNames[at].row == 0) return 0;
    at = (at + 1) % kShortNames.size();
  }
  return kShortNames[at].row;
}

}  // namespace weir::redis
