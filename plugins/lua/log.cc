#include "log.h"

#include <algorithm>
#include <string>

#include "instance.h"

namespace weir::lua {
namespace {

constexpr size_t kMaxLine = 1000;
constexpr int64_t kLinesASecond = 10;

// How many lines were dropped before this one; -1 = this one is dropped, too.
int64_t may_log(State &state) {
  const uint64_t now = state.now_us();
  if (now - state.log_refill_us >= 1'000'000) {
    state.log_refill_us = now;
    state.log_tokens = kLinesASecond;
  }
  if (state.mode != Mode::kTest && state.log_tokens <= 0) {
    ++state.log_dropped;
    return -1;
  }
  --state.log_tokens;
  const auto dropped = static_cast<int64_t>(state.log_dropped);
  state.log_dropped = 0;
  return dropped;
}

int log(lua_State *lua, uint32_t level) {
  State &state = State::of(lua);
  const int n = lua_gettop(lua);
  const int64_t dropped = may_log(state);
  if (dropped < 0) return 0;
  luaL_Buffer line;
  luaL_buffinit(lua, &line);
  for (int i = 1; i <= n; ++i) {
    if (i > 1) luaL_addchar(&line, ' ');
    luaL_tolstring(lua, i, nullptr);
    luaL_addvalue(&line);
  }
  luaL_pushresult(&line);
  if (dropped > 0) lua_pushfstring(lua, " (%d lines before it were dropped)", static_cast<int>(dropped));
  if (dropped > 0) lua_concat(lua, 2);
  log_line(state, level, text_at(lua, -1));
  return 0;
}

int info(lua_State *lua) {
  return log(lua, WEIR_LOG_INFO);
}
int notice(lua_State *lua) {
  return log(lua, WEIR_LOG_NOTICE);
}
int warn(lua_State *lua) {
  return log(lua, WEIR_LOG_WARN);
}
int error(lua_State *lua) {
  return log(lua, WEIR_LOG_ERROR);
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line(text.substr(0, kMaxLine));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, ' ');
  return line;
}

void log_lines(State &state, uint32_t level, std::string_view text) {
  state.host()->log(state.host(), level, text.data(), text.size());
}

void log_line(State &state, uint32_t level, std::string_view text) {
  log_lines(state, level, one_line(text));
}

void open_log(lua_State *lua) {
  static const luaL_Reg kFunctions[] = {
      {"info", info}, {"notice", notice}, {"warn", warn}, {"error", error}, {nullptr, nullptr}};
  luaL_newlib(lua, kFunctions);
  lua_setfield(lua, -2, "log");
  lua_pushcfunction(lua, notice);
  lua_setglobal(lua, "print");
}

}  // namespace weir::lua
