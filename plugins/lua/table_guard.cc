// Library functions on tables whose arguments say how long they run.
#include <algorithm>

#include "sandbox.h"
#include "state.h"

namespace weir::lua {
namespace {

constexpr size_t kBytesAnInstruction = 32;

uint64_t distance(lua_Integer first, lua_Integer last) {
  return last < first ? 0 : static_cast<uint64_t>(last) - static_cast<uint64_t>(first) + 1;
}

// Counts, and goes on to Lua's own function, in this frame, so that its errors name the script's line.
int go_on(lua_State *lua, uint64_t steps) {
  State::of(lua).limits.charge(lua, steps);
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

// How long the table is. A __len could tell Lua's function something else than us.
uint64_t length(lua_State *lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  if (luaL_getmetafield(lua, 1, "__len") != LUA_TNIL) luaL_error(lua, "expected a table without __len");
  return lua_rawlen(lua, 1);
}

int move(lua_State *lua) {
  return go_on(lua, distance(luaL_checkinteger(lua, 2), luaL_checkinteger(lua, 3)));
}

// One comparison takes as long as its strings are.
int sort(lua_State *lua) {
  const uint64_t n = length(lua);
  State::of(lua).limits.charge(lua, n);
  size_t longest = 0;
  for (uint64_t i = 1; i <= n; ++i) {
    if (lua_rawgeti(lua, 1, static_cast<lua_Integer>(i)) == LUA_TSTRING)
      longest = std::max<size_t>(longest, lua_rawlen(lua, -1));
    lua_pop(lua, 1);
  }
  uint64_t comparisons = 0;
  for (uint64_t rest = n; rest > 1; rest /= 2) comparisons += n;
  return go_on(lua, comparisons * (1 + longest / kBytesAnInstruction));
}

int concat(lua_State *lua) {
  const auto n = static_cast<lua_Integer>(length(lua));
  return go_on(lua, distance(luaL_optinteger(lua, 3, 1), luaL_optinteger(lua, 4, n)));
}

int unpack(lua_State *lua) {
  const lua_Integer last = lua_isnoneornil(lua, 3) ? luaL_len(lua, 1) : luaL_checkinteger(lua, 3);
  return go_on(lua, distance(luaL_optinteger(lua, 2, 1), last));
}

int insert(lua_State *lua) {
  const uint64_t n = length(lua);
  return go_on(lua, lua_gettop(lua) > 2 ? n : 0);
}

int remove(lua_State *lua) {
  const uint64_t n = length(lua);
  return go_on(lua, lua_gettop(lua) > 1 ? n : 0);
}

void replace(lua_State *lua, const char *name, lua_CFunction function) {
  lua_getfield(lua, -1, name);
  lua_pushcclosure(lua, function, 1);
  lua_setfield(lua, -2, name);
}

}  // namespace

void guard_tables(lua_State *lua) {
  lua_getglobal(lua, LUA_TABLIBNAME);
  replace(lua, "move", move);
  replace(lua, "sort", sort);
  replace(lua, "concat", concat);
  replace(lua, "unpack", unpack);
  replace(lua, "insert", insert);
  replace(lua, "remove", remove);
  lua_pop(lua, 1);
}

}  // namespace weir::lua
