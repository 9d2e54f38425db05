// The command line: twemproxy's options with their defaults, limits and complaints, and weir's own beside them.
// Plain functions over argv; nothing is printed, opened or ended here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weir::app {

// What the process is asked to do.
enum class Task {
  run,
  test_config,      // -t
  list_plugins,     // --list-plugins
  plugin_info,      // --plugin-info FILE
  print_config,     // --print-config
  print_reference,  // --print-config-reference
  reload,           // weir reload
  route,            // weir route
  ring,             // weir ring
  own_command,      // weir NAME, of a component
};

// What weir route and weir ring ask.
struct KeyQuery {
  std::string pool;               // empty = the only one
  std::string against;            // another configuration; empty = none
  std::string as;                 // the command that routes are asked about; empty = any
  std::string from;               // the client that routes are asked about; empty = any
  std::string keys_file;          // "-" = standard input; empty = none
  std::vector<std::string> keys;  // of the command line
  uint64_t samples = 100'000;     // keys to make up
};

// A pool given by options instead of a file: --listen and --server with --protocol.
struct InlinePool {
  std::string protocol;
  std::string listen;
  std::vector<std::string> servers;
  std::string hash, distribution;  // empty = the default
};

struct Options {
  Task task = Task::run;
  bool daemonize = false;
  int log_level = 5;     // 0..11
  std::string log_file;  // empty = standard error
  std::string config_file = "conf/nutcracker.yml";
  std::string pid_file;  // empty = none
  std::string stats_address = "127.0.0.1";
  uint16_t stats_port = 22222;
  std::string admin_address;            // empty = the configuration's
  uint64_t stats_interval_ms = 30'000;  // accepted for twemproxy's sake: weir's numbers are always current
  uint32_t workers = 0;                 // 0 = not said
  std::optional<InlinePool> pool;       // set: config_file does not count
  std::vector<std::string> plugin_paths;
  std::string plugin_file;  // of --plugin-info
  bool json = false;        // for programs instead of people, where there is a choice
  KeyQuery query;
  std::string command;  // of Task::own_command; what follows it is the command's own
  std::vector<std::string> words;
};

// Either options, or the last words of the process: text for both streams, and the exit code.
struct ParsedOptions {
  std::optional<Options> options;
  std::string out, err;
  int exit_code = 0;
  bool lists_commands = false;            // those of plugins belong at the end of `out`
  std::vector<std::string> plugin_paths;  // where these are, then
};

// The words that ask for something of the core's own: `weir reload`.
std::vector<std::string_view> subcommand_names();

ParsedOptions parse_options(int argc, const char *const *argv);

}  // namespace weir::app
