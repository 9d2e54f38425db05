// How the hash functions read key bytes. Keys lie at any address; nothing here reads outside of them.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir::hash {

// The SDK admits little-endian machines only, so a plain load is the little-endian one the algorithms call for.
inline uint32_t load16(const uint8_t *at) {
  uint16_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
inline uint32_t load32(const uint8_t *at) {
  uint32_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// A byte as twemproxy's `char` on x86 widens it: 0x80 and above become negative. Data was laid out by that rule, so it
// holds here on every machine, whatever the sign of its own char.
inline uint32_t widen_signed(uint8_t byte) {
  return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(byte)));
}

}  // namespace weir::hash
