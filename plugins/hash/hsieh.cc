// Paul Hsieh's SuperFastHash, started from 0 rather than from the length.
#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

// The one to three bytes after the last whole four. Only the third is widened as signed; the lone one is not.
uint32_t mix_tail(uint32_t hash, const uint8_t *tail, size_t len) {
  switch (len) {
    case 3:
      hash += load16(tail);
      hash ^= hash << 16;
      hash ^= widen_signed(tail[2]) << 18;
      hash += hash >> 11;
      break;
    case 2:
      hash += load16(tail);
      hash ^= hash << 11;
      hash += hash >> 17;
      break;
    case 1:
      hash += tail[0];
      hash ^= hash << 10;
      hash += hash >> 1;
      break;
    default:
      break;
  }
  return hash;
}

uint32_t hash_one(const uint8_t *key, size_t len) {
  uint32_t hash = 0;
  for (; len >= 4; len -= 4, key += 4) {
    hash += load16(key);
    hash = hash << 16 ^ load16(key + 2) << 11 ^ hash;
    hash += hash >> 11;
  }
  hash = mix_tail(hash, key, len);
  hash ^= hash << 3;
  hash += hash >> 5;
  hash ^= hash << 4;
  hash += hash >> 17;
  hash ^= hash << 25;
  hash += hash >> 6;
  return hash;
}

}  // namespace

void hsieh(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<hash_one>(keys, n, out);
}

}  // namespace weir::hash
