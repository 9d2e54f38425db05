// weir.args: what the configuration gives to the script.
#include "instance.h"
#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

void push_value(lua_State *lua, const Arg &arg) {
  luaL_checkstack(lua, 4, "args");
  switch (arg.kind) {
    case WEIR_N_BOOL:
      lua_pushboolean(lua, arg.boolean);
      return;
    case WEIR_N_INT:
      lua_pushinteger(lua, arg.integer);
      return;
    case WEIR_N_FLOAT:
      lua_pushnumber(lua, arg.number);
      return;
    case WEIR_N_STR:
      push(lua, arg.text);
      return;
    case WEIR_N_NULL:
      lua_pushnil(lua);
      return;
    default:
      break;
  }
  lua_createtable(lua, 0, 0);
  for (size_t i = 0; i < arg.values.size(); ++i) {
    if (arg.kind == WEIR_N_LIST)
      lua_pushinteger(lua, static_cast<lua_Integer>(i) + 1);
    else
      push(lua, arg.names[i]);
    push_value(lua, arg.values[i]);
    lua_rawset(lua, -3);
  }
}

}  // namespace

void open_args(lua_State *lua) {
  const Arg &args = State::of(lua).instance.settings.args;
  if (args.kind == WEIR_N_NULL)
    lua_newtable(lua);
  else
    push_value(lua, args);
  lua_setfield(lua, -2, "args");
}

}  // namespace weir::lua
