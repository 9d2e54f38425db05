// Bytes of the surface as text, and text for weir_errbuf.
#pragma once

#include <weir/types.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace weir::lua {

inline std::string_view view_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}
inline weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

inline void explain(weir_errbuf *err, std::string_view text) {
  err->len = static_cast<uint32_t>(std::min<size_t>(text.size(), err->cap));
  if (err->len != 0) std::memcpy(err->ptr, text.data(), err->len);
}

}  // namespace weir::lua
