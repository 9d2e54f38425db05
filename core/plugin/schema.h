// Where a component's description of its own configuration comes from.
#pragma once

#include <weir/module.h>
#include <weir/schema.h>

namespace weir::plugin {

// Null when the component has none.
inline const weir_schema *schema_of(const weir_component &c) {
  if (c.extension == nullptr) return nullptr;
  return static_cast<const weir_schema *>(c.extension(WEIR_EXT_SCHEMA));
}

}  // namespace weir::plugin
