// Austin Appleby's MurmurHash2 (32 bits), seeded with 0xdeadbeef times the length.
#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

constexpr uint32_t kMultiplier = 0x5bd1e995;

uint32_t hash_one(const uint8_t *key, size_t len) {
  const auto len32 = static_cast<uint32_t>(len);
  uint32_t hash = 0xdeadbeef * len32 ^ len32;
  for (; len >= 4; len -= 4, key += 4) {
    uint32_t word = load32(key) * kMultiplier;
    word ^= word >> 24;
    hash = hash * kMultiplier ^ word * kMultiplier;
  }
  if (len == 3) hash ^= static_cast<uint32_t>(key[2]) << 16;
  if (len >= 2) hash ^= static_cast<uint32_t>(key[1]) << 8;
  if (len >= 1) hash = (hash ^ key[0]) * kMultiplier;
  hash ^= hash >> 13;
  hash *= kMultiplier;
  hash ^= hash >> 15;
  return hash;
}

}  // namespace

void murmur(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<hash_one>(keys, n, out);
}

}  // namespace weir::hash
