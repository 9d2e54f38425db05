// Writing YAML that reads back as the same thing. Control thread.
#pragma once

#include <string>
#include <string_view>

#include "core/config/node.h"

namespace weir::config {

// In double quotes, escaped.
std::string quoted_text(std::string_view text);
// A text as short as it can be written: plain when nothing else could be read from that, else in quotes.
std::string string_text(std::string_view text);
// "key: value" and a line end, over as many lines as the value needs, each indented by `indent` spaces.
void write_entry(std::string &out, size_t indent, std::string_view key, const Node &value);

}  // namespace weir::config
