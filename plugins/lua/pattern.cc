#include "pattern.h"

#include <cctype>
#include <cstring>

#include "state.h"

namespace weir::lua {
namespace {

constexpr char kEscape = '%';
constexpr unsigned kStepsAtOnce = 256;

bool is_of_class(unsigned char c, unsigned char name) {
  bool is = false;
  switch (std::tolower(name)) {
    case 'a':
      is = std::isalpha(c) != 0;
      break;
    case 'c':
      is = std::iscntrl(c) != 0;
      break;
    case 'd':
      is = std::isdigit(c) != 0;
      break;
    case 'g':
      is = std::isgraph(c) != 0;
      break;
    case 'l':
      is = std::islower(c) != 0;
      break;
    case 'p':
      is = std::ispunct(c) != 0;
      break;
    case 's':
      is = std::isspace(c) != 0;
      break;
    case 'u':
      is = std::isupper(c) != 0;
      break;
    case 'w':
      is = std::isalnum(c) != 0;
      break;
    case 'x':
      is = std::isxdigit(c) != 0;
      break;
    default:
      return name == c;
  }
  return std::isupper(name) != 0 ? !is : is;
}

// p is at '[', last at ']'.
bool is_in_set(unsigned char c, const char *p, const char *last) {
  bool in = true;
  if (p[1] == '^') {
    in = false;
    ++p;
  }
  while (++p < last) {
    if (*p == kEscape) {
      ++p;
      if (is_of_class(c, static_cast<unsigned char>(*p))) return in;
    } else if (p[1] == '-' && p + 2 < last) {
      p += 2;
      if (static_cast<unsigned char>(p[-2]) <= c && c <= static_cast<unsigned char>(*p)) return in;
    } else if (static_cast<unsigned char>(*p) == c) {
      return in;
    }
  }
  return !in;
}

}  // namespace

Pattern::Pattern(lua_State *lua, std::string_view subject, std::string_view pattern)
    : lua_(lua),
      begin_(subject.data()),
      end_(subject.data() + subject.size()),
      pattern_end_(pattern.data() + pattern.size()),
      pattern_(pattern.data()) {}

const char *Pattern::match(const char *at) {
  level_ = 0;
  depth_ = kMaxDepth;
  step();
  return run(at, pattern_);
}

inline void Pattern::step() {
  if (++steps_ % kStepsAtOnce == 0) State::of(lua_).limits.charge(lua_, kStepsAtOnce);
}

const char *Pattern::item_end(const char *p) {
  if (*p++ == kEscape) {
    if (p == pattern_end_) luaL_error(lua_, "malformed pattern (ends with '%%')");
    return p + 1;
  }
  if (p[-1] != '[') return p;
  if (p != pattern_end_ && *p == '^') ++p;
  do {  // the first ']' stands for itself
    if (p == pattern_end_) luaL_error(lua_, "malformed pattern (missing ']')");
    const char c = *p++;
    if (c == kEscape) {
      if (p == pattern_end_) luaL_error(lua_, "malformed pattern (missing ']')");
      ++p;
    }
  } while (p == pattern_end_ || *p != ']');
  return p + 1;
}

bool Pattern::fits(const char *s, const char *p, const char *end) const {
  if (s >= end_) return false;
  const auto c = static_cast<unsigned char>(*s);
  switch (*p) {
    case '.':
      return true;
    case kEscape:
      return is_of_class(c, static_cast<unsigned char>(p[1]));
    case '[':
      return is_in_set(c, p, end - 1);
    default:
      return static_cast<unsigned char>(*p) == c;
  }
}

const char *Pattern::run(const char *s, const char *p) {
  if (depth_-- == 0) luaL_error(lua_, "pattern too complex");
  while (s != nullptr && p != pattern_end_) {
    step();
    if (*p == '(') {
      const bool position = p + 1 != pattern_end_ && p[1] == ')';
      s = begin_capture(s, position ? p + 2 : p + 1, position ? kPosition : kUnfinished);
      break;
    }
    if (*p == ')') {
      s = end_capture(s, p + 1);
      break;
    }
    if (*p == '$' && p + 1 == pattern_end_) {
      if (s != end_) s = nullptr;
      break;
    }
    const char next = *p == kEscape && p + 1 != pattern_end_ ? p[1] : '\0';
    if (next == 'b') {
      s = balanced(s, p + 2);
      p += 4;
      continue;
    }
    if (next == 'f') {
      p += 2;
      if (p == pattern_end_ || *p != '[') luaL_error(lua_, "missing '[' after '%%f' in pattern");
      s = frontier(s, p);
      p = item_end(p);
      continue;
    }
    if (next >= '0' && next <= '9') {
      s = backreference(s, next);
      p += 2;
      continue;
    }
    const char *end = item_end(p);
    const char suffix = end != pattern_end_ ? *end : '\0';
    if (suffix == '?') {
      const char *rest = fits(s, p, end) ? run(s + 1, end + 1) : nullptr;
      if (rest != nullptr) {
        s = rest;
        break;
      }
      p = end + 1;
    } else if (suffix == '+') {
      s = fits(s, p, end) ? repeat_most(s + 1, p, end) : nullptr;
      break;
    } else if (suffix == '*') {
      s = repeat_most(s, p, end);
      break;
    } else if (suffix == '-') {
      s = repeat_least(s, p, end);
      break;
    } else {
      s = fits(s, p, end) ? s + 1 : nullptr;
      p = end;
    }
  }
  ++depth_;
  return s;
}

const char *Pattern::repeat_most(const char *s, const char *p, const char *end) {
  ptrdiff_t n = 0;
  while (fits(s + n, p, end)) {
    ++n;
    step();
  }
  for (; n >= 0; --n) {
    const char *rest = run(s + n, end + 1);
    if (rest != nullptr) return rest;
  }
  return nullptr;
}

const char *Pattern::repeat_least(const char *s, const char *p, const char *end) {
  for (;; ++s) {
    const char *rest = run(s, end + 1);
    if (rest != nullptr) return rest;
    if (!fits(s, p, end)) return nullptr;
  }
}

const char *Pattern::begin_capture(const char *s, const char *p, ptrdiff_t kind) {
  if (level_ >= kMaxCaptures) luaL_error(lua_, "too many captures");
  capture_[level_++] = {s, kind};
  const char *rest = run(s, p);
  if (rest == nullptr) --level_;
  return rest;
}

const char *Pattern::end_capture(const char *s, const char *p) {
  int open = level_ - 1;
  while (open >= 0 && capture_[open].len != kUnfinished) --open;
  if (open < 0) luaL_error(lua_, "invalid pattern capture");
  capture_[open].len = s - capture_[open].begin;
  const char *rest = run(s, p);
  if (rest == nullptr) capture_[open].len = kUnfinished;
  return rest;
}

const char *Pattern::balanced(const char *s, const char *p) {
  if (pattern_end_ - p < 2) luaL_error(lua_, "malformed pattern (missing arguments to '%%b')");
  if (s >= end_ || *s != p[0]) return nullptr;
  int open = 1;
  while (++s < end_) {
    step();
    if (*s == p[1]) {
      if (--open == 0) return s + 1;
    } else if (*s == p[0]) {
      ++open;
    }
  }
  return nullptr;
}

const char *Pattern::frontier(const char *s, const char *p) {
  const char *last = item_end(p) - 1;
  const auto before = static_cast<unsigned char>(s == begin_ ? '\0' : s[-1]);
  const auto here = static_cast<unsigned char>(s == end_ ? '\0' : *s);
  return !is_in_set(before, p, last) && is_in_set(here, p, last) ? s : nullptr;
}

const char *Pattern::backreference(const char *s, int name) {
  const int i = name - '1';
  if (i < 0 || i >= level_ || capture_[i].len == kUnfinished) luaL_error(lua_, "invalid capture index %%%d", i + 1);
  const size_t len = capture_[i].len == kPosition ? 0 : static_cast<size_t>(capture_[i].len);
  State::of(lua_).limits.charge(lua_, len / 16);
  if (static_cast<size_t>(end_ - s) < len || std::memcmp(capture_[i].begin, s, len) != 0) return nullptr;
  return s + len;
}

void Pattern::push_capture(int i, const char *begin, const char *end) const {
  if (i >= level_) {
    if (i != 0) luaL_error(lua_, "invalid capture index %%%d", i + 1);
    lua_pushlstring(lua_, begin, static_cast<size_t>(end - begin));
    return;
  }
  const Capture &capture = capture_[i];
  if (capture.len == kUnfinished) luaL_error(lua_, "unfinished capture");
  if (capture.len == kPosition)
    lua_pushinteger(lua_, capture.begin - begin_ + 1);
  else
    lua_pushlstring(lua_, capture.begin, static_cast<size_t>(capture.len));
}

int Pattern::push_captures(const char *begin, const char *end, bool whole) const {
  const int n = level_ == 0 && whole ? 1 : level_;
  luaL_checkstack(lua_, n, "too many captures");
  for (int i = 0; i < n; ++i) push_capture(i, begin, end);
  return n;
}

}  // namespace weir::lua
