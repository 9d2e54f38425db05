// Keys in base64, read exactly as memcached 1.6.18 reads them, since both must come to the same key. Pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace weir::memcache {

inline constexpr char kBase64Letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
inline constexpr uint8_t kNoLetter = 0x80;

inline constexpr std::array<uint8_t, 256> kBase64Values = [] {
  std::array<uint8_t, 256> values{};
  for (uint8_t &value : values) value = kNoLetter;
  for (uint8_t i = 0; i < 64; ++i) values[static_cast<uint8_t>(kBase64Letters[i])] = i;
  values['='] = 0;
  return values;
}();

// Writes what the text stands for to out, which has room for len bytes, and gives its length; 0: memcached refuses it.
// Bytes that are no letters are skipped, and what follows the padding is not looked at.
inline uint32_t decode_base64(const uint8_t *text, uint32_t len, uint8_t *out) {
  uint32_t letters = 0, in_block = 0, made = 0, bits = 0, padding = 0;
  for (uint32_t i = 0; i < len; ++i) letters += kBase64Values[text[i]] != kNoLetter;
  if (letters == 0 || letters % 4 != 0) return 0;
  for (uint32_t i = 0; i < len; ++i) {
    const uint8_t value = kBase64Values[text[i]];
    if (value == kNoLetter) continue;
    padding += text[i] == '=';
    bits = bits << 6 | value;
    if (++in_block < 4) continue;
    if (padding > 2) return 0;
    for (uint32_t k = 0; k < 3 - padding; ++k) out[made++] = static_cast<uint8_t>(bits >> (16 - 8 * k));
    if (padding > 0) break;
    in_block = bits = 0;
  }
  return made;
}

inline uint32_t base64_size(uint64_t len) {
  return static_cast<uint32_t>((len + 2) / 3 * 4);
}
// Writes base64_size(len) bytes.
inline void encode_base64(const uint8_t *from, uint64_t len, uint8_t *out) {
  for (uint64_t i = 0; i < len; i += 3) {
    const uint32_t have = len - i < 3 ? static_cast<uint32_t>(len - i) : 3;
    uint32_t bits = static_cast<uint32_t>(from[i]) << 16;
    if (have > 1) bits |= static_cast<uint32_t>(from[i + 1]) << 8;
    if (have > 2) bits |= from[i + 2];
    for (uint32_t k = 0; k < 4; ++k)
      *out++ = k <= have ? static_cast<uint8_t>(kBase64Letters[bits >> (18 - 6 * k) & 63]) : static_cast<uint8_t>('=');
  }
}

}  // namespace weir::memcache
