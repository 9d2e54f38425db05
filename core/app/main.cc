// The program: options, configuration, then the runtime until a signal ends it.
#include <sys/utsname.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>

#include "core/app/admin_client.h"
#include "core/app/crash.h"
#include "core/app/daemon.h"
#include "core/app/inheritance.h"
#include "core/app/loading.h"
#include "core/app/notify.h"
#include "core/app/options.h"
#include "core/app/own_command.h"
#include "core/app/pid_file.h"
#include "core/app/privileges.h"
#include "core/app/ring_command.h"
#include "core/app/route_command.h"
#include "core/app/runtime.h"
#include "core/app/signals.h"
#include "core/base/heap.h"
#include "core/base/log.h"
#include "core/base/version.h"
#include "core/plugin/info.h"

namespace weir::app {
namespace {

void say(FILE *to, const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), to);
  std::fflush(to);
}

int fail(const std::string &text) {
  say(stderr, "weir: " + text + "\n");
  return 1;
}

int list_plugins(const Options &options) {
  plugin::Registry registry;
  std::vector<std::string> errors = load_plugins(registry, options, {});
  say(stdout, options.json ? plugin::list_json(registry) : plugin::list_text(registry));
  for (const std::string &error : errors) say(stderr, "weir: " + error + "\n");
  return errors.empty() ? 0 : 1;
}

int plugin_info(const Options &options) {
  plugin::Registry registry;
  if (Status loaded = registry.load(options.plugin_file); !loaded) return fail(loaded.error().text);
  const plugin::Module &module = registry.modules().front();
  say(stdout, options.json ? plugin::info_json(registry, module) : plugin::info_text(registry, module));
  return 0;
}

int print_reference(const Options &options) {
  plugin::Registry registry;
  std::vector<std::string> errors = load_plugins(registry, options, {});
  for (const std::string &error : errors) say(stderr, "weir: " + error + "\n");
  say(stdout, config::reference(registry.catalog()));
  return errors.empty() ? 0 : 1;
}

std::string help_on_commands(const std::vector<std::string> &plugin_paths) {
  Options options;
  options.plugin_paths = plugin_paths;
  plugin::Registry registry;
  load_plugins(registry, options, {});  // --list-plugins tells what is wrong with them
  std::string commands = commands_text(registry);
  return commands.empty() ? "" : "\nCommands of plugins:\n" + commands;
}

int reload(const Options &options) {
  std::string complaints;
  auto admin = admin_address(options, complaints);
  if (!admin) {
    if (!complaints.empty() && complaints.back() == '\n') complaints.pop_back();
    return fail(complaints);
  }
  Answer answer = ask(*admin, "reload");
  say(answer.ok ? stdout : stderr, answer.text);
  return answer.ok ? 0 : 1;
}

std::string source_of(const Options &options) {
  return options.pool ? std::string("the configuration of the command line")
                      : "configuration file '" + options.config_file + "'";
}

