#include "plugins/hash/murmur3.h"

#include <bit>

#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

uint32_t scramble32(uint32_t word) {
  return std::rotl(word * 0xcc9e2d51, 15) * 0x1b873593;
}

constexpr uint64_t kFirst = 0x87c37b91114253d5, kSecond = 0x4cf5ad432745937f;

uint64_t scramble_low(uint64_t word) {
  return std::rotl(word * kFirst, 31) * kSecond;
}
uint64_t scramble_high(uint64_t word) {
  return std::rotl(word * kSecond, 33) * kFirst;
}

}  // namespace

uint32_t murmur3_x86_32(const uint8_t *data, size_t len, uint32_t seed) {
  uint32_t hash = seed;
  const auto total = static_cast<uint32_t>(len);
  for (; len >= 4; len -= 4, data += 4) hash = std::rotl(hash ^ scramble32(load32(data)), 13) * 5 + 0xe6546b64;
  if (len > 0) {
    uint8_t tail[4] = {};
    std::memcpy(tail, data, len);
    hash ^= scramble32(load32(tail));
  }
  hash ^= total;
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

std::array<uint64_t, 2> murmur3_x64_128(const uint8_t *data, size_t len, uint32_t seed) {
  uint64_t low = seed, high = seed;
  const uint64_t total = len;
  for (; len >= 16; len -= 16, data += 16) {
    low = (std::rotl(low ^ scramble_low(load64(data)), 27) + high) * 5 + 0x52dce729;
    high = (std::rotl(high ^ scramble_high(load64(data + 8)), 31) + low) * 5 + 0x38495ab5;
  }
  if (len > 0) {
    uint8_t tail[16] = {};
    std::memcpy(tail, data, len);
    low ^= scramble_low(load64(tail));
    high ^= scramble_high(load64(tail + 8));
  }
  low ^= total;
  high ^= total;
  low += high;
  high += low;
  low = mix64(low);
  high = mix64(high);
  low += high;
  high += low;
  return {low, high};
}

void murmur3(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = murmur3_x64_128(keys[i].ptr, keys[i].len, 0)[0];
}

void murmur3_32(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = murmur3_x86_32(keys[i].ptr, keys[i].len, 0);
}

}  // namespace weir::hash
