// "$12\r\n": the lines every argument and every bulk begins with, read with wide loads. For the paths that take whole
// messages from a window; whatever is not plain is left to the parsers that can stop at any byte.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir::redis {

// How much of the window header_at() may read, whatever the line is. "$0\r\n\r\n" has as many.
constexpr int64_t kHeaderReach = 6;

// Three digits and more, up to eight: lengths that every limit of the protocol admits.
[[gnu::noinline]] inline const uint8_t *wide_header(const uint8_t *c, const uint8_t *end, uint64_t &value) {
  uint64_t left = static_cast<uint64_t>(end - c);
  uint64_t digits = 1, number = static_cast<uint64_t>(c[1] - '0');
  if (number - 1 > 8) return nullptr;
  for (; digits < 8 && digits + 3 < left; ++digits) {
    unsigned digit = static_cast<unsigned>(c[1 + digits] - '0');
    if (digit > 9) break;
    number = number * 10 + digit;
  }
  if (c[1 + digits] != '\r' || c[2 + digits] != '\n') return nullptr;
  value = number;
  return c + digits + 3;
}

// The line at c, of which kHeaderReach bytes are in view. Returns what follows it, and sets value; nullptr: something
// else, or not all of it is there.
template <char mark>
inline const uint8_t *header_at(const uint8_t *c, const uint8_t *end, uint64_t &value) {
  constexpr uint32_t kOneDigit = static_cast<uint32_t>(mark) | uint32_t{'\r'} << 16 | uint32_t{'\n'} << 24;
  constexpr uint32_t kTwoDigits = static_cast<uint32_t>(mark) | uint32_t{'\r'} << 24;
  uint32_t word;
  std::memcpy(&word, c, sizeof word);
  uint32_t first = (word >> 8 & 0xFF) - '0';
  if ((word & 0xFFFF00FF) == kOneDigit) [[likely]] {
    value = first;
    return first <= 9 ? c + 4 : nullptr;
  }
  if ((word & 0xFF0000FF) == kTwoDigits) [[likely]] {
    uint32_t second = (word >> 16 & 0xFF) - '0';
    value = first * 10 + second;
    return first - 1 <= 8 && second <= 9 && c[4] == '\n' ? c + 5 : nullptr;
  }
  return c[0] == mark ? wide_header(c, end, value) : nullptr;
}

// The argument at c, whole and in the window: its payload and length. nullptr: something else, or not all of it.
inline const uint8_t *argument_at(const uint8_t *c, const uint8_t *end, uint64_t &len) {
  if (end - c < kHeaderReach) return nullptr;
  const uint8_t *payload = header_at<'$'>(c, end, len);
  return payload && static_cast<uint64_t>(end - payload) >= len + 2 ? payload : nullptr;
}

}  // namespace weir::redis
