// From options to a checked configuration with its plugins loaded and its pools made. No effect outside memory: -t does
// the same. Thread: control, before anything else runs.
#pragma once

#include <memory>
#include <optional>

#include "core/app/options.h"
#include "core/app/worker.h"
#include "core/config/load.h"
#include "core/plugin/registry.h"

namespace weir::app {

struct Loaded {
  plugin::Registry registry;
  config::Settings settings;
  plugin::PoolNames names;
  uint32_t workers = 1;
  Pools pools;  // after what they refer to
};

// The plugins every invocation has: the folders given, then the one beside the program. Returns what went wrong.
std::vector<std::string> load_plugins(plugin::Registry &registry, const Options &options,
                                      const config::Plugins &configured);

// Where the weir of these options listens for commands. Nothing: complaint says why.
std::optional<config::Address> admin_address(const Options &options, std::string &complaint);

// Null: complaints says why; it then ends with a line on how to mend it.
std::unique_ptr<Loaded> load(const Options &options, std::string &complaints);

}  // namespace weir::app
