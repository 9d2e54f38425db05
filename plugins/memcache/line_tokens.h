// A command or reply line cut into words, and numbers read as memcached reads them. Pure functions over bytes.
#pragma once

#include <climits>
#include <cstdint>
#include <cstring>

#include "find_blank.h"

namespace weir::memcache {

inline constexpr uint32_t kMaxKey = 250;
inline constexpr uint32_t kMaxLine = 2048;         // memcached closes on a longer one, unless it is a get or gets
inline constexpr uint64_t kMaxData = INT_MAX - 2;  // of a storage command

struct Token {
  const uint8_t *ptr;
  uint32_t len;
  bool is(const char *text, uint32_t text_len) const { return len == text_len && std::memcmp(ptr, text, len) == 0; }
};

// The words of one line. memcached takes a NUL for the end of the line; what is behind it is not looked at.
struct Words {
  static constexpr uint32_t kMax = 8;  // one more than any command has; further words are only counted
  Token at[kMax];                      // of which count are set
  uint32_t count = 0;
  bool has_nul = false;

  Words(const uint8_t *p, const uint8_t *end) {
    while (p < end) {
      if (*p == ' ') {
        ++p;
        continue;
      }
      const uint8_t *stop = word_end(p, end);
      if (stop > p) add(p, stop);
      if (stop < end && *stop != ' ') {
        has_nul = true;
        return;
      }
      p = stop;
    }
  }
  const Token &last() const { return at[(count < kMax ? count : kMax) - 1]; }

 private:
  void add(const uint8_t *from, const uint8_t *to) {
    if (count < kMax) at[count] = {from, static_cast<uint32_t>(to - from)};
    ++count;
  }
};

// kLoose: memcached 1.6.18 takes it because strtol() does ("1\t", "\v1", "\t" for 0), but not every server reads it so.
enum class Reading { kGood, kLoose, kBad };
struct Decimal {
  Reading reading = Reading::kBad;
  bool negative = false;
  uint64_t value = 0;  // without the sign
};

inline bool is_space(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Plain digits that cannot overflow: what nearly every number is.
inline bool read_plain(Token token, uint64_t *value) {
  if (token.len == 0 || token.len > 18) return false;
  uint64_t sum = 0;
  for (uint32_t i = 0; i < token.len; ++i) {
    uint32_t digit = token.ptr[i] - uint32_t{'0'};
    if (digit > 9) return false;
    sum = sum * 10 + digit;
  }
  *value = sum;
  return true;
}

inline Decimal read_decimal(Token token) {
  Decimal out;
  if (read_plain(token, &out.value)) {
    out.reading = Reading::kGood;
    return out;
  }
  const uint8_t *p = token.ptr, *end = p + token.len;
  bool loose = p < end && is_space(*p);
  while (p < end && is_space(*p)) ++p;
  if (p < end && (*p == '-' || *p == '+')) out.negative = *p++ == '-';
  const uint8_t *digits = p;
  for (; p < end && *p >= '0' && *p <= '9'; ++p)
    if (__builtin_mul_overflow(out.value, 10, &out.value) || __builtin_add_overflow(out.value, *p - '0', &out.value))
      return out;
  if (p == digits) {  // no conversion: strtol() stops at the first byte, and memcached is content if that is a space
    out.value = 0;
    if (loose) out.reading = Reading::kLoose;
    return out;
  }
  if (p == end)
    out.reading = loose ? Reading::kLoose : Reading::kGood;
  else if (is_space(*p))
    out.reading = Reading::kLoose;
  return out;
}
inline Decimal read_signed(Token token) {
  Decimal out = read_decimal(token);
  uint64_t most = static_cast<uint64_t>(INT64_MAX) + (out.negative ? 1 : 0);
  if (out.value > most) out.reading = Reading::kBad;
  return out;
}
inline Decimal read_unsigned(Token token) {
  Decimal out = read_decimal(token);
  if (out.negative && out.value != 0) out.reading = Reading::kBad;
  return out;
}

}  // namespace weir::memcache
