#include "state.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>

#include "instance.h"
#include "log.h"
#include "sandbox.h"
#include "surface.h"
#include "test_host.h"
#include "test_surface.h"

namespace weir::lua {
namespace {

constexpr int kTraceAt = 1, kRequestAt = 2;  // on the stack of a worker's state, always
constexpr int64_t kLoadTimes = 100;          // what loading may take, in calls of a hook

}  // namespace

State::State(Instance &owner, Mode its_mode, uint32_t worker_id)
    : instance(owner),
      mode(its_mode),
      worker(worker_id),
      limits(owner.settings.memory_limit, owner.settings.instruction_limit, owner.settings.time_limit_us),
      lua_(lua_newstate(Limits::allocate, &limits)) {
  if (lua_ == nullptr) {
    failure_ = instance.chunk_name.substr(1) + ": memory_limit is too small for an empty script";
    return;
  }
  *static_cast<State **>(lua_getextraspace(lua_)) = this;
  limits.attach(lua_);
  if (mode != Mode::kCheck && instance.stats != nullptr) cells = instance.stats->cells(instance.host, worker);
  load();
  loading_ = false;
}

State::~State() {
  if (lua_ != nullptr) lua_close(lua_);
}

void State::load() {
  const Limits::Call budget(limits, kLoadTimes);
  const std::string &source = instance.settings.source;
  lua_pushcfunction(lua_, trace);
  lua_pushcfunction(lua_, open);
  int status = lua_pcall(lua_, 0, 0, 1);
  if (status == LUA_OK) status = luaL_loadbufferx(lua_, source.data(), source.size(), instance.chunk_name.c_str(), "t");
  if (status == LUA_OK) status = lua_pcall(lua_, 0, 0, 1);
  if (status != LUA_OK) {
    failure_ = take_error(status);
    failure_.resize(std::min(failure_.size(), failure_.find("\nstack traceback:")));
    const std::string script = instance.chunk_name.substr(1) + ":";  // Lua leaves it out where there is no line
    if (!failure_.starts_with(script)) failure_.insert(0, script + " ");
    return;
  }
  lua_settop(lua_, 0);
  if (mode == Mode::kWorker) {
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, trace_ref_);
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, request_ref);
  }
  if (std::count(hooks.begin(), hooks.end(), LUA_NOREF) != 0 || hooks.size() != instance.registrations.size())
    failure_ = instance.chunk_name.substr(1) + ": registers other hooks each time it is loaded";
}

int State::open(lua_State *lua) {
  luaL_checkstack(lua, 64, nullptr);
  open_sandbox(lua);
  open_surface(lua);
  lua_pushcfunction(lua, trace);
  of(lua).trace_ref_ = luaL_ref(lua, LUA_REGISTRYINDEX);
  return 0;
}

int State::trace(lua_State *lua) {
  const char *text = lua_tostring(lua, 1);
  if (text == nullptr) text = lua_pushfstring(lua, "(an error that is a %s)", luaL_typename(lua, 1));
  luaL_traceback(lua, lua, text, 1);
  return 1;
}

std::string State::take_error(int status) {
  if (status == LUA_ERRMEM) {
    return instance.chunk_name.substr(1) + ": not enough memory: memory_limit is " +
           std::to_string(limits.memory_limit()) + " bytes";
  }
  size_t len = 0;
  const char *text = lua_tolstring(lua_, -1, &len);
  return text != nullptr ? std::string(text, len) : "an error without a text";
}

bool State::call(int arguments, const char *what, int64_t times) {
  const int base = lua_gettop(lua_) - arguments;
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, trace_ref_);
  lua_insert(lua_, base);
  const Limits::Call budget(limits, times);
  const bool good = took_well(lua_pcall(lua_, arguments, 1, base), what);
  lua_settop(lua_, base - 1);
  return good;
}

bool State::call_hook(uint16_t hook, bool has_response, const char *what) {
  const int arguments = has_response ? 2 : 1;
  // A worker's hooks are called by the core alone, with nothing on the stack but what lies there for them.
  const bool is_ready = mode == Mode::kWorker;
  lua_rawgeti(lua_, LUA_REGISTRYINDEX, hooks[hook]);
  if (is_ready)
    lua_pushvalue(lua_, kRequestAt);
  else
    lua_rawgeti(lua_, LUA_REGISTRYINDEX, request_ref);
  if (has_response) lua_rawgeti(lua_, LUA_REGISTRYINDEX, response_ref);
  if (!is_ready) return call(arguments, what);
  const Limits::Call budget(limits, 1);
  const bool good = took_well(lua_pcall(lua_, arguments, 1, kTraceAt), what);
  lua_settop(lua_, kRequestAt);
  return good;
}

// Whether a call ended well, whose result or error is on the top of the stack. Else it is reported.
bool State::took_well(int status, const char *what) {
  if (status == LUA_OK && lua_isnil(lua_, -1)) return true;
  if (status == LUA_OK)
    report(instance.chunk_name.substr(1) + ": a hook returned a " + luaL_typename(lua_, -1) +
               "; expected nothing: req:reject(), req:answer() and the like say what becomes of a request",
           what);
  else
    report(take_error(status), what);
  return false;
}

void State::report(const std::string &text, const char *what) {
  last_error_ = text.substr(0, text.find("\nstack traceback:"));
  if (cells != nullptr && instance.errors_stat != UINT32_MAX) weir_count(cells, instance.errors_stat, 1);
  const Errors::Answer answer = errors.met(last_error_, now_us());
  if (!answer.log || mode == Mode::kTest) return;
  std::string first = std::string(what) + " failed: " + last_error_;
  if (answer.passed_over != 0) first += " (and " + std::to_string(answer.passed_over) + " times more since)";
  std::string lines = one_line(first);
  for (size_t at = last_error_.size() + 1; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines += "\n  " + one_line(text.substr(at, end - at));
    at = end + 1;
  }
  log_lines(*this, WEIR_LOG_ERROR, lines);
}

uint64_t State::now_us() const {
  if (g_test_run != nullptr) return g_test_run->host->now_us();
  if (scope != nullptr) return scope->now_us;
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1'000;
}

const weir_host *State::host() const {
  return instance.host;
}

void State::need_loading(lua_State *lua, const char *what) const {
  if (!loading_) fail(lua, "%s is for the time the script loads: call it outside functions", what);
}

void fail(lua_State *lua, const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  std::vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  luaL_error(lua, "%s", text);
  std::abort();  // luaL_error() does not return
}

}  // namespace weir::lua
