// weir.counter(), weir.gauge(), weir.histogram(): numbers of the script's own, shown with the core's.
#include <algorithm>
#include <cmath>

#include "instance.h"
#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

constexpr char kKnown[] = "weir.stats";  // in the registry: objects by name
constexpr const char *kClasses[] = {"weir.Counter", "weir.Gauge", "weir.Histogram"};

struct Stat {
  uint32_t kind, handle;
  uint64_t observed;  // of a histogram
};

enum Number { kValue = 1 };

int make(lua_State *lua, uint32_t kind, const char *what) {
  State &state = State::of(lua);
  state.need_loading(lua, what);
  const std::string name(text_at(lua, 1));
  const std::string help(luaL_optstring(lua, 2, ""));
  uint32_t handle = 0;
  if (!state.instance.stat(kind, name, help, state.mode == Mode::kCheck, handle))
    fail(lua,
         "%s: '%.64s' is not possible: expected lower case letters, digits and '_', a name that is not taken, and "
         "not too many",
         what, name.c_str());
  lua_getfield(lua, LUA_REGISTRYINDEX, kKnown);
  if (lua_getfield(lua, -1, name.c_str()) != LUA_TNIL) return 1;
  lua_pop(lua, 1);
  *static_cast<Stat *>(lua_newuserdatauv(lua, sizeof(Stat), 0)) = {kind, handle, 0};
  luaL_setmetatable(lua, kClasses[kind]);
  lua_pushvalue(lua, -1);
  lua_setfield(lua, -3, name.c_str());
  return 1;
}

int counter(lua_State *lua) {
  return make(lua, WEIR_S_COUNTER, "weir.counter()");
}
int gauge(lua_State *lua) {
  return make(lua, WEIR_S_GAUGE, "weir.gauge()");
}
int histogram(lua_State *lua) {
  return make(lua, WEIR_S_HISTOGRAM, "weir.histogram()");
}

template <uint32_t kind>
Stat &stat_at(lua_State *lua) {
  return *static_cast<Stat *>(luaL_checkudata(lua, 1, kClasses[kind]));
}

int add(lua_State *lua) {
  const Stat &stat = stat_at<WEIR_S_COUNTER>(lua);
  const lua_Integer n = luaL_optinteger(lua, 2, 1);
  if (n < 0) fail(lua, "a counter only grows: expected 0 or more, found %lld; a gauge goes both ways", n);
  uint64_t *cells = State::of(lua).cells;
  if (cells != nullptr) weir_count(cells, stat.handle, static_cast<uint64_t>(n));
  return 0;
}

int set(lua_State *lua) {
  const Stat &stat = stat_at<WEIR_S_GAUGE>(lua);
  const lua_Integer n = luaL_checkinteger(lua, 2);
  if (n < 0) fail(lua, "a gauge shows 0 or more, found %lld", n);
  uint64_t *cells = State::of(lua).cells;
  if (cells != nullptr) weir_set(cells, stat.handle, static_cast<uint64_t>(n));
  return 0;
}

int change(lua_State *lua) {
  const Stat &stat = stat_at<WEIR_S_GAUGE>(lua);
  const lua_Integer n = luaL_optinteger(lua, 2, 1);
  uint64_t *cells = State::of(lua).cells;
  if (cells == nullptr) return 0;
  const uint64_t now = cells[stat.handle], down = n < 0 ? 0 - static_cast<uint64_t>(n) : 0;
  weir_set(cells, stat.handle, n < 0 ? now - std::min(now, down) : now + static_cast<uint64_t>(n));
  return 0;
}

int observe(lua_State *lua) {
  Stat &stat = stat_at<WEIR_S_HISTOGRAM>(lua);
  const lua_Number value = luaL_checknumber(lua, 2);
  if (!(value >= 0 && value < 0x1p63)) fail(lua, "a histogram takes numbers of 0 or more");
  const State &state = State::of(lua);
  ++stat.observed;
  const weir_stats *stats = state.instance.stats;
  if (state.mode == Mode::kCheck || !WEIR_HAS(stats, weir_stats, observe) || stats->observe == nullptr) return 0;
  stats->observe(state.host(), state.worker, stat.handle, static_cast<uint64_t>(value));
  return 0;
}

template <uint32_t kind>
int get(lua_State *lua) {
  if (field_number(lua, "a statistic") == 0) return 1;
  const Stat &stat = stat_at<kind>(lua);
  const uint64_t *cells = State::of(lua).cells;
  const uint64_t cell = cells != nullptr && kind != WEIR_S_HISTOGRAM ? cells[stat.handle] : stat.observed;
  lua_pushinteger(lua, static_cast<lua_Integer>(cell));
  return 1;
}

void make_class(lua_State *lua, uint32_t kind, const Field *fields, lua_CFunction get_field) {
  push_class(lua, kClasses[kind], fields, get_field, nullptr);
  lua_setfield(lua, LUA_REGISTRYINDEX, kClasses[kind]);
}

}  // namespace

void open_stats(lua_State *lua) {
  static const Field kCounter[] = {{"value", kValue, nullptr}, {"add", 0, add}, {nullptr, 0, nullptr}};
  static const Field kGauge[] = {
      {"value", kValue, nullptr}, {"set", 0, set}, {"add", 0, change}, {nullptr, 0, nullptr}};
  static const Field kHistogram[] = {{"value", kValue, nullptr}, {"observe", 0, observe}, {nullptr, 0, nullptr}};
  lua_newtable(lua);
  lua_setfield(lua, LUA_REGISTRYINDEX, kKnown);
  make_class(lua, WEIR_S_COUNTER, kCounter, get<WEIR_S_COUNTER>);
  make_class(lua, WEIR_S_GAUGE, kGauge, get<WEIR_S_GAUGE>);
  make_class(lua, WEIR_S_HISTOGRAM, kHistogram, get<WEIR_S_HISTOGRAM>);
  static const luaL_Reg kFunctions[] = {
      {"counter", counter}, {"gauge", gauge}, {"histogram", histogram}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
}

}  // namespace weir::lua
