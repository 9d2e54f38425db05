// Secrets that stand elsewhere: instead of the text itself a file names where it is found. Control thread.
#pragma once

#include <memory>
#include <string>

#include "core/config/node.h"
#include "core/config/schema.h"

namespace weir::config {

// Whether a map stands where the rule wants secret text.
bool points_at_secret(const Rule &, const Node &value);

// The text that {file: PATH} or {env: NAME} leads to, as if it had stood here. What is wrong goes to `fault`; the text
// itself never does.
std::shared_ptr<Node> fetch_secret(const Node &value, std::string &fault);

}  // namespace weir::config