// Without a predecessor the pid file comes first, with one last: while the start can fail it is the other's.
int run(const Options &options, std::shared_ptr<Loaded> loaded, CommandLine command,
        std::optional<Inheritance> &inherited) {
  Signals::hold();
  heap::keep_large_blocks();  // it is the workers that say when memory goes back
  if (!log::open(options.log_file, options.log_level)) {
    return fail("cannot write the log file '" + options.log_file + "': " + std::strerror(errno) +
                "; it must be a file in a folder that exists, and writable (-o names it)");
  }
  std::optional<Launch> launch;
  if (inherited) launch.emplace(std::move(inherited->launch));
  auto fail_start = [&](const std::string &text) {
    WEIR_LOG(emerg, "%s", text.c_str());
    if (launch) launch->failed("weir: " + text + "\n");
    if (!options.log_file.empty()) fail(text);
    return 1;
  };
  if (options.daemonize && !inherited) {
    auto background = daemonize();
    if (!background) return fail(background.error().text);
    launch.emplace(std::move(*background));
  }
  std::optional<PidFile> pid_file;
  auto write_pid_file = [&]() -> Status {
    if (options.pid_file.empty()) return Done{};
    auto written = PidFile::write(options.pid_file, inherited ? inherited->giver : -1);
    if (!written) return written.error();
    pid_file.emplace(std::move(*written));
    return Done{};
  };
  if (!inherited) {
    if (Status written = write_pid_file(); !written) return fail_start(written.error().text);
  }
  utsname system{};
  uname(&system);
  WEIR_LOG(notice, "weir-%s on %s %s %s", kVersion, system.sysname, system.release, system.machine);
  Runtime runtime(options, std::move(loaded), std::move(command), inherited ? &*inherited : nullptr);
  if (Status started = runtime.start(); !started) return fail_start(started.error().text);
  if (inherited) {
    if (Status written = write_pid_file(); !written) return fail_start(written.error().text);
    runtime.own_inheritance();
  }
  if (!inherited) notify("READY=1");  // else it has heard that, and hears of this process from the one before
  if (launch) launch->succeeded();
  return runtime.run();
}

// Started with nothing: no configuration named, and none where it is looked for.
bool has_nothing_to_run(const Options &options) {
  return !options.pool && options.config_file == Options().config_file && !std::filesystem::exists(options.config_file);
}

int load_and_run(const Options &options, CommandLine command) {
  auto inherited = Inheritance::take();
  if (has_nothing_to_run(options)) {
    return fail("there is no " + options.config_file +
                " here, and no other configuration was named. Either\n"
                "  weir -c FILE                              a nutcracker.yml, or weir's own form\n"
                "  weir --protocol NAME --listen 127.0.0.1:22121 --server HOST:PORT --server HOST:PORT\n"
                "weir --help lists the options, weir --list-plugins the protocols.");
  }
  std::string complaints;
  std::shared_ptr<Loaded> loaded = load(options, complaints);
  if (!loaded) {
    say(stderr, complaints);
    if (inherited) inherited->launch.failed(complaints);
    say(stderr, "weir: " + source_of(options) + (options.pool ? " is invalid\n" : " syntax is invalid\n"));
    return 1;
  }
  if (options.task == Task::test_config) {
    if (Status known = can_name(loaded->settings.user, loaded->settings.group); !known) {
      say(stderr,
          options.config_file + ": " + known.error().text + "\nweir: " + source_of(options) + " syntax is invalid\n");
      return 1;
    }
    say(stderr, "weir: " + source_of(options) + (options.pool ? " is ok\n" : " syntax is ok\n"));
    return 0;
  }
  if (options.task == Task::print_config) {
    say(stdout, config::print(loaded->settings, loaded->registry.catalog()));
    return 0;
  }
  return run(options, std::move(loaded), std::move(command), inherited);
}

}  // namespace
}  // namespace weir::app

int main(int argc, char **argv) {
  using namespace weir::app;
  ParsedOptions parsed = parse_options(argc, argv);
  say(stdout, parsed.out);
  if (parsed.lists_commands) say(stdout, help_on_commands(parsed.plugin_paths));
  say(stderr, parsed.err);
  if (!parsed.options) return parsed.exit_code;
#ifndef WEIR_SANITIZED  // a sanitizer has last words of its own
  log_crashes();        // from before the first plugin is loaded: its name is in the backtrace
#endif
  switch (parsed.options->task) {
    case Task::list_plugins:
      return list_plugins(*parsed.options);
    case Task::plugin_info:
      return plugin_info(*parsed.options);
    case Task::reload:
      return reload(*parsed.options);
    case Task::route:
      return route_keys(*parsed.options);
    case Task::ring:
      return show_ring(*parsed.options);
    case Task::own_command:
      return run_own_command(*parsed.options);
    case Task::print_reference:
      return print_reference(*parsed.options);
    default:
      return load_and_run(*parsed.options, CommandLine::of(argc, argv));
  }
}
