// The part of a key that decides where it goes: what lies between the first opening character and the first closing one
// after it, if anything does; else the whole key.
#pragma once

#include <weir/types.h>

#include <cstring>
#include <string_view>

namespace weir::route {

inline weir_bytes hashed_part(weir_bytes key, std::string_view tag) {
  if (tag.size() != 2 || key.len == 0) return key;
  const auto *open = static_cast<const uint8_t *>(std::memchr(key.ptr, tag[0], key.len));
  if (open == nullptr) return key;
  const uint8_t *begin = open + 1;
  const auto *close =
      static_cast<const uint8_t *>(std::memchr(begin, tag[1], static_cast<size_t>(key.ptr + key.len - begin)));
  if (close == nullptr || close == begin) return key;
  return {begin, static_cast<uint64_t>(close - begin)};
}

}  // namespace weir::route
