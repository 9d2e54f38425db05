// What --list-plugins and --plugin-info print about loaded plugins. Pure functions over the registry; control thread.
#pragma once

#include <string>

#include "core/plugin/registry.h"

namespace weir::plugin {

// One line a component, grouped by file.
std::string list_text(const Registry &);
std::string list_json(const Registry &);  // {"plugins": [...]}, each as info_json() has it

// Everything one file says about itself.
std::string info_text(const Registry &, const Module &);
std::string info_json(const Registry &, const Module &);

}  // namespace weir::plugin
