// Bob Jenkins' one-at-a-time hash, with bytes widened as signed.
#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

uint32_t hash_one(const uint8_t *key, size_t len) {
  uint32_t hash = over_bytes(0, key, len, [](uint32_t state, uint8_t byte) {
    state += widen_signed(byte);
    state += state << 10;
    return state ^ state >> 6;
  });
  hash += hash << 3;
  hash ^= hash >> 11;
  hash += hash << 15;
  return hash;
}

}  // namespace

void one_at_a_time(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<hash_one>(keys, n, out);
}

}  // namespace weir::hash
