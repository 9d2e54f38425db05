// The cursor that clients of SCAN see: it carries which server the scan has come to. A server's own cursor stays below
// the size of its hash table, so that the whole fits into the 53 bits of a double for tables of up to 2^43 entries.
#pragma once

#include <cstdint>

namespace weir::redis {

struct PoolCursor {
  static constexpr uint32_t kServerBits = 10;
  static constexpr uint32_t kMostServers = 1u << kServerBits;

  uint64_t at = 0;  // the server's own
  uint32_t server = 0;

  // 0, which begins a scan, is the first server's beginning.
  bool read(const uint8_t *ptr, uint64_t len) {
    uint64_t word = 0;
    if (!read_number(ptr, len, word)) return false;
    at = word >> kServerBits;
    server = static_cast<uint32_t>(word % kMostServers);
    return true;
  }
  // The same with the cursor that the server answered. When that is 0 the next server follows, and 0 after the last.
  // false: it is too large to be carried.
  bool next(uint64_t answered, uint32_t servers, uint64_t &word) const {
    if (answered >> (64 - kServerBits)) return false;
    if (answered)
      word = answered << kServerBits | server;
    else
      word = server + 1 < servers ? server + 1 : 0;
    return true;
  }

  static bool read_number(const uint8_t *ptr, uint64_t len, uint64_t &word) {
    word = 0;
    for (uint64_t i = 0; i < len; ++i) {
      if (ptr[i] < '0' || ptr[i] > '9') return false;
      if (__builtin_mul_overflow(word, 10, &word) || __builtin_add_overflow(word, ptr[i] - '0', &word)) return false;
    }
    return true;
  }
};

}  // namespace weir::redis
