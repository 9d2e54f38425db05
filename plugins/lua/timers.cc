// weir.every() and weir.after(), and what time it is. A timer is an object of the script's state, which a table in the
// registry keeps as long as the core may call it.
#include <ctime>

#include "instance.h"
#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

constexpr char kClass[] = "weir.Timer";
constexpr char kActive[] = "weir.timers";
constexpr lua_Number kMostSeconds = 365.0 * 86400;

struct Timer {
  State *state;
  uint64_t id;  // the core's; 0 = over
  bool once;
};

// From now on nothing keeps the timer but the script.
void let_go(lua_State *lua, Timer *timer) {
  timer->id = 0;
  lua_getfield(lua, LUA_REGISTRYINDEX, kActive);
  lua_pushnil(lua);
  lua_rawsetp(lua, -2, timer);
  lua_pop(lua, 1);
}

void fire(void *ud) {
  auto *timer = static_cast<Timer *>(ud);
  State &state = *timer->state;
  lua_State *lua = state.lua();
  lua_getfield(lua, LUA_REGISTRYINDEX, kActive);
  lua_rawgetp(lua, -1, timer);
  lua_getiuservalue(lua, -1, 1);
  lua_replace(lua, -3);  // the function in the place of the table, and below the object
  if (timer->once) let_go(lua, timer);
  lua_insert(lua, -2);  // the object stays until the call is over
  state.call(0, "a timer");
  lua_pop(lua, 1);
}

int start(lua_State *lua, bool once) {
  State &state = State::of(lua);
  const lua_Number seconds = luaL_checknumber(lua, 1);
  luaL_checktype(lua, 2, LUA_TFUNCTION);
  luaL_argcheck(lua, seconds >= 0.001 && seconds <= kMostSeconds, 1, "expected seconds, from 0.001 to a year");
  lua_settop(lua, 2);
  auto *timer = static_cast<Timer *>(lua_newuserdatauv(lua, sizeof(Timer), 1));
  *timer = {&state, 0, once};
  luaL_setmetatable(lua, kClass);
  lua_pushvalue(lua, 2);
  lua_setiuservalue(lua, -2, 1);
  if (state.mode == Mode::kCheck) return 1;
  lua_getfield(lua, LUA_REGISTRYINDEX, kActive);
  lua_pushvalue(lua, -2);
  lua_rawsetp(lua, -2, timer);
  lua_pop(lua, 1);
  const auto us = static_cast<uint64_t>(seconds * 1e6);
  const weir_loop *loop = state.instance.loop;
  if (loop != nullptr) timer->id = loop->timer(state.host(), state.worker, us, once ? 0 : us, fire, timer);
  if (timer->id != 0) return 1;
  let_go(lua, timer);
  fail(lua, "%s", loop == nullptr ? "this weir has no timers" : "expected at most 1024 timers at a time");
}

int every(lua_State *lua) {
  return start(lua, false);
}
int after(lua_State *lua) {
  return start(lua, true);
}

int cancel(lua_State *lua) {
  auto *timer = static_cast<Timer *>(luaL_checkudata(lua, 1, kClass));
  if (timer->id == 0) return 0;
  const State &state = *timer->state;
  state.instance.loop->cancel(state.host(), state.worker, timer->id);
  let_go(lua, timer);
  return 0;
}

int get(lua_State *lua) {
  field_number(lua, "a timer");
  return 1;
}

int now(lua_State *lua) {
  lua_pushnumber(lua, static_cast<lua_Number>(State::of(lua).now_us()) / 1e6);
  return 1;
}

int wall_time(lua_State *lua) {
  timespec wall{};
  clock_gettime(CLOCK_REALTIME, &wall);
  lua_pushnumber(lua, static_cast<lua_Number>(wall.tv_sec) + static_cast<lua_Number>(wall.tv_nsec) / 1e9);
  return 1;
}

}  // namespace

void open_timers(lua_State *lua) {
  static const Field kFields[] = {{"cancel", 0, cancel}, {nullptr, 0, nullptr}};
  push_class(lua, kClass, kFields, get, nullptr);
  lua_setfield(lua, LUA_REGISTRYINDEX, kClass);
  lua_newtable(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kActive);
  static const luaL_Reg kFunctions[] = {
      {"every", every}, {"after", after}, {"now", now}, {"time", wall_time}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
}

}  // namespace weir::lua
