// How a statistic of several servers becomes one, by its name. Constant data.
#pragma once

#include <string_view>

namespace weir::memcache {

enum class Joins : uint8_t {
  kSum,
  kLeast,
  kMost,
  kFirst,  // of the first server: it makes no sense joined
  kEach    // what they agree on, or each server's, with commas between
};

struct StatsRule {
  std::string_view name;
  Joins joins;
};

// Of "stats" without a word, and by what follows the last colon of "items:1:age". Every other number is summed up.
inline constexpr StatsRule kStatsRules[] = {
    {"pid", Joins::kFirst},
    {"uptime", Joins::kLeast},
    {"time", Joins::kMost},
    {"version", Joins::kEach},
    {"libevent", Joins::kEach},
    {"pointer_size", Joins::kEach},
    {"accepting_conns", Joins::kLeast},
    {"hash_power_level", Joins::kMost},
    {"hash_is_expanding", Joins::kMost},
    {"slab_reassign_running", Joins::kMost},
    {"lru_crawler_running", Joins::kMost},
    {"active_slabs", Joins::kMost},
    {"age", Joins::kMost},
    {"age_hot", Joins::kMost},
    {"age_warm", Joins::kMost},
    {"evicted_time", Joins::kMost},
    {"chunk_size", Joins::kEach},
    {"chunks_per_page", Joins::kEach},
};

inline Joins joins(std::string_view name) {
  const size_t colon = name.rfind(':');
  if (colon != std::string_view::npos) name.remove_prefix(colon + 1);
  for (const StatsRule &rule : kStatsRules)
    if (rule.name == name) return rule.joins;
  return Joins::kSum;
}

}  // namespace weir::memcache
