// What "stats <what>" asks for, as far as the answers of several servers have to be joined. Pure functions.
#pragma once

#include <string_view>

#include "request_word.h"

namespace weir::memcache {

// what: the word behind "stats", or the key of a binary stat, which may go on ("detail dump").
inline StatsKind kind_of_stats(std::string_view what) {
  auto is = [what](std::string_view name) {
    return what.substr(0, name.size()) == name && (what.size() == name.size() || what[name.size()] == ' ');
  };
  if (is("settings")) return StatsKind::kSettings;
  if (is("conns") || is("cachedump") || is("detail dump")) return StatsKind::kLists;
  if (is("reset") || is("detail")) return StatsKind::kAction;
  return StatsKind::kNumbers;
}

}  // namespace weir::memcache
