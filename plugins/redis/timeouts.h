// How long a blocking command may take, from its own argument.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "numbers.h"

namespace weir::redis {

// weir_req.timeout_ms of an argument that is for the server to judge: it answers with an error at once, or waits for as
// long as it takes it to mean.
constexpr uint32_t kForEver = 0;

// A server looks at timeouts once a tick, of which it makes at least one a second ("hz"): so much later it may answer.
constexpr uint32_t kServerTickMs = 1000;

constexpr uint64_t kLongestTimeout = 40;  // characters; longer ones are the server's to read

inline uint32_t bounded_ms(double ms) {
  return ms > 0 && ms < UINT32_MAX - kServerTickMs ? static_cast<uint32_t>(std::ceil(ms)) + kServerTickMs : kForEver;
}

// "0.25": BLPOP and the like.
inline uint32_t seconds_to_ms(const uint8_t *ptr, uint64_t len) {
  char text[kLongestTimeout + 1];
  if (!ptr || len == 0 || len > kLongestTimeout) return kForEver;
  std::memcpy(text, ptr, len);
  text[len] = 0;
  char *end = nullptr;
  double seconds = std::strtod(text, &end);
  return end == text + len ? bounded_ms(seconds * 1000) : kForEver;
}

// "250": XREAD and WAIT.
inline uint32_t plain_ms(const uint8_t *ptr, uint64_t len) {
  int64_t ms = 0;
  return ptr && parse_integer(ptr, len, ms) ? bounded_ms(static_cast<double>(ms)) : kForEver;
}

}  // namespace weir::redis
