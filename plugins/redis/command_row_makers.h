// Words to write the command table with.
#pragma once

#include "command_table.h"

namespace weir::redis {

constexpr Command make(std::string_view name, int arity, KeySpec spec, int first, int last, int step, Policy policy,
                       unsigned detail, unsigned flags, Merge join = Merge::kNone) {
  return {name.data(),
          static_cast<uint8_t>(name.size()),
          static_cast<int8_t>(arity),
          spec,
          static_cast<int8_t>(first),
          static_cast<int8_t>(last),
          static_cast<int8_t>(step),
          policy,
          static_cast<uint8_t>(detail),
          static_cast<uint16_t>(flags),
          join};
}
constexpr Command key(std::string_view name, int arity, unsigned flags) {
  return make(name, arity, KeySpec::kRange, 1, 1, 1, Policy::kKeys, 0, flags);
}
constexpr Command key2(std::string_view name, int arity, unsigned flags) {
  return make(name, arity, KeySpec::kRange, 2, 2, 1, Policy::kKeys, 0, flags);
}
constexpr Command keys(std::string_view name, int arity, int first, int last, int step, unsigned flags) {
  return make(name, arity, KeySpec::kRange, first, last, step, Policy::kKeys, 0, flags);
}
constexpr Command split(std::string_view name, int arity, int step, Merge merge, unsigned flags) {
  return make(name, arity, KeySpec::kRange, 1, -1, step, Policy::kSplit, 0, flags, merge);
}
// position: of the number of keys. destination: 1 when argument 1 is a key too.
constexpr Command numkeys(std::string_view name, int arity, int position, int destination, NumkeysStyle style,
                          unsigned flags) {
  return make(name, arity, KeySpec::kNumkeys, position, destination, 1, Policy::kKeys, static_cast<unsigned>(style),
              flags);
}
// The same, when the keys may lie on several servers.
constexpr Command split_numkeys(std::string_view name, int arity, NumkeysStyle style, Merge merge, unsigned flags) {
  return make(name, arity, KeySpec::kNumkeys, 1, 0, 1, Policy::kSplit, static_cast<unsigned>(style), flags, merge);
}
constexpr Command special(std::string_view name, int arity, KeySpec spec, unsigned flags) {
  return make(name, arity, spec, spec == KeySpec::kStreams ? 0 : 1, 1, 1, Policy::kKeys, 0, flags);
}
constexpr Command all(std::string_view name, int arity, Merge merge, unsigned flags) {
  return make(name, arity, KeySpec::kNone, 0, 0, 0, Policy::kAll, 0, flags, merge);
}
constexpr Command plain(std::string_view name, int arity, Policy policy, unsigned flags) {
  return make(name, arity, KeySpec::kNone, 0, 0, 0, policy, 0, flags);
}
constexpr Command transaction(std::string_view name, int arity, TransactionWord word, unsigned flags) {
  bool watch = word == TransactionWord::kWatch;
  return make(name, arity, watch ? KeySpec::kRange : KeySpec::kNone, watch, -static_cast<int>(watch), watch,
              Policy::kTransaction, static_cast<unsigned>(word), flags);
}
// Its channels are keys where it is sent, but only those of shards are in COMMAND.
constexpr Command subscription(std::string_view name, int arity, SubscriptionWord word) {
  bool shard = word == SubscriptionWord::kSsubscribe || word == SubscriptionWord::kSunsubscribe;
  return make(name, arity, shard ? KeySpec::kRange : KeySpec::kNone, shard, -static_cast<int>(shard), 1,
              Policy::kSubscription, static_cast<unsigned>(word), 0);
}
constexpr Command refused(std::string_view name, int arity, Why why, int first, int last, int step,
                          unsigned flags = 0) {
  return make(name, arity, first ? KeySpec::kRange : KeySpec::kNone, first, last, step, Policy::kRefused,
              static_cast<unsigned>(why), flags);
}

}  // namespace weir::redis
