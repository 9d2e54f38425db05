// Subcommands that components bring (weir.command/1): `weir NAME ARGS...`.
#pragma once

#include <string>
#include <string_view>

#include "core/app/options.h"
#include "core/plugin/registry.h"

namespace weir::app {

// A line for each command of the loaded components, as --help has them.
std::string commands_text(const plugin::Registry &);

// Loads the plugins, finds the command and runs it. The exit code; 2 = there is no such command.
int run_own_command(const Options &);

}  // namespace weir::app
