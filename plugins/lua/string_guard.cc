// string.find, match, gmatch and gsub over patterns that count; rep, which could repeat nothing for ever.
#include <algorithm>
#include <cstring>

#include "pattern.h"
#include "sandbox.h"
#include "state.h"

namespace weir::lua {
namespace {

constexpr std::string_view kSpecials = "^$*+?.([%-";

// Where to begin, from 0; past the end: nowhere.
size_t start_of(lua_State *lua, int index, size_t len) {
  const lua_Integer at = luaL_optinteger(lua, index, 1);
  if (at > 0) return static_cast<size_t>(at) - 1;
  if (at == 0 || at < -static_cast<lua_Integer>(len)) return 0;
  return len - static_cast<size_t>(-at);
}

int find_plain(lua_State *lua, std::string_view subject, std::string_view text, size_t start) {
  State::of(lua).limits.charge(lua, (subject.size() - start) / 16);
  const void *at = text.empty() ? subject.data() + start
                                : memmem(subject.data() + start, subject.size() - start, text.data(), text.size());
  if (at == nullptr) {
    lua_pushnil(lua);
    return 1;
  }
  const ptrdiff_t first = static_cast<const char *>(at) - subject.data() + 1;
  lua_pushinteger(lua, first);
  lua_pushinteger(lua, first + static_cast<ptrdiff_t>(text.size()) - 1);
  return 2;
}

int find_or_match(lua_State *lua, bool find) {
  const std::string_view subject = text_at(lua, 1);
  std::string_view pattern = text_at(lua, 2);
  const size_t start = start_of(lua, 3, subject.size());
  if (start > subject.size()) {
    lua_pushnil(lua);
    return 1;
  }
  if (find && (lua_toboolean(lua, 4) || pattern.find_first_of(kSpecials) == std::string_view::npos))
    return find_plain(lua, subject, pattern, start);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Pattern matcher(lua, subject, pattern);
  const char *const end = subject.data() + subject.size();
  for (const char *at = subject.data() + start; at <= end; ++at) {
    const char *stop = matcher.match(at);
    if (stop != nullptr && !find) return matcher.push_captures(at, stop, true);
    if (stop != nullptr) {
      lua_pushinteger(lua, at - subject.data() + 1);
      lua_pushinteger(lua, stop - subject.data());
      return 2 + matcher.push_captures(at, stop, false);
    }
    if (anchored) break;
  }
  lua_pushnil(lua);
  return 1;
}

int find(lua_State *lua) {
  return find_or_match(lua, true);
}
int match(lua_State *lua) {
  return find_or_match(lua, false);
}

// Upvalues: subject, pattern, where to go on, where the last match ended (0 = none yet).
int next_match(lua_State *lua) {
  const std::string_view subject = text_at(lua, lua_upvalueindex(1));
  Pattern matcher(lua, subject, text_at(lua, lua_upvalueindex(2)));
  const char *const begin = subject.data(), *const end = begin + subject.size();
  const lua_Integer last = lua_tointeger(lua, lua_upvalueindex(4));
  for (const char *at = begin + lua_tointeger(lua, lua_upvalueindex(3)); at <= end; ++at) {
    const char *stop = matcher.match(at);
    if (stop == nullptr || stop - begin + 1 == last) continue;
    lua_pushinteger(lua, stop - begin);
    lua_replace(lua, lua_upvalueindex(3));
    lua_pushinteger(lua, stop - begin + 1);
    lua_replace(lua, lua_upvalueindex(4));
    return matcher.push_captures(at, stop, true);
  }
  return 0;
}

int gmatch(lua_State *lua) {
  const size_t len = text_at(lua, 1).size();
  luaL_checkstring(lua, 2);
  const size_t start = std::min(start_of(lua, 3, len), len + 1);
  lua_settop(lua, 2);
  lua_pushinteger(lua, static_cast<lua_Integer>(start));
  lua_pushinteger(lua, 0);
  lua_pushcclosure(lua, next_match, 4);
  return 1;
}

void add_text(lua_State *lua, luaL_Buffer *out, const Pattern &matcher, const char *begin, const char *end) {
  size_t len = 0;
  const char *text = lua_tolstring(lua, 3, &len);
  const char *const text_end = text + len;
  for (; text < text_end; ++text) {
    if (*text != '%') {
      luaL_addchar(out, *text);
      continue;
    }
    if (++text == text_end) luaL_error(lua, "invalid use of '%%' in replacement string");
    if (*text == '%') {
      luaL_addchar(out, '%');
    } else if (*text == '0') {
      luaL_addlstring(out, begin, static_cast<size_t>(end - begin));
    } else if (*text >= '1' && *text <= '9') {
      matcher.push_capture(*text - '1', begin, end);
      luaL_tolstring(lua, -1, nullptr);  // a position is a number
      lua_remove(lua, -2);
      luaL_addvalue(out);
    } else {
      luaL_error(lua, "invalid use of '%%' in replacement string");
    }
  }
}

// Adds what takes the place of [begin, end).
void add_replacement(lua_State *lua, luaL_Buffer *out, const Pattern &matcher, const char *begin, const char *end,
                     int type) {
  if (type == LUA_TFUNCTION) {
    lua_pushvalue(lua, 3);
    const int n = matcher.push_captures(begin, end, true);
    lua_call(lua, n, 1);
  } else if (type == LUA_TTABLE) {
    matcher.push_capture(0, begin, end);
    lua_gettable(lua, 3);
  } else {
    add_text(lua, out, matcher, begin, end);
    return;
  }
  if (!lua_toboolean(lua, -1)) {
    lua_pop(lua, 1);
    luaL_addlstring(out, begin, static_cast<size_t>(end - begin));
  } else if (lua_isstring(lua, -1)) {
    luaL_addvalue(out);
  } else {
    luaL_error(lua, "invalid replacement value (a %s)", luaL_typename(lua, -1));
  }
}

int gsub(lua_State *lua) {
  const std::string_view subject = text_at(lua, 1);
  std::string_view pattern = text_at(lua, 2);
  const int type = lua_type(lua, 3);
  const bool usable = type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE;
  luaL_argexpected(lua, usable, 3, "string/function/table");
  const lua_Integer most = luaL_optinteger(lua, 4, static_cast<lua_Integer>(subject.size()) + 1);
  const bool anchored = pattern.starts_with('^');
  if (anchored) pattern.remove_prefix(1);
  Pattern matcher(lua, subject, pattern);
  const char *at = subject.data(), *const end = at + subject.size(), *last = nullptr;
  lua_Integer n = 0;
  luaL_Buffer out;
  luaL_buffinit(lua, &out);
  while (n < most) {
    const char *stop = matcher.match(at);
    if (stop != nullptr && stop != last) {
      ++n;
      add_replacement(lua, &out, matcher, at, stop, type);
      at = last = stop;
    } else if (at < end) {
      luaL_addchar(&out, *at++);
    } else {
      break;
    }
    if (anchored) break;
  }
  luaL_addlstring(&out, at, static_cast<size_t>(end - at));
  luaL_pushresult(&out);
  lua_pushinteger(lua, n);
  return 2;
}

int repeat(lua_State *lua) {
  const bool nothing = text_at(lua, 1).empty() && (lua_isnoneornil(lua, 3) || text_at(lua, 3).empty());
  if (nothing || luaL_checkinteger(lua, 2) <= 0) {
    lua_pushliteral(lua, "");
    return 1;
  }
  return lua_tocfunction(lua, lua_upvalueindex(1))(lua);
}

}  // namespace

void guard_strings(lua_State *lua) {
  lua_getglobal(lua, LUA_STRLIBNAME);
  for (const char *name : {"byte", "upper", "lower", "reverse", "unpack"}) count_calls(lua, name);
  lua_getfield(lua, -1, "rep");
  lua_pushcclosure(lua, repeat, 1);
  lua_setfield(lua, -2, "rep");
  static const luaL_Reg kFunctions[] = {
      {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
  lua_pushnil(lua);
  lua_setfield(lua, -2, "dump");
  lua_pushliteral(lua, "");
  lua_getmetatable(lua, -1);
  lua_pushboolean(lua, 0);
  lua_setfield(lua, -2, "__metatable");  // what strings can do is the same for all of the script
  lua_pop(lua, 3);
}

}  // namespace weir::lua
