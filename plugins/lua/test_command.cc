#include "test_command.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "instance.h"
#include "state.h"
#include "test_host.h"
#include "test_surface.h"
#include "text.h"

namespace weir::lua {
namespace {

constexpr int64_t kTestTimes = 20;  // what a test may take, in calls of a hook: it makes many

constexpr char kUsage[] = "[--protocol NAME] [--arg NAME=VALUE]... SCRIPT...";
constexpr char kHelp[] =
    "Runs the functions of the scripts whose names begin with test_, each in a fresh state, without servers.\n"
    "  --protocol NAME    what the pool speaks; redis when left out\n"
    "  --arg NAME=VALUE   a value of weir.args: true, false, a number or a text. A name a.b leads into a map, and a.1, "
    "a.2, ...\n"
    "                     into a list\n";

struct Options {
  std::string protocol = "redis";
  Arg args;
  std::vector<std::string> scripts;
};

Arg value_of(const std::string &text) {
  Arg arg;
  const char *const end = text.data() + text.size();
  arg.kind = WEIR_N_STR;
  arg.text = text;
  if (text == "true" || text == "false") {
    arg.kind = WEIR_N_BOOL;
    arg.boolean = text == "true";
  } else if (const auto whole = std::from_chars(text.data(), end, arg.integer);
             whole.ec == std::errc() && whole.ptr == end) {
    arg.kind = WEIR_N_INT;
  } else if (const auto real = std::from_chars(text.data(), end, arg.number);
             real.ec == std::errc() && real.ptr == end) {
    arg.kind = WEIR_N_FLOAT;
  }
  return arg;
}

// Maps whose names are the numbers from 1 on are lists: a.1=x a.2=y
void make_lists(Arg &map) {
  bool numbers = !map.names.empty();
  for (size_t i = 0; i < map.names.size(); ++i) {
    numbers = numbers && map.names[i] == std::to_string(i + 1);
    make_lists(map.values[i]);
  }
  if (!numbers) return;
  map.kind = WEIR_N_LIST;
  map.names.clear();
}

// A name with dots leads into maps.
void set_arg(Arg &map, const std::string &name, const std::string &value) {
  map.kind = WEIR_N_MAP;
  const std::string first = name.substr(0, name.find('.'));
  const auto known = std::find(map.names.begin(), map.names.end(), first);
  const auto i = static_cast<size_t>(known - map.names.begin());
  if (known == map.names.end()) {
    map.names.push_back(first);
    map.values.emplace_back();
  }
  if (first.size() < name.size())
    set_arg(map.values[i], name.substr(first.size() + 1), value);
  else
    map.values[i] = value_of(value);
}

bool read_options(const weir_bytes *args, uint32_t n, Options &out) {
  for (uint32_t i = 0; i < n; ++i) {
    const std::string word(view_of(args[i]));
    const bool is_option = word == "--protocol" || word == "--arg";
    if (!is_option) {
      if (word.starts_with("-")) return false;
      out.scripts.push_back(word);
      continue;
    }
    if (++i == n) return false;
    const std::string value(view_of(args[i]));
    const size_t equals = value.find('=');
    if (word == "--protocol")
      out.protocol = value;
    else if (equals == std::string::npos)
      return false;
    else
      set_arg(out.args, value.substr(0, equals), value.substr(equals + 1));
  }
  make_lists(out.args);
  return !out.scripts.empty();
}

// Names of the global test_* functions in the order of their lines.
std::vector<std::string> tests_of(lua_State *lua) {
  std::vector<std::pair<int, std::string>> found;
  lua_pushglobaltable(lua);
  for (lua_pushnil(lua); lua_next(lua, -2) != 0; lua_pop(lua, 1)) {
    const bool is_test = lua_type(lua, -2) == LUA_TSTRING && text_at(lua, -2).starts_with("test_");
    if (!is_test || lua_type(lua, -1) != LUA_TFUNCTION) continue;
    lua_Debug about{};
    lua_pushvalue(lua, -1);
    lua_getinfo(lua, ">S", &about);
    found.emplace_back(about.linedefined, text_at(lua, -2));
  }
  lua_pop(lua, 1);
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  names.reserve(found.size());
  for (auto &[line, name] : found) names.push_back(std::move(name));
  return names;
}

struct Totals {
  int tests = 0, failed = 0;
};

void run_test(Instance &instance, TestHost &host, const std::string &name, Totals &totals) {
  host.restart();
  ++totals.tests;
  State state(instance, Mode::kTest, 0);
  weir_scope scope = {};
  scope.struct_size = sizeof(scope);
  scope.now_us = host.now_us();
  scope.core = &host;
  std::string why = state.failure();
  if (why.empty()) {
    lua_getglobal(state.lua(), name.c_str());
    if (!state.call(0, "a test", kTestTimes)) why = state.last_error();
  }
  const std::string script = instance.chunk_name.substr(1);
  if (why.empty()) {
    std::printf("ok      %s: %s\n", script.c_str(), name.c_str());
    return;
  }
  ++totals.failed;
  std::printf("FAILED  %s: %s\n        %s\n", script.c_str(), name.c_str(), why.c_str());
  const std::string &hook = host.hook_error();  // the test may have looked at something else than `error`
  const bool is_said = hook.empty() || why.find(hook) != std::string::npos;
  if (!is_said) std::printf("        before that a hook failed: %s\n", hook.c_str());
}

// false: the script cannot be used.
bool run_script(const weir_host *real, const Options &options, const std::string &path, Totals &totals) {
  TestHost host(real);
  Settings settings;
  settings.path = path;
  settings.args = options.args;
  std::string why = settings.read_source();
  const auto *commands = static_cast<const weir_commands *>(host.real(WEIR_EXT_COMMANDS));
  TestRun run = {&host, nullptr, 0, options.protocol.c_str()};
  if (commands != nullptr) run.commands = commands->table(real, run.protocol, &run.command_count);
  if (why.empty() && run.commands == nullptr)
    why = "there is no protocol '" + options.protocol + "'; --protocol names one that weir --list-plugins shows";
  g_test_run = &run;
  Instance instance(host.get(), std::move(settings));
  std::vector<uint8_t> want(run.command_count);
  if (why.empty()) instance.check(why);
  if (why.empty()) instance.resolve(run.commands, run.command_count, want.data(), why);
  if (!why.empty()) {
    std::printf("FAILED  %s\n        %s\n", path.c_str(), why.c_str());
    return false;
  }
  std::vector<std::string> names;
  {
    const State state(instance, Mode::kTest, 0);
    why = state.failure();
    if (why.empty()) names = tests_of(state.lua());
  }
  if (!why.empty()) {
    std::printf("FAILED  %s\n        %s\n", path.c_str(), why.c_str());
    return false;
  }
  if (names.empty()) std::printf("        %s: no function test_...\n", path.c_str());
  for (const std::string &name : names) run_test(instance, host, name, totals);
  return true;
}

int32_t run_command(const weir_host *host, const weir_bytes *args, uint32_t n) {
  Options options;
  const bool help = n > 0 && view_of(args[0]) == "--help";
  if (help || !read_options(args, n, options)) {
    std::fprintf(help ? stdout : stderr, "usage: weir lua-test %s\n%s", kUsage, kHelp);
    return help ? 0 : 2;
  }
  Totals totals;
  bool usable = true;
  for (const std::string &script : options.scripts) usable = run_script(host, options, script, totals) && usable;
  g_test_run = nullptr;
  std::printf("%d tests, %d failed\n", totals.tests, totals.failed);
  std::fflush(stdout);
  return usable && totals.failed == 0 ? 0 : 1;
}

}  // namespace

const weir_command *test_command() {
  static const weir_command command = {.struct_size = sizeof(weir_command),
                                       .reserved = 0,
                                       .name = "lua-test",
                                       .usage = kUsage,
                                       .summary = "runs the test_ functions of Lua scripts, without servers",
                                       .run = run_command};
  return &command;
}

}  // namespace weir::lua
