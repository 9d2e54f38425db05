// Files that components read and configurations name: found from where the configuration stands, and looked at, so that
// a reload knows whether one says something else. Control thread.
#pragma once

#include <memory>
#include <string>

#include "core/config/node.h"

namespace weir::config {

// The path's node with the whole path as its text, and a digest of what the file says. What is wrong goes to `fault`.
std::shared_ptr<Node> find_named_file(const Node &path, std::string &fault);

}  // namespace weir::config
