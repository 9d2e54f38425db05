#include "shapes.h"

#include <array>

#include "command_rows.h"
#include "subcommand_rows.h"

namespace weir::redis {

namespace {

// As redis 7.0 has them.
constexpr Shape kShapes[] = {
    {"acl|getuser", "A"},
    {"acl|log", "*B"},
    {"bzmpop", "(.*l,)"},
    {"bzpopmax", "l,"},
    {"bzpopmin", "l,"},
    {"command", "*(..~....~.~.~C~(..~....~.~.~C))"},
    {"command|docs", "%E"},
    {"command|getkeysandflags", "*(.~.)"},
    {"command|info", "*(..~....~.~.~C~(..~....~.~.~C))"},
    {"config|get", "%."},
    {"function|list", "*G"},
    {"function|stats", "I"},
    {"geopos", "**,"},
    {"georadius", "***,"},
    {"georadius_ro", "***,"},
    {"georadiusbymember", "***,"},
    {"georadiusbymember_ro", "***,"},
    {"geosearch", "***,"},
    {"hgetall", "%."},
    {"hrandfield", "2.", "withvalues"},
    {"info", "="},
    {"latency|doctor", "="},
    {"latency|graph", "="},
    {"latency|histogram", "%J"},
    {"lcs", "%."},
    {"lolwut", "="},
    {"memory|doctor", "="},
    {"memory|malloc-stats", "="},
    {"memory|stats", "K"},
    {"module|list", "*%."},
    {"sdiff", "~."},
    {"sinter", "~."},
    {"smembers", "~."},
    {"spop", "~."},
    {"sunion", "~."},
    {"xinfo|consumers", "*%."},
    {"xinfo|groups", "*%."},
    {"xinfo|stream", "L"},
    {"xread", "@."},
    {"xreadgroup", "@."},
    {"zadd", ","},
    {"zdiff", "2,", "withscores"},
    {"zincrby", ","},
    {"zinter", "2,", "withscores"},
    {"zmpop", "(.*l,)"},
    {"zmscore", "*,"},
    {"zpopmax", "2,", {}, 2, "l,"},
    {"zpopmin", "2,", {}, 2, "l,"},
    {"zrandmember", "2,", "withscores"},
    {"zrange", "2,", "withscores"},
    {"zrangebyscore", "2,", "withscores"},
    {"zrevrange", "2,", "withscores"},
    {"zrevrangebyscore", "2,", "withscores"},
    {"zscore", ","},
    {"zunion", "2,", "withscores"},
};
constexpr uint32_t kShapeCount = sizeof(kShapes) / sizeof(kShapes[0]);

constexpr Field kRecords[] = {
    {'A', "flags", "~."},
    {'A', "selectors", "*%."},
    {'B', "age-seconds", ","},
    {'C', "flags", "~."},
    {'C', "begin_search", "D"},
    {'C', "find_keys", "D"},
    {'D', "spec", "%."},
    {'E', "arguments", "*F"},
    {'E', "subcommands", "%E"},
    {'E', "history", "~."},
    {'E', "doc_flags", "~."},
    {'F', "flags", "~."},
    {'F', "arguments", "*F"},
    {'G', "functions", "*H"},
    {'H', "flags", "~."},
    {'I', "running_script", "%."},
    {'I', "engines", "%%."},
    {'J', "histogram_usec", "%."},
    {'K', "dataset.percentage", ","},
    {'K', "peak.percentage", ","},
    {'K', "allocator-fragmentation.ratio", ","},
    {'K', "allocator-rss.ratio", ","},
    {'K', "rss-overhead.ratio", ","},
    {'K', "fragmentation", ","},
    {'K', "*", "%."},
    {'L', "groups", "*M"},
    {'M', "consumers", "*%."},
};

template <uint32_t N>
constexpr std::array<uint8_t, N> places_of(const Command (&rows)[N]) {
  std::array<uint8_t, N> places{};
  for (uint32_t row = 0; row < N; ++row)
    for (uint32_t i = 0; i < kShapeCount; ++i)
      if (kShapes[i].command == rows[row].full_name()) places[row] = static_cast<uint8_t>(i + 1);
  return places;
}
constexpr auto kPlaces = places_of(kRows);
constexpr auto kSubPlaces = places_of(kSubRows);

constexpr bool all_are_commands() {
  uint32_t found = 0;
  for (uint8_t place : kPlaces) found += place != 0;
  for (uint8_t place : kSubPlaces) found += place != 0;
  return found == kShapeCount;
}
static_assert(kShapeCount < 256 && all_are_commands());

}  // namespace

const Shape *shape_of(uint32_t cmd, uint32_t sub) {
  uint32_t place = sub ? kSubPlaces[sub] : kPlaces[cmd];
  return place ? &kShapes[place - 1] : nullptr;
}

std::string_view field_pattern(char record, std::string_view name) {
  std::string_view other = ".";
  for (const Field &field : kRecords) {
    if (field.record != record) continue;
    if (field.name == name) return field.pattern;
    if (field.name == "*") other = field.pattern;
  }
  return other;
}

}  // namespace weir::redis
