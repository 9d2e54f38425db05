// The Fowler-Noll-Vo hashes: multiply by a prime and xor a byte (FNV-1), or the other way round (FNV-1a).
//
// All four run in 32 bits. For fnv1_64 that changes nothing: twemproxy computes 64 bits and keeps the low half, and the
// low half of a product depends on the low halves of its factors only. For fnv1a_64 it is what twemproxy does. So the
// 64-bit variants are the 32-bit ones with the low words of the 64-bit offset basis and prime.
#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

constexpr uint32_t kBasis64Low = 0x84222325, kPrime64Low = 0x000001b3;
constexpr uint32_t kBasis32 = 0x811c9dc5, kPrime32 = 0x01000193;

template <uint32_t basis, uint32_t prime>
uint32_t fnv1(const uint8_t *key, size_t len) {
  return over_bytes(basis, key, len, [](uint32_t hash, uint8_t byte) { return hash * prime ^ widen_signed(byte); });
}

template <uint32_t basis, uint32_t prime>
uint32_t fnv1a(const uint8_t *key, size_t len) {
  return over_bytes(basis, key, len, [](uint32_t hash, uint8_t byte) { return (hash ^ widen_signed(byte)) * prime; });
}

}  // namespace

void fnv1_64(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<fnv1<kBasis64Low, kPrime64Low>>(keys, n, out);
}
void fnv1a_64(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<fnv1a<kBasis64Low, kPrime64Low>>(keys, n, out);
}
void fnv1_32(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<fnv1<kBasis32, kPrime32>>(keys, n, out);
}
void fnv1a_32(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<fnv1a<kBasis32, kPrime32>>(keys, n, out);
}

}  // namespace weir::hash
