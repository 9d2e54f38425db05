#include "set_table.h"

#include <algorithm>
#include <random>

namespace weir::redis {

namespace {

struct Secret {
  uint64_t first, second;
  Secret() {
    std::random_device device;
    auto word = [&] { return uint64_t{device()} << 32 | device(); };
    first = word();
    second = word() | 1;
  }
};

uint64_t fold(uint64_t a, uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  Wide product = static_cast<Wide>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

bool SetTable::reserve(weir_arena *arena, uint64_t n) {
  uint64_t size = 8;
  while (size < n + n / 2) size *= 2;
  slots_ = static_cast<Slot *>(arena->alloc(arena, size * sizeof(Slot), alignof(Slot)));
  mask_ = size - 1;
  if (slots_) clear();
  return slots_ != nullptr;
}

void SetTable::clear() {
  std::fill(slots_, slots_ + mask_ + 1, Slot{nullptr, 0, 0});
}

uint32_t SetTable::hash(weir_bytes member) {
  static const Secret secret;
  uint64_t h = secret.first ^ member.len;
  const uint8_t *at = member.ptr;
  for (uint64_t left = member.len; left > 0;) {
    uint64_t words[2] = {0, 0};
    uint64_t n = std::min<uint64_t>(left, sizeof(words));
    std::memcpy(words, at, n);
    h = fold(words[0] ^ h, words[1] ^ secret.second);
    at += n;
    left -= n;
  }
  return static_cast<uint32_t>(fold(h ^ secret.second, secret.first | 1) >> 32);
}

SetTable::Slot *SetTable::find(weir_bytes member, uint32_t hash) const {
  for (uint64_t at = hash & mask_;; at = (at + 1) & mask_) {
    Slot &slot = slots_[at];
    if (!slot.ptr) return &slot;
    if (slot.hash == hash && slot.len == member.len && std::memcmp(slot.ptr, member.ptr, member.len) == 0) return &slot;
  }
}

bool SetTable::insert(weir_bytes member) {
  uint32_t h = hash(member);
  Slot *slot = find(member, h);
  if (slot->ptr) return false;
  *slot = {member.ptr, static_cast<uint32_t>(member.len), h};
  return true;
}

}  // namespace weir::redis
