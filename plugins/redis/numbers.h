// Numbers as redis reads them.
#pragma once

#include <cstdint>

namespace weir::redis {

// redis's string2ll: no sign but '-', no leading zero, no space.
inline bool parse_integer(const uint8_t *ptr, uint64_t len, int64_t &out) {
  if (len == 1 && ptr[0] == '0') {
    out = 0;
    return true;
  }
  uint64_t at = 0;
  bool negative = len > 0 && ptr[0] == '-';
  if (negative) ++at;
  if (at >= len || len - at > 19 || ptr[at] < '1' || ptr[at] > '9') return false;
  uint64_t value = 0;  // 19 digits fit
  for (; at < len; ++at) {
    if (ptr[at] < '0' || ptr[at] > '9') return false;
    value = value * 10 + (ptr[at] - '0');
  }
  if (value > static_cast<uint64_t>(INT64_MAX) + negative) return false;
  out = negative ? static_cast<int64_t>(0 - value) : static_cast<int64_t>(value);
  return true;
}

// Decimal digits of n, right-aligned before `end`. Returns where they begin.
inline uint8_t *write_decimal(uint8_t *end, uint64_t n) {
  do {
    *--end = static_cast<uint8_t>('0' + n % 10);
    n /= 10;
  } while (n);
  return end;
}

}  // namespace weir::redis
