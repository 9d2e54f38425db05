// How the hash functions read key bytes. Keys lie at any address; nothing here reads outside of them.
#pragma once

#include <cstddef>
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
inline uint64_t load64(const uint8_t *at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// A byte as twemproxy's `char` on x86 widens it: 0x80 and above become negative. Data was laid out by that rule, so it
// holds here on every machine, whatever the sign of its own char.
inline uint32_t widen_signed(uint8_t byte) {
  return static_cast<uint32_t>(static_cast<int32_t>(static_cast<int8_t>(byte)));
}

template <size_t count, class Step>
[[gnu::always_inline]] inline uint32_t steps(uint32_t hash, const uint8_t *key, Step step) {
  if constexpr (count == 1) {
    return step(hash, *key);
  } else {
    hash = steps<count / 2>(hash, key, step);
    return steps<count / 2>(hash, key + count / 2, step);
  }
}

// hash = step(hash, byte) for every byte, eight a turn: beside a short step, counting would cost as much.
template <class Step>
inline uint32_t over_bytes(uint32_t hash, const uint8_t *key, size_t len, Step step) {
  for (const uint8_t *const end = key + len / 8 * 8; key != end; key += 8) hash = steps<8>(hash, key, step);
  if (len & 4) hash = steps<4>(hash, key, step), key += 4;
  if (len & 2) hash = steps<2>(hash, key, step), key += 2;
  if (len & 1) hash = step(hash, *key);
  return hash;
}

}  // namespace weir::hash
