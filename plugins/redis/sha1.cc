#include "sha1.h"

#include <cstring>

namespace weir::redis {

namespace {

uint32_t turn(uint32_t word, int bits) {
  return word << bits | word >> (32 - bits);
}

struct Sha1 {
  std::array<uint32_t, 5> h = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};

  void block(const uint8_t *in) {
    uint32_t w[80];
    for (int i = 0; i < 16; ++i)
      w[i] = uint32_t{in[4 * i]} << 24 | uint32_t{in[4 * i + 1]} << 16 | uint32_t{in[4 * i + 2]} << 8 | in[4 * i + 3];
    for (int i = 16; i < 80; ++i) w[i] = turn(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    uint32_t a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
    for (int i = 0; i < 80; ++i) {
      uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
      uint32_t k = i < 20 ? 0x5A827999 : i < 40 ? 0x6ED9EBA1 : i < 60 ? 0x8F1BBCDC : 0xCA62C1D6;
      uint32_t next = turn(a, 5) + f + e + k + w[i];
      e = d;
      d = c;
      c = turn(b, 30);
      b = a;
      a = next;
    }
    h[0] += a;
    h[1] += b;
    h[2] += c;
    h[3] += d;
    h[4] += e;
  }
};

}  // namespace

ScriptName sha1(weir_bytes text) {
  Sha1 state;
  uint64_t at = 0;
  for (; text.len - at >= 64; at += 64) state.block(text.ptr + at);
  uint8_t last[128] = {};
  uint64_t rest = text.len - at, size = rest < 56 ? 64 : 128;
  if (rest) std::memcpy(last, text.ptr + at, rest);
  last[rest] = 0x80;
  for (uint64_t i = 0; i < 8; ++i) last[size - 1 - i] = static_cast<uint8_t>(text.len * 8 >> (8 * i));
  for (uint64_t i = 0; i < size; i += 64) state.block(last + i);
  ScriptName name;
  for (size_t i = 0; i < name.size(); ++i) name[i] = "0123456789abcdef"[state.h[i / 8] >> (28 - 4 * (i % 8)) & 15];
  return name;
}

}  // namespace weir::redis
