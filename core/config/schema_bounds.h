// What the tables of keys share: bounds, and names for what a column says. Constant data, any thread.
#pragma once

#include <cstdint>

namespace weir::config {

constexpr int64_t kInt = 2'147'483'647;                     // twemproxy's numbers are of type int
constexpr int64_t kYearUs = 365LL * 24 * 3600 * 1'000'000;  // far from where sums of times overflow
constexpr int64_t kTera = 1LL << 40;
constexpr int64_t kKeepaliveUs = 32'767LL * 1'000'000;  // what the kernel takes
constexpr int64_t kUserTimeoutUs = 24LL * 3600 * 1'000'000;

constexpr bool kRequired = true, kOptional = false;
constexpr bool kBoth = true, kWeirOnly = false;

}  // namespace weir::config
