// What the configuration may name: the loaded components, seen from below the plugin layer.
#pragma once

#include <weir/schema.h>

#include <string>
#include <vector>

namespace weir::config {

struct CatalogEntry {
  uint32_t kind = 0;  // WEIR_K_*
  std::string name;
  const weir_schema *schema = nullptr;  // null when the component has none
};

// All components in load order; a name is unique in its kind.
using Catalog = std::vector<CatalogEntry>;

}  // namespace weir::config
