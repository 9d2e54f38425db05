// "$12\r\n": the lines every argument and every bulk begins with, read with wide loads. For the paths that take whole
// messages from a window; whatever is not plain is left to the parsers that can stop at any byte.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weir::redis {

// How much of the window header_at() may read, whatever the line is. "$0\r\n\r\n" has as many.
constexpr int64_t kHeaderReach = 6;

// A number and where it ended; nullptr: something else, or not all of it is there. Small enough for two registers.
struct Length {
  const uint8_t *next;
  uint64_t value;
};

// Three digits and more, up to eight: lengths that every limit of the protocol admits.
[[gnu::noinline]] inline Length wide_header(const uint8_t *c, const uint8_t *end) {
  const uint8_t *stop = end - c > 9 ? c + 9 : end - 2;
  uint32_t number = c[1] - uint32_t{'0'};
  if (number - 1 > 8) return {nullptr, 0};
  const uint8_t *at = c + 2;
  for (; at < stop; ++at) {
    uint32_t digit = *at - uint32_t{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  return {at[0] == '\r' && at[1] == '\n' ? at + 2 : nullptr, number};
}

// The line at c, of which kHeaderReach bytes are in view. Its first four bytes are compared at once, by xor with what
// they are when the digits are 0: what is left are the digits.
template <char mark>
inline Length header_at(const uint8_t *c, const uint8_t *end) {
  constexpr uint32_t kOneDigit = uint32_t{mark} | uint32_t{'0'} << 8 | uint32_t{'\r'} << 16 | uint32_t{'\n'} << 24;
  constexpr uint32_t kTwoDigits = uint32_t{mark} | uint32_t{'0'} << 8 | uint32_t{'0'} << 16 | uint32_t{'\r'} << 24;
  uint32_t word;
  std::memcpy(&word, c, sizeof word);
  uint32_t one = std::rotr(word ^ kOneDigit, 8);
  if (one <= 9) return {c + 4, one};
  uint32_t two = word ^ kTwoDigits;
  // Adding 6 carries what is no digit into the next four bits.
  if (((two | (two + 0x00060600)) & 0xFFF0F0FF) == 0 && (two & 0xFF00) != 0 && c[4] == '\n') [[likely]]
    return {c + 5, (two >> 8 & 0xFF) * 10 + (two >> 16)};
  return c[0] == mark ? wide_header(c, end) : Length{nullptr, 0};
}

// A bulk, as arguments are: where it lies. payload is nullptr when it is something else or not whole in the window.
struct Bulk {
  const uint8_t *payload;
  uint64_t len;

  const uint8_t *next() const { return payload + len + 2; }
};

inline Bulk bulk_at(const uint8_t *c, const uint8_t *end) {
  if (end - c < kHeaderReach) return {nullptr, 0};
  Length len = header_at<'$'>(c, end);
  bool whole = len.next && static_cast<uint64_t>(end - len.next) >= len.value + 2;
  return {whole ? len.next : nullptr, len.value};
}

}  // namespace weir::redis
