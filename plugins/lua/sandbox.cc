#include "sandbox.h"

#include "state.h"

namespace weir::lua {
namespace {

constexpr uint64_t kBytesAnInstruction = 16;

// Lua's own, but for __gc: a finalizer would run outside every limit.
int set_metatable(lua_State *lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  const int type = lua_type(lua, 2);
  luaL_argexpected(lua, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (luaL_getmetafield(lua, 1, "__metatable") != LUA_TNIL)
    return luaL_error(lua, "cannot change a protected metatable");
  if (type == LUA_TTABLE) {
    lua_pushliteral(lua, "__gc");
    if (lua_rawget(lua, 2) != LUA_TNIL) return luaL_error(lua, "__gc is not available to scripts");
  }
  lua_settop(lua, 2);
  lua_setmetatable(lua, 1);
  return 1;
}

int counted(lua_State *lua) {
  uint64_t steps = 0;
  const int n = lua_gettop(lua);
  for (int i = 1; i <= n && i <= 2; ++i) {
    const int type = lua_type(lua, i);
    if (type == LUA_TSTRING) steps += lua_rawlen(lua, i) / kBytesAnInstruction;
    if (type == LUA_TTABLE) steps += lua_rawlen(lua, i) / 4;
  }
  State::of(lua).limits.charge(lua, steps);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);  // in this frame, so that its errors name the script's line
}

void remove(lua_State *lua, const char *name) {
  lua_pushnil(lua);
  lua_setglobal(lua, name);
}

int read_undefined(lua_State *lua) {
  lua_settop(lua, 2);
  return luaL_error(lua, "there is no global '%s'", luaL_tolstring(lua, 2, nullptr));
}

int write_undefined(lua_State *lua) {
  if (State::of(lua).is_loading()) {
    lua_settop(lua, 3);
    lua_rawset(lua, 1);
    return 0;
  }
  lua_settop(lua, 2);
  return luaL_error(lua, "'%s' is assigned in a hook but is no global: write 'local', or keep it in weir.shared",
                    luaL_tolstring(lua, 2, nullptr));
}

}  // namespace

void count_calls(lua_State *lua, const char *name) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, counted, 1);
  lua_setfield(lua, -2, name);
}

void open_sandbox(lua_State *lua) {
  static const luaL_Reg kLibraries[] = {{LUA_GNAME, luaopen_base},
                                        {LUA_STRLIBNAME, luaopen_string},
                                        {LUA_TABLIBNAME, luaopen_table},
                                        {LUA_MATHLIBNAME, luaopen_math},
                                        {LUA_UTF8LIBNAME, luaopen_utf8}};
  for (const luaL_Reg &library : kLibraries) {
    luaL_requiref(lua, library.name, library.func, 1);
    lua_pop(lua, 1);
  }
  // xpcall, since a handler that is called for an error of the hook would run without it.
  for (const char *name : {"dofile", "load", "loadfile", "collectgarbage", "warn", "xpcall"}) remove(lua, name);
  lua_pushcfunction(lua, set_metatable);
  lua_setglobal(lua, "setmetatable");
  lua_pushglobaltable(lua);
  count_calls(lua, "tonumber");
  lua_pop(lua, 1);
  guard_strings(lua);
  guard_tables(lua);
  lua_getglobal(lua, LUA_UTF8LIBNAME);
  for (const char *name : {"len", "offset", "codepoint"}) count_calls(lua, name);
  lua_pop(lua, 1);
}

void freeze_globals(lua_State *lua) {
  lua_pushglobaltable(lua);
  lua_createtable(lua, 0, 3);
  lua_pushcfunction(lua, read_undefined);
  lua_setfield(lua, -2, "__index");
  lua_pushcfunction(lua, write_undefined);
  lua_setfield(lua, -2, "__newindex");
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");
  lua_setmetatable(lua, -2);
  lua_pop(lua, 1);
}

}  // namespace weir::lua
