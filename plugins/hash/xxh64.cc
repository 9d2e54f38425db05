// Yann Collet's XXH64 with seed 0, by libxxhash. Its code is compiled in: hash.so needs no library of it at run time.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "plugins/hash/hashes.h"

namespace weir::hash {

void xxh64(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = XXH64(keys[i].ptr, keys[i].len, 0);
}

uint64_t xxh64_of(const uint8_t *data, size_t len, uint64_t seed) {
  return XXH64(data, len, seed);
}

}  // namespace weir::hash
