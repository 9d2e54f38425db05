// Which names components, statistics and configuration keys may have.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace weir::plugin {

inline constexpr size_t kMaxName = 64;
inline constexpr const char *kNameRule = "1 to 64 of a-z, 0-9, '_' and '-'";

// Null is no legal name. Looks at no more than kMaxName + 1 bytes.
inline bool legal_name(const char *name) {
  if (name == nullptr) return false;
  const size_t len = ::strnlen(name, kMaxName + 1);
  if (len == 0 || len > kMaxName) return false;
  return std::string_view(name, len).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_-") ==
         std::string_view::npos;
}

}  // namespace weir::plugin
