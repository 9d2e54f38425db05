// One pool, from its map of keys. Control thread.
#pragma once

#include <string>

#include "core/config/section.h"

namespace weir::config {

// `path` is "pools.name". What is wrong is complained about; the pool is then not to be used.
Pool read_pool(const Context &, const Node::Entry &, const std::string &path);

}  // namespace weir::config
