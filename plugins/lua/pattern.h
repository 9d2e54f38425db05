// Lua's patterns with a count of steps, so that one that backtracks without end meets the limit of its call. They mean
// what they mean in Lua 5.4, whose lstrlib.c (Copyright 1994-2022 Lua.org, PUC-Rio, MIT licence) says it in all detail.
#pragma once

#include <lua.hpp>

#include <cstddef>
#include <string_view>

namespace weir::lua {

class Pattern {
 public:
  Pattern(lua_State *lua, std::string_view subject, std::string_view pattern);

  // Matches at this place of the subject: where the match ends, nullptr = none. Raises errors of the pattern.
  const char *match(const char *at);
  // Pushes the captures; the whole match when there are none and `whole`.
  int push_captures(const char *begin, const char *end, bool whole) const;
  void push_capture(int i, const char *begin, const char *end) const;
  int captures() const { return level_; }

 private:
  static constexpr int kMaxDepth = 200, kMaxCaptures = 32;
  static constexpr ptrdiff_t kUnfinished = -1, kPosition = -2;
  struct Capture {
    const char *begin;
    ptrdiff_t len;
  };

  const char *run(const char *s, const char *p);
  const char *item(const char *s, const char *p);
  const char *repeat_most(const char *s, const char *p, const char *end);
  const char *repeat_least(const char *s, const char *p, const char *end);
  const char *begin_capture(const char *s, const char *p, ptrdiff_t kind);
  const char *end_capture(const char *s, const char *p);
  const char *balanced(const char *s, const char *p);
  const char *frontier(const char *s, const char *p);
  const char *backreference(const char *s, int name);
  const char *item_end(const char *p);
  bool fits(const char *s, const char *p, const char *end) const;
  void step();

  lua_State *const lua_;
  const char *const begin_, *const end_, *const pattern_end_;
  const char *const pattern_;
  int depth_ = kMaxDepth;
  int level_ = 0;
  unsigned steps_ = 0;
  Capture capture_[kMaxCaptures] = {};
};

}  // namespace weir::lua
