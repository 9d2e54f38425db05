// Text in, settings or complaints out.
#pragma once

#include <optional>
#include <string>

#include "core/config/load.h"
#include "tests/unit/config/fixed_catalog.h"

namespace weir::config::testing {

struct Loaded {
  std::optional<Settings> settings;
  std::string complaints;
  const Pool &pool() const { return settings->pools.at(0); }
};

inline Loaded load(const std::string &text, const Catalog &catalog = fixed_catalog()) {
  Loaded loaded;
  Complaints complaints;
  if (std::shared_ptr<Node> root = read_text(text, "f", complaints)) {
    plugins_of(*root, complaints);
    loaded.settings = check(root, catalog, complaints);
  }
  loaded.complaints = complaints.text();
  return loaded;
}

// A pool of twemproxy's, all right as it is, with these lines in it from line 4 on.
inline std::string nutcracker_pool(const std::string &lines) {
  return "alpha:\n  listen: 127.0.0.1:22121\n  servers: [\"127.0.0.1:6379:1\"]\n" + lines;
}

// The same in weir's own form; the lines are from line 5 on.
inline std::string weir_pool(const std::string &lines) {
  return "pools:\n  alpha:\n    listen: 127.0.0.1:22121\n    servers: [\"127.0.0.1:6379:1\"]\n" + lines;
}

}  // namespace weir::config::testing
