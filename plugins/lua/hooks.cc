// weir.on_request() and weir.on_response(): which function sees which commands.
#include <algorithm>
#include <cctype>

#include "instance.h"
#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

constexpr size_t kMaxHooks = 1000;

void add_name(lua_State *lua, int index, int argument, Registration &registration) {
  luaL_argexpected(lua, lua_type(lua, index) == LUA_TSTRING, argument, "the name of a command or a class");
  std::string name(text_at(lua, index));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  registration.names.push_back(std::move(name));
}

// Puts the function where the state that was checked had the hook: a script that registers in the order of pairs() has
// another order each time it is loaded.
void take_place(State &state, const Registration &registration, int function) {
  const std::vector<Registration> &all = state.instance.registrations;
  state.hooks.resize(all.size(), LUA_NOREF);
  for (size_t i = 0; i < all.size(); ++i) {
    if (state.hooks[i] != LUA_NOREF || all[i] != registration) continue;
    state.hooks[i] = function;
    return;
  }
  fail(state.lua(), "the script registers other hooks each time it is loaded");
}

int hook(lua_State *lua, bool is_response, const char *what) {
  State &state = State::of(lua);
  state.need_loading(lua, what);
  const int n = lua_gettop(lua);
  luaL_argexpected(lua, n > 0 && lua_isfunction(lua, n), std::max(n, 1), "a function at the end");
  luaL_argcheck(lua, n > 1, 1, "expected names of commands or classes before the function; weir.ALL is every command");
  luaL_argcheck(lua, state.mode != Mode::kCheck || state.hooks.size() < kMaxHooks, 1,
                "expected at most 1000 hooks in a script");
  Registration registration;
  registration.is_response = is_response;
  for (int i = 1; i < n; ++i) {
    if (lua_type(lua, i) != LUA_TTABLE) {
      add_name(lua, i, i, registration);
      continue;
    }
    for (lua_Integer j = 1; lua_rawgeti(lua, i, j) != LUA_TNIL; ++j) {
      add_name(lua, -1, i, registration);
      lua_pop(lua, 1);
    }
    lua_pop(lua, 1);
  }
  std::sort(registration.names.begin(), registration.names.end());  // a script may have them from pairs()
  luaL_where(lua, 1);
  registration.place = text_at(lua, -1);
  registration.place.resize(std::min(registration.place.size(), registration.place.rfind(':')));
  lua_pushvalue(lua, n);
  const int function = luaL_ref(lua, LUA_REGISTRYINDEX);
  if (state.mode == Mode::kCheck) {
    state.instance.registrations.push_back(std::move(registration));
    state.hooks.push_back(function);
  } else {
    take_place(state, registration, function);
  }
  return 0;
}

int on_request(lua_State *lua) {
  return hook(lua, false, "weir.on_request()");
}
int on_response(lua_State *lua) {
  return hook(lua, true, "weir.on_response()");
}

}  // namespace

void open_hooks(lua_State *lua) {
  static const luaL_Reg kFunctions[] = {{"on_request", on_request}, {"on_response", on_response}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
  static const struct {
    const char *name, *value;
  } kClasses[] = {{"READ", "@read"}, {"WRITE", "@write"}, {"ADMIN", "@admin"}, {"MULTIKEY", "@multikey"}, {"ALL", "*"}};
  for (const auto &c : kClasses) {
    lua_pushstring(lua, c.value);
    lua_setfield(lua, -2, c.name);
  }
}

}  // namespace weir::lua
