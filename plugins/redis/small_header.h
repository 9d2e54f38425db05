// "$12\r\n": the lines every argument and every bulk begins with, read with wide loads. For the paths that take whole
// messages from a window; whatever is not plain is left to the parsers that can stop at any byte.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace weir::redis {

// How much of the window header_at() may read, whatever the line is. "$0\r\n\r\n" has as many.
constexpr uint64_t kHeaderReach = 6;

// A number and where it ended; nullptr: something else, or not all of it is there. Small enough for two registers.
struct Length {
  const uint8_t *next;
  uint64_t value;
};

// ":5\r\n" at c, of which four bytes are in view.
template <char mark>
inline Length one_digit(const uint8_t *c) {
  constexpr uint32_t kZero = uint32_t{mark} | uint32_t{'0'} << 8 | uint32_t{'\r'} << 16 | uint32_t{'\n'} << 24;
  uint32_t word;
  std::memcpy(&word, c, sizeof word);
  uint32_t digit = std::rotr(word ^ kZero, 8);  // and nothing but a digit, if all the rest is equal
  return {digit <= 9 ? c + 4 : nullptr, digit};
}

// The first n bytes of a word, 1 <= n <= 7, each a digit's value: joined in pairs, fours and eights.
inline uint64_t join_digits(uint64_t word, unsigned n) {
  word <<= 64 - 8 * n;  // zeros in front
  word = (word * 10 + (word >> 8)) & 0x00FF00FF00FF00FF;
  word = (word * 100 + (word >> 16)) & 0x0000FFFF0000FFFF;
  return (word * 10000 + (word >> 32)) & 0xFFFFFFFF;
}

// Three digits and more, as many as 63 bits hold for sure.
[[gnu::noinline]] inline Length wide_header(const uint8_t *c, const uint8_t *end) {
  if (end - c >= 10) {  // up to seven digits at once
    uint64_t word;
    std::memcpy(&word, c + 1, sizeof word);
    word ^= 0x3030303030303030;
    uint64_t others = (word | (word + 0x0606060606060606)) & 0xF0F0F0F0F0F0F0F0;
    unsigned n = others ? static_cast<unsigned>(std::countr_zero(others)) / 8 : 8;
    if (n == 0 || (word & 0xFF) == 0) return {nullptr, 0};
    const uint8_t *at = c + 1 + n;
    if (n < 8) return {at[0] == '\r' && at[1] == '\n' ? at + 2 : nullptr, join_digits(word, n)};
  }
  const uint8_t *stop = end - c > 20 ? c + 19 : end - 2;
  uint64_t number = c[1] - uint64_t{'0'};
  if (number - 1 > 8) return {nullptr, 0};
  const uint8_t *at = c + 2;
  for (; at < stop; ++at) {
    uint32_t digit = *at - uint32_t{'0'};
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  return {at[0] == '\r' && at[1] == '\n' ? at + 2 : nullptr, number};
}

// The line at c, of which kHeaderReach bytes are in view. Its first four are compared at once, by xor with what they
// are when the digits are 0: what is left are the digits.
template <char mark>
inline Length header_at(const uint8_t *c, const uint8_t *end) {
  if (Length one = one_digit<mark>(c); one.next) return one;
  constexpr uint32_t kZeros = uint32_t{mark} | uint32_t{'0'} << 8 | uint32_t{'0'} << 16 | uint32_t{'\r'} << 24;
  uint32_t word;
  std::memcpy(&word, c, sizeof word);
  word ^= kZeros;
  // Adding 6 carries what is no digit into the next four bits. Likewise above.
  if (((word | (word + 0x00060600)) & 0xFFF0F0FF) == 0 && (word & 0xFF00) != 0 && c[4] == '\n') [[likely]]
    return {c + 5, (word >> 8 & 0xFF) * 10 + (word >> 16)};
  return c[0] == static_cast<uint8_t>(mark) ? wide_header(c, end) : Length{nullptr, 0};
}

// A bulk, as arguments are: where it lies. payload is nullptr when it is something else or not whole in the window.
struct Bulk {
  const uint8_t *payload;
  uint64_t len;
  const uint8_t *next;
};

inline Bulk bulk_at(const uint8_t *c, const uint8_t *end) {
  // Addresses, not pointers: before the comparison nobody knows whether they lie in the window.
  auto limit = reinterpret_cast<uintptr_t>(end);
  if (reinterpret_cast<uintptr_t>(c) + kHeaderReach > limit) return {};
  Length len = header_at<'$'>(c, end);
  uintptr_t next = reinterpret_cast<uintptr_t>(len.next) + len.value + 2;
  if (!len.next || next > limit) return {};
  return {len.next, len.value, reinterpret_cast<const uint8_t *>(next)};
}

}  // namespace weir::redis
