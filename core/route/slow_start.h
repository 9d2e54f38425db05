// Slow start: a server that came back gets its keys by and by. Which keys are back already is said by the keys
// themselves, so that each comes back once, at the same time for all workers, and none goes to and fro.
#pragma once

#include <weir/types.h>

namespace weir::route {

// Where a key, or its hashed part, stands among all keys: from 0 to 65535, and evenly.
inline uint32_t place_in_line(weir_bytes key) {
  uint64_t hash = 0xcbf29ce484222325;
  for (uint64_t i = 0; i < key.len; ++i) hash = (hash ^ key.ptr[i]) * 0x100000001b3;
  hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;  // the distribution may have looked at a hash like this one
  return static_cast<uint32_t>(hash >> 48);
}

// Whether the key is back on a server that came back at since_us.
inline bool is_back(weir_bytes key, uint64_t since_us, uint64_t slow_start_us, uint64_t now_us) {
  uint64_t passed = now_us > since_us ? now_us - since_us : 0;
  if (passed >= slow_start_us) return true;
  return place_in_line(key) <
         static_cast<uint64_t>(static_cast<double>(passed) / static_cast<double>(slow_start_us) * 65536.0);
}

}  // namespace weir::route
