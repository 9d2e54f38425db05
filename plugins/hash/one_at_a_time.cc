// Bob Jenkins' one-at-a-time hash, with bytes widened as signed.
#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

uint32_t hash_one(const uint8_t *key, size_t len) {
  uint32_t hash = 0;
  for (size_t i = 0; i < len; ++i) {
    hash += widen_signed(key[i]);
    hash += hash << 10;
    hash ^= hash >> 6;
  }
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
