// What the request parser leaves in weir_req.user for reply(), render() and merge(). Pure functions.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// A request that goes to servers: where its "noreply" begins (0 = it has none) and where its first key lies.
struct RequestWord {
  uint32_t noreply_off = 0;
  uint32_t key_off = 0;
  uint32_t key_len = 0;
};

inline uint64_t pack(const RequestWord &word) {
  return static_cast<uint64_t>(word.noreply_off & 0xffff) | static_cast<uint64_t>(word.key_off) << 16 |
         static_cast<uint64_t>(word.key_len & 0xffff) << 48;
}
inline RequestWord unpack(uint64_t user) {
  return {static_cast<uint32_t>(user & 0xffff), static_cast<uint32_t>(user >> 16), static_cast<uint32_t>(user >> 48)};
}

inline constexpr uint32_t kNoReplyLen = 7;

}  // namespace weir::memcache
