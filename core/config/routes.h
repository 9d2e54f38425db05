// A pool's `routes:`. Control thread.
#pragma once

#include <string>
#include <vector>

#include "core/config/section.h"

namespace weir::config {

// The entries; those that are wrong are complained about and left out. path: the pool's.
std::vector<Route> read_routes(const Context &, const Node::Entry &routes, const std::string &path);

// That the pools they name are there, and of the pool's protocol.
void check_routes(const Pool &, const std::vector<Pool> &all, Complaints &);

// One entry, on one line: "{commands: read, pool: replicas}".
std::string route_text(const Route &);

}  // namespace weir::config
