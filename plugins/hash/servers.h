// The servers a ring is laid over: the live ones, in twemproxy's order.
#pragma once

#include <weir/hash.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace weir::hash {

inline std::string_view name_of(const weir_server &server) {
  return {reinterpret_cast<const char *>(server.name.ptr), static_cast<size_t>(server.name.len)};
}

// Shorter names first, then by bytes: modula's index and ketama's ties follow from this order, not from the
// configuration's. Names lie in the caller's memory, so the copy lives no longer than build().
inline std::vector<weir_server> live_in_name_order(const weir_server *servers, uint32_t n) {
  std::vector<weir_server> live;
  live.reserve(n);
  std::copy_if(servers, servers + n, std::back_inserter(live), [](const weir_server &s) { return s.alive != 0; });
  std::stable_sort(live.begin(), live.end(), [](const weir_server &a, const weir_server &b) {
    const std::string_view left = name_of(a), right = name_of(b);
    return left.size() != right.size() ? left.size() < right.size() : left < right;
  });
  return live;
}

// In 64 bits: weights are 32-bit numbers an operator chose.
inline uint64_t total_weight(const std::vector<weir_server> &servers) {
  uint64_t total = 0;
  for (const weir_server &server : servers) total += server.weight;
  return total;
}

inline bool weights_equal(const weir_server *servers, uint32_t n) {
  return std::all_of(servers, servers + n, [&](const weir_server &s) { return s.weight == servers->weight; });
}

// For distributions that have no place for weights: they would be lost without a word.
inline void refuse_unequal_weights(const std::string &who, const weir_server *servers, uint32_t n,
                                   const std::string &instead) {
  if (weights_equal(servers, n)) return;
  const weir_server *other =
      std::find_if(servers, servers + n, [&](const weir_server &s) { return s.weight != servers->weight; });
  throw std::invalid_argument(who + " has no weights, but " + std::string(name_of(*servers)) + " has " +
                              std::to_string(servers->weight) + " and " + std::string(name_of(*other)) + " has " +
                              std::to_string(other->weight) + ": give all servers the same, or " + instead);
}

}  // namespace weir::hash
