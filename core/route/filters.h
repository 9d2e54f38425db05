// The filters of a pool in the order in which they are asked, and which commands each of them wants to see.
// Owner: route::Pool. Threads: read-only once made.
#pragma once

#include <memory>
#include <vector>

#include "core/config/complaints.h"
#include "core/plugin/instance.h"

namespace weir::route {

struct Filters {
  static_assert(config::kMostFilters <= 8);  // a bit each

  std::vector<std::unique_ptr<plugin::Instance>> all;
  // By command, a bit for each filter: who is asked about requests, and who hears how they ended. As long as the
  // protocol's table of commands, also without filters.
  std::vector<uint8_t> requests, responses;

  // [config] Asks the filter that was added last what it wants to see. False: it complained.
  bool ask(const weir_protocol &protocol, std::string_view protocol_name, const config::Use &use,
           const std::string &path, config::Complaints &complaints);
};

}  // namespace weir::route
