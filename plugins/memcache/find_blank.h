// Where a word ends. Pure functions over bytes; they never read past end.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir::memcache {

#if defined(__SSE2__)
// One bit a byte, the lowest for p[0]: which of the 16 bytes at p are <= 0x20? In the compiler's own vectors, since a
// plugin includes no header of the machine.
inline uint32_t blanks_at(const uint8_t *p) {
  using Bytes [[gnu::vector_size(16)]] = uint8_t;
  using Mask [[gnu::vector_size(16)]] = char;
  Bytes bytes;
  std::memcpy(&bytes, p, sizeof(bytes));
  return static_cast<uint32_t>(__builtin_ia32_pmovmskb128(reinterpret_cast<Mask>(bytes <= ' ')));
}
#endif

// For 8 bytes and without vector instructions: the top bit of the first byte <= 0x20 is set. Bytes behind that one may
// be marked though they are greater.
inline uint64_t blanks_in(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = 0x8080808080808080;
  return (bytes - kOnes * 0x21) & ~bytes & kHighs;
}

// The first byte <= 0x20 in [p, end), or end.
[[gnu::always_inline]] inline const uint8_t *find_blank(const uint8_t *p, const uint8_t *end) {
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16)
    if (uint32_t hits = blanks_at(p)) return p + static_cast<uint32_t>(__builtin_ctz(hits));
#endif
  for (; end - p >= 8; p += 8) {
    uint64_t bytes;
    std::memcpy(&bytes, p, 8);
    if (uint64_t hits = blanks_in(bytes)) return p + static_cast<uint32_t>(__builtin_ctzll(hits)) / 8;
  }
  for (; p < end; ++p)
    if (*p <= ' ') break;
  return p;
}

// The end of the word that starts at p: a space, a NUL or a line feed ends it, other control characters belong to it.
inline const uint8_t *word_end(const uint8_t *p, const uint8_t *end) {
  for (;; ++p) {
    p = find_blank(p, end);
    if (p == end || *p == ' ' || *p == '\n' || *p == 0) return p;
  }
}

}  // namespace weir::memcache
