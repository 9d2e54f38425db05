// The hash functions, in the form weir_hash.run wants. They keep no state: any thread may call them.
#pragma once

#include <weir/hash.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::hash {

using Run = void(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out);

// Under twemproxy's names: each gives the 32-bit value that twemproxy 0.5.0 computes on x86-64, quirks included,
// because that value decides where data already lies.
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

// As their authors define them.
Run xxh64;
Run murmur3;     // the first 64 bits of the 128-bit variant for 64-bit machines
Run murmur3_32;  // the 32-bit variant

// The whole MD5 digest as four little-endian words; ketama makes four points of it.
std::array<uint32_t, 4> md5_words(const uint8_t *data, size_t len);

uint64_t xxh64_of(const uint8_t *data, size_t len, uint64_t seed);

// The slot that a Redis cluster keeps the key in, 0 to 16383: CRC-16 of the key, or of what stands between its first
// '{' and the first '}' behind that, if anything does.
constexpr uint32_t kClusterSlots = 16384;
uint32_t cluster_slot(const uint8_t *key, size_t len);

// Hashes a batch with a function of one key. Instantiated beside that function, so that the compiler can inline it.
template <uint32_t (*hash_one)(const uint8_t *, size_t)>
void hash_each(const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = hash_one(keys[i].ptr, keys[i].len);
}

}  // namespace weir::hash
