#include "errors.h"

#include <algorithm>
#include <functional>

namespace weir::lua {

Errors::Answer Errors::met(std::string_view text, uint64_t now_us) {
  const uint64_t hash = std::hash<std::string_view>()(text) | 1;
  auto *place = std::find_if(known_.begin(), known_.end(), [&](const Known &k) { return k.hash == hash; });
  if (place == known_.end()) {
    place = std::min_element(known_.begin(), known_.end(),
                             [](const Known &a, const Known &b) { return a.logged_us < b.logged_us; });
    if (place->hash != 0 && now_us - place->logged_us < kQuietUs) {
      ++place->passed_over;
      return {false, 0};
    }
    *place = {hash, now_us, 0};
    return {true, 0};
  }
  if (now_us - place->logged_us < kQuietUs) {
    ++place->passed_over;
    return {false, 0};
  }
  const uint64_t passed_over = place->passed_over;
  *place = {hash, now_us, 0};
  return {true, passed_over};
}

}  // namespace weir::lua
