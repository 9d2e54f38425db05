// One plugin file: looked at, then mapped, then its entry called. What is mapped stays mapped for the life of the
// process. Control thread.
#pragma once

#include <weir/module.h>

#include <string>

#include "core/base/result.h"

namespace weir::plugin {

// What the file's entry returned, null included: nothing of it has been checked. The error names the file. No code of
// the file runs unless it is a library of this machine that exports the entry and nothing else.
Result<const weir_module *> open_library(const std::string &path);

}  // namespace weir::plugin
