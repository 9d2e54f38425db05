// The twelve hash functions under twemproxy's names, in the form weir_hash.run wants. They keep no state: any thread
// may call them. Each gives the 32-bit value that twemproxy 0.5.0 computes on x86-64, quirks included, because that
// value decides where data already lies.
#pragma once

#include <weir/hash.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::hash {

using Run = void(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out);

Run one_at_a_time;
Run md5;
Run crc16;
Run crc32;
Run crc32a;
Run fnv1_64;
Run fnv1a_64;
Run fnv1_32;
Run fnv1a_32;
Run hsieh;
Run murmur;
Run jenkins;

// The whole MD5 digest as four little-endian words; ketama makes four points of it.
std::array<uint32_t, 4> md5_words(const uint8_t *data, size_t len);

// Hashes a batch with a function of one key. Instantiated beside that function, so that the compiler can inline it.
template <uint32_t (*hash_one)(const uint8_t *, size_t)>
void hash_each(const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = hash_one(keys[i].ptr, keys[i].len);
}

}  // namespace weir::hash
