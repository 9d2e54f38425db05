#include "core/app/own_command.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <vector>

#include "core/app/loading.h"
#include "core/base/log.h"
#include "core/base/text.h"
#include "core/plugin/command.h"
#include "core/plugin/host.h"

namespace weir::app {
namespace {

const weir_command *command_of(const plugin::Component &component) {
  return plugin::command_of(*component.info);
}

// Those of a configuration's `plugins:` too, when one is named; the rest of it may be as it likes.
config::Plugins configured_plugins(const Options &options) {
  if (options.config_file == Options().config_file) return {};
  config::Complaints complaints;
  auto root = config::read_file(options.config_file, complaints);
  config::Plugins plugins = root ? config::plugins_of(*root, complaints) : config::Plugins{};
  std::fputs(complaints.text().c_str(), stderr);
  return plugins;
}

int no_such_command(const plugin::Registry &registry, const std::string &name) {
  std::vector<std::string_view> known = subcommand_names();
  for (const plugin::Component &component : registry.components()) {
    if (const weir_command *command = command_of(component)) known.emplace_back(command->name);
  }
  std::string text = "weir: there is no command '" + json_escape(name) + "'";
  std::string_view meant = nearest(name, known);
  std::error_code failed;
  if (std::filesystem::is_regular_file(name, failed)) {
    text += "; weir -c " + json_escape(name) + " takes that file as the configuration";
  } else {
    text += meant.empty() ? "; there are " + join(known) : "; did you mean " + std::string(meant) + "?";
  }
  std::fprintf(stderr, "%s\nTry 'weir --help' for what there is.\n", text.c_str());
  return 2;
}

int run(const plugin::Component &component, const weir_command &command, const std::vector<std::string> &words) {
  config::Complaints complaints;
  const plugin::PoolNames no_pools;
  config::Use use;
  use.name = component.info->name;
  plugin::Host host(component.info->name, component.registry, use, command.name, nullptr, UINT32_MAX, no_pools, 1,
                    complaints);
  std::vector<weir_bytes> args;
  args.reserve(words.size());
  for (const std::string &word : words) args.push_back({reinterpret_cast<const uint8_t *>(word.data()), word.size()});
  int status = command.run(host.table(), args.data(), static_cast<uint32_t>(args.size()));
  std::fflush(stdout);
  return status;
}

}  // namespace

std::string commands_text(const plugin::Registry &registry) {
  std::string out;
  for (const plugin::Component &component : registry.components()) {
    const weir_command *command = command_of(component);
    if (command == nullptr) continue;
    std::string left = "  weir " + std::string(command->name) + " " + command->usage;
    left.resize(std::max<size_t>(left.size() + 2, 34), ' ');
    out.append(left).append(command->summary).append("\n");
  }
  return out;
}

int run_own_command(const Options &options) {
  plugin::Registry registry;
  std::vector<std::string> errors = load_plugins(registry, options, configured_plugins(options));
  for (const std::string &error : errors) std::fprintf(stderr, "weir: %s\n", error.c_str());
  for (const plugin::Component &component : registry.components()) {
    const weir_command *command = command_of(component);
    if (command != nullptr && options.command == command->name) return run(component, *command, options.words);
  }
  return no_such_command(registry, options.command);
}

}  // namespace weir::app
