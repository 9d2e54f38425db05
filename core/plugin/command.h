// A component's own subcommand, weir.command/1.
#pragma once

#include <weir/module.h>

namespace weir::plugin {

// Null when the component has none.
inline const weir_command *command_of(const weir_component &c) {
  if (c.extension == nullptr) return nullptr;
  return static_cast<const weir_command *>(c.extension(WEIR_EXT_COMMAND));
}

}  // namespace weir::plugin
