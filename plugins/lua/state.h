// One Lua state with the script in it: that of a worker, of a test, or the one that only checks. One thread's; the call
// that is under way is what the functions of the surface work on.
#pragma once

#include <weir/weir.h>

#include <lua.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "errors.h"
#include "state_limits.h"

namespace weir::lua {

class Instance;

enum class Mode { kCheck, kWorker, kTest };

// What a hook is called about. view is null when no hook is.
struct Call {
  const weir_view *view = nullptr;
  weir_verdict *verdict = nullptr;        // null in on_response()
  const weir_outcome *outcome = nullptr;  // null in on_request()
};

class State {
 public:
  // Runs the script. The state is there even when that failed: failure() says why.
  State(Instance &owner, Mode its_mode, uint32_t worker_id);
  State(const State &) = delete;
  State &operator=(const State &) = delete;
  ~State();

  static State &of(lua_State *lua) { return **static_cast<State **>(lua_getextraspace(lua)); }

  const std::string &failure() const { return failure_; }  // "" = the script was loaded
  lua_State *lua() const { return lua_; }
  bool is_loading() const { return loading_; }
  void need_loading(lua_State *lua, const char *what) const;  // raises an error when the script is loaded

  // Calls the function below its `arguments` on the stack, with limits and a traceback, and takes its one result, which
  // must be nil. times: how often it may take what a hook may. true: it went well. What went wrong is counted, logged,
  // and in last_error() without traceback.
  bool call(int arguments, const char *what, int64_t times = 1);
  // The same for a hook, which is called with the request, and with the response when it is about one.
  bool call_hook(uint16_t hook, bool has_response, const char *what);
  const std::string &last_error() const { return last_error_; }

  uint64_t now_us() const;  // of the call under way, else of the clock
  const weir_host *host() const;

  Instance &instance;
  const Mode mode;
  const uint32_t worker;
  Limits limits;
  Errors errors;
  Call current;
  const weir_scope *scope = nullptr;  // NULLABLE; of the core's call under way
  uint64_t *cells = nullptr;          // NULLABLE; this worker's counters
  std::vector<int> hooks;             // references of the functions, as Instance::registrations has them
  void *request = nullptr;            // the one request object, response object, list of keys
  void *response = nullptr;
  void *keys = nullptr;
  int request_ref = LUA_NOREF, response_ref = LUA_NOREF, keys_ref = LUA_NOREF;
  int64_t log_tokens = 0;
  uint64_t log_refill_us = 0, log_dropped = 0;

 private:
  static int open(lua_State *lua);   // the libraries
  static int trace(lua_State *lua);  // the message handler
  void load();
  bool took_well(int status, const char *what);
  std::string take_error(int status);
  void report(const std::string &text, const char *what);

  lua_State *lua_ = nullptr;
  int trace_ref_ = LUA_NOREF;
  bool loading_ = true;
  std::string failure_, last_error_;
};

// Errors that scripts make, with the place in the script.
[[noreturn]] void fail(lua_State *lua, const char *format, ...) __attribute__((format(printf, 2, 3)));

inline std::string_view text_at(lua_State *lua, int index) {  // a string, or an error
  size_t len = 0;
  const char *text = luaL_checklstring(lua, index, &len);
  return {text, len};
}
inline void push(lua_State *lua, std::string_view text) {
  lua_pushlstring(lua, text.data(), text.size());
}

}  // namespace weir::lua
