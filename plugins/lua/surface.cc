#include "surface.h"

#include <string>
#include <vector>

#include "instance.h"
#include "log.h"
#include "sandbox.h"
#include "state.h"
#include "test_surface.h"

namespace weir::lua {
namespace {

int refuse_assignment(lua_State *lua) {
  return luaL_error(lua, "%s cannot be changed", lua_tostring(lua, lua_upvalueindex(1)));
}

[[noreturn]] void no_field(lua_State *lua, const char *object) {
  const std::string_view written = lua_type(lua, 2) == LUA_TSTRING ? text_at(lua, 2) : std::string_view();
  std::vector<std::string_view> names;
  for (lua_pushnil(lua); lua_next(lua, lua_upvalueindex(1)) != 0; lua_pop(lua, 1)) names.push_back(text_at(lua, -2));
  const std::string like = nearest(written, names);
  fail(lua, "%s has no field '%.*s'%s%s%s", object, static_cast<int>(std::min<size_t>(written.size(), 64)),
       written.data() == nullptr ? "" : written.data(), like.empty() ? "" : "; is '", like.c_str(),
       like.empty() ? "" : "' meant?");
}

}  // namespace

int field_number(lua_State *lua, const char *object) {
  lua_pushvalue(lua, 2);
  const int type = lua_rawget(lua, lua_upvalueindex(1));
  if (type == LUA_TFUNCTION) return 0;
  if (type != LUA_TNUMBER) no_field(lua, object);
  return static_cast<int>(lua_tointeger(lua, -1));
}

void push_class(lua_State *lua, const char *name, const Field *fields, lua_CFunction get, lua_CFunction set) {
  lua_createtable(lua, 0, 6);
  lua_createtable(lua, 0, 24);
  for (; fields->name != nullptr; ++fields) {
    if (fields->function != nullptr)
      lua_pushcfunction(lua, fields->function);
    else
      lua_pushinteger(lua, fields->number);
    lua_setfield(lua, -2, fields->name);
  }
  lua_pushvalue(lua, -1);
  lua_pushcclosure(lua, get, 1);
  lua_setfield(lua, -3, "__index");
  if (set == nullptr) lua_pushstring(lua, name);
  lua_pushcclosure(lua, set == nullptr ? refuse_assignment : set, 1);
  if (set == nullptr) lua_remove(lua, -2);
  lua_setfield(lua, -2, "__newindex");
  for (const char *key : {"__name", "__metatable"}) {
    lua_pushstring(lua, name);
    lua_setfield(lua, -2, key);
  }
}

void make_read_only(lua_State *lua, const char *name) {
  lua_newuserdatauv(lua, 0, 0);
  lua_insert(lua, -2);
  lua_createtable(lua, 0, 4);
  lua_insert(lua, -2);
  lua_setfield(lua, -2, "__index");
  lua_pushstring(lua, name);
  lua_pushcclosure(lua, refuse_assignment, 1);
  lua_setfield(lua, -2, "__newindex");
  for (const char *key : {"__name", "__metatable"}) {
    lua_pushstring(lua, name);
    lua_setfield(lua, -2, key);
  }
  lua_setmetatable(lua, -2);
}

void open_surface(lua_State *lua) {
  const State &state = State::of(lua);
  lua_createtable(lua, 0, 32);
  open_hooks(lua);
  open_request(lua);
  open_response(lua);
  open_pools(lua);
  open_stats(lua);
  open_timers(lua);
  open_hashes(lua);
  open_prefixes(lua);
  open_networks(lua);
  open_args(lua);
  open_log(lua);
  if (g_test_run != nullptr) open_test(lua);
  lua_newtable(lua);
  lua_setfield(lua, -2, "shared");
  lua_pushinteger(lua, state.worker + 1);
  lua_setfield(lua, -2, "worker");
  lua_pushinteger(lua, state.instance.workers());
  lua_setfield(lua, -2, "workers");
  push(lua, state.instance.protocol());
  lua_setfield(lua, -2, "protocol");
  for (const char *part : {"log", "test"}) {
    if (lua_getfield(lua, -1, part) == LUA_TNIL) {
      lua_pop(lua, 1);
      continue;
    }
    make_read_only(lua, part);
    lua_setfield(lua, -2, part);
  }
  make_read_only(lua, "weir");
  lua_setglobal(lua, "weir");
  freeze_globals(lua);
}

}  // namespace weir::lua
