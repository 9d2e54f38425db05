// The response object, as the request's: one in a state.
#include "instance.h"
#include "request.h"
#include "surface.h"

namespace weir::lua {
namespace {

enum Number { kOk = 1, kError, kSize, kLatency, kPool, kServer };

const char *error_of(const weir_outcome &outcome) {
  switch (outcome.status) {
    case WEIR_PART_TIMEOUT:
      return "timeout";
    case WEIR_PART_NO_SERVER:
      return "no server";
    case WEIR_PART_CLOSED:
      return "closed";
    case WEIR_PART_PROTO:
      return "protocol";
    default:
      break;
  }
  if (outcome.error != 0) return "weir";
  return outcome.is_error != 0 ? "reply" : nullptr;
}

int get(lua_State *lua) {
  const int field = field_number(lua, "a response");
  const State &state = State::of(lua);
  if (lua_touserdata(lua, 1) != state.response) luaL_typeerror(lua, 1, "weir.Response");
  if (field == 0) return 1;
  const weir_outcome *outcome = state.current.outcome;
  if (outcome == nullptr) fail(lua, "this response is over: keep what is needed of it, not the response");
  const char *error = error_of(*outcome);
  switch (field) {
    case kOk:
      lua_pushboolean(lua, error == nullptr);
      return 1;
    case kError:
      lua_pushstring(lua, error);
      return 1;  // nil when there is none
    case kSize:
      lua_pushinteger(lua, static_cast<lua_Integer>(outcome->reply_size));
      return 1;
    case kLatency:
      lua_pushinteger(lua, static_cast<lua_Integer>(outcome->latency_us));
      return 1;
    case kPool:
      push_pool(lua, outcome->pool);
      return 1;
    default:
      if (outcome->server == UINT32_MAX) return 0;
      lua_pushinteger(lua, static_cast<lua_Integer>(outcome->server) + 1);
      return 1;
  }
}

}  // namespace

void open_response(lua_State *lua) {
  static const Field kFields[] = {{"ok", kOk, nullptr},     {"error", kError, nullptr},
                                  {"size", kSize, nullptr}, {"latency_us", kLatency, nullptr},
                                  {"pool", kPool, nullptr}, {"server", kServer, nullptr},
                                  {nullptr, 0, nullptr}};
  State &state = State::of(lua);
  state.response = lua_newuserdatauv(lua, 1, 0);
  push_class(lua, "weir.Response", kFields, get, nullptr);
  lua_setmetatable(lua, -2);
  state.response_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

}  // namespace weir::lua
