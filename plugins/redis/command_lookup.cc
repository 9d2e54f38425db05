#include "command_lookup.h"

#include <array>
#include <cstring>

#include "command_rows.h"
#include "short_names.h"

namespace weir::redis {

namespace {

constexpr uint32_t kSlotBits = 9;
constexpr uint32_t kSlots = 1u << kSlotBits;

// Names longer than short_names.h has. First and last eight bytes and the length tell all of them apart; the rest is
// compared only for the longest.
struct Slot {
  uint64_t head = 0, tail = 0;
  uint16_t row = 0;  // 0 = free
  uint8_t len = 0;
};

constexpr uint64_t pack8(const char *ptr) {
  uint64_t word = 0;
  for (uint64_t i = 0; i < 8; ++i) word |= static_cast<uint64_t>(static_cast<uint8_t>(ptr[i])) << (8 * i);
  return word | kLowerCase;
}
uint64_t fold8(const uint8_t *ptr) {
  uint64_t word;
  std::memcpy(&word, ptr, 8);
  return word | kLowerCase;
}
constexpr uint32_t slot_of(uint64_t head, uint64_t tail, uint64_t len) {
  return static_cast<uint32_t>(((head ^ (tail >> 7) ^ len) * 0x9E3779B97F4A7C15u) >> (64 - kSlotBits));
}

constexpr std::array<Slot, kSlots> fill() {
  std::array<Slot, kSlots> slots{};
  for (uint16_t row = 1; row < sizeof(kRows) / sizeof(kRows[0]); ++row) {
    const char *name = kRows[row].name;
    uint64_t len = kRows[row].name_len;
    if (len <= kShortName) continue;
    uint64_t head = pack8(name), tail = pack8(name + len - 8);
    uint32_t at = slot_of(head, tail, len);
    while (slots[at].row) at = (at + 1) % kSlots;
    slots[at] = {head, tail, row, kRows[row].name_len};
  }
  return slots;
}
constexpr std::array<Slot, kSlots> kTable = fill();

constexpr uint64_t longest() {
  uint64_t most = 0;
  for (const Command &row : kRows) most = row.name_len > most ? row.name_len : most;
  return most;
}
constexpr uint64_t kLongest = longest();

}  // namespace

uint16_t find_command(const uint8_t *name, uint64_t len) {
  if (len == 0 || len > kLongest) return 0;
  if (len <= kShortName) {
    uint64_t word = 0;
    std::memcpy(&word, name, len);
    return static_cast<uint16_t>(find_short(fold_short(word, len)));
  }
  uint64_t head = fold8(name), tail = fold8(name + len - 8);
  for (uint32_t at = slot_of(head, tail, len); kTable[at].row; at = (at + 1) % kSlots) {
    const Slot &slot = kTable[at];
    if (slot.head != head || slot.tail != tail || slot.len != len) continue;
    if (len <= 16 || same_word(name, len, kRows[slot.row].full_name())) return slot.row;
  }
  return 0;
}

uint8_t find_subcommand(uint16_t container, const uint8_t *name, uint64_t len) {
  std::string_view parent = kCommands[container].full_name();
  for (uint32_t i = 1; i < kSubcommandCount; ++i) {
    std::string_view full = kSubcommands[i].full_name();
    if (full.size() <= parent.size() || full[parent.size()] != '|' || !full.starts_with(parent)) continue;
    if (same_word(name, len, full.substr(parent.size() + 1))) return static_cast<uint8_t>(i);
  }
  return 0;
}

bool same_word(const uint8_t *ptr, uint64_t len, std::string_view word) {
  if (len != word.size()) return false;
  for (uint64_t i = 0; i < len; ++i) {
    uint8_t c = ptr[i];
    if (c >= 'A' && c <= 'Z') c |= 0x20;
    if (c != static_cast<uint8_t>(word[i])) return false;
  }
  return true;
}

}  // namespace weir::redis
