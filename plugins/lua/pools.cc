// weir.pool() and its objects.
#include <weir/hash.h>

#include "instance.h"
#include "request.h"
#include "surface.h"
#include "text.h"

namespace weir::lua {
namespace {

constexpr char kClass[] = "weir.Pool";
constexpr char kKnown[] = "weir.pools";  // in the registry: objects by number

enum Number { kName = 1 };

int pool(lua_State *lua) {
  State &state = State::of(lua);
  state.need_loading(lua, "weir.pool()");
  uint32_t number = state.instance.own_pool();
  if (!lua_isnoneornil(lua, 1)) {
    const std::string name(text_at(lua, 1));
    std::string why;
    if (!state.instance.pool(name, state.mode == Mode::kCheck, number, why))
      fail(lua, "%s", why.empty() ? ("there is no pool '" + name + "'").c_str() : why.c_str());
  }
  push_pool(lua, number);
  return 1;
}

int server(lua_State *lua) {
  State &state = State::of(lua);
  state.need_loading(lua, "pool:server()");
  const uint32_t number = pool_at(lua, 1);
  uint32_t index = 0;
  const std::string name(text_at(lua, 2));
  if (!state.instance.server(number, name, state.mode == Mode::kCheck, index))
    fail(lua, "pool '%s' has no server '%.128s'", std::string(state.instance.pool_name(number)).c_str(), name.c_str());
  lua_pushinteger(lua, static_cast<lua_Integer>(index) + 1);
  return 1;
}

int server_of(lua_State *lua) {
  const State &state = State::of(lua);
  const uint32_t number = pool_at(lua, 1);
  const std::string_view key = text_at(lua, 2);
  const weir_pools *pools = state.instance.pools;
  if (state.current.verdict == nullptr || !WEIR_HAS(pools, weir_pools, server_of) || pools->server_of == nullptr)
    fail(lua, "pool:server_of() is for on_request()");
  const uint32_t index = pools->server_of(state.scope, number, bytes_of(key));
  if (index == WEIR_NO_SERVER) return 0;
  lua_pushinteger(lua, static_cast<lua_Integer>(index) + 1);
  return 1;
}

int get(lua_State *lua) {
  if (field_number(lua, "a pool") == 0) return 1;
  push(lua, State::of(lua).instance.pool_name(pool_at(lua, 1)));
  return 1;
}

int name_of(lua_State *lua) {
  push(lua, State::of(lua).instance.pool_name(pool_at(lua, 1)));
  return 1;
}

int count_servers(lua_State *lua) {
  const State &state = State::of(lua);
  lua_pushinteger(lua, state.instance.pools->servers(state.host(), pool_at(lua, 1)));
  return 1;
}

}  // namespace

uint32_t pool_at(lua_State *lua, int index) {
  return *static_cast<uint32_t *>(luaL_checkudata(lua, index, kClass));
}

void push_pool(lua_State *lua, uint32_t number) {
  if (number == UINT32_MAX) {
    lua_pushnil(lua);
    return;
  }
  lua_getfield(lua, LUA_REGISTRYINDEX, kKnown);
  if (lua_rawgeti(lua, -1, number) == LUA_TNIL) {
    lua_pop(lua, 1);
    *static_cast<uint32_t *>(lua_newuserdatauv(lua, sizeof(number), 0)) = number;
    luaL_setmetatable(lua, kClass);
    lua_pushvalue(lua, -1);
    lua_rawseti(lua, -3, number);
  }
  lua_remove(lua, -2);
}

void open_pools(lua_State *lua) {
  static const Field kFields[] = {
      {"name", kName, nullptr}, {"server", 0, server}, {"server_of", 0, server_of}, {nullptr, 0, nullptr}};
  lua_newtable(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kKnown);
  push_class(lua, kClass, kFields, get, nullptr);
  lua_pushcfunction(lua, count_servers);
  lua_setfield(lua, -2, "__len");
  lua_pushcfunction(lua, name_of);
  lua_setfield(lua, -2, "__tostring");
  lua_setfield(lua, LUA_REGISTRYINDEX, kClass);
  lua_pushcfunction(lua, pool);
  lua_setfield(lua, -2, "pool");
}

}  // namespace weir::lua
