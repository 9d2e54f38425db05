// Austin Appleby's MurmurHash3, both variants that are in use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace weir::hash {

uint32_t murmur3_x86_32(const uint8_t *data, size_t len, uint32_t seed);
std::array<uint64_t, 2> murmur3_x64_128(const uint8_t *data, size_t len, uint32_t seed);

// The end of MurmurHash3's 64 bits: each bit of the result depends on each of the argument; one to one.
inline uint64_t mix64(uint64_t word) {
  word ^= word >> 33;
  word *= 0xff51afd7ed558ccd;
  word ^= word >> 33;
  word *= 0xc4ceb9fe1a85ec53;
  return word ^ word >> 33;
}

}  // namespace weir::hash
