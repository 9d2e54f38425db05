// The command table in the form the path for whole requests wants it: for each row whose keys stand at fixed places and
// that needs no second look, where they are. Made at compile time.
#pragma once

#include <array>
#include <cstdint>

#include "command_rows.h"

namespace weir::redis {

struct KeyPlan {
  // The number of arguments fits when argc - fewest <= more, in 32 bits. A row that is not plain has a number of
  // arguments here that no request read by header_at() has.
  uint32_t fewest = UINT32_MAX, more = 0;
  uint8_t first = 0;   // argument
  int8_t last = 0;     // negative: counted from the end
  bool pairs = false;  // every second one, an odd number of arguments in all
  uint8_t route = 0;   // WEIR_ROUTE_KEY or WEIR_ROUTE_SPLIT
  uint32_t req_flags = 0;

  bool one_key() const { return first == 1 && last == 1; }
};

constexpr bool is_plain(const Command &row) {
  return row.spec == KeySpec::kRange && row.step <= 2 &&
         (row.policy == Policy::kKeys || row.policy == Policy::kSplit) &&
         (row.flags & (kAdmin | kNoAuth | kSecret | kCloses | kBlocks)) == 0;
}

constexpr KeyPlan key_plan(const Command &row) {
  KeyPlan plan;
  if (!is_plain(row)) return plan;
  plan.fewest = static_cast<uint32_t>(row.arity < 0 ? -row.arity : row.arity);
  plan.more = row.arity < 0 ? INT32_MAX : 0;
  plan.first = static_cast<uint8_t>(row.first);
  plan.last = row.last;
  plan.pairs = row.step == 2;
  plan.route = row.policy == Policy::kSplit ? WEIR_ROUTE_SPLIT : WEIR_ROUTE_KEY;
  plan.req_flags = (row.flags & (kRead | kWrite)) == kRead ? WEIR_REQ_RETRY_SAFE : 0;
  return plan;
}

constexpr uint32_t kPlanCount = sizeof(kRows) / sizeof(kRows[0]);

constexpr std::array<KeyPlan, kPlanCount> key_plans() {
  std::array<KeyPlan, kPlanCount> plans{};
  for (uint32_t row = 0; row < kPlanCount; ++row) plans[row] = key_plan(kRows[row]);
  return plans;
}
inline constexpr std::array<KeyPlan, kPlanCount> kKeyPlans = key_plans();

// The least request each plan takes has its first key and its last.
constexpr bool first_keys_exist() {
  for (const KeyPlan &plan : kKeyPlans) {
    if (plan.fewest == UINT32_MAX) continue;
    int last = plan.last < 0 ? static_cast<int>(plan.fewest) + plan.last : plan.last;
    if (plan.first < 1 || last < plan.first || last >= static_cast<int>(plan.fewest)) return false;
  }
  return true;
}
static_assert(first_keys_exist());

}  // namespace weir::redis
