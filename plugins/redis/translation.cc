#include "translation.h"

#include "shapes.h"

namespace weir::redis {

namespace {

constexpr int kDeepest = 32;  // deeper than any pattern reaches into a server's reply
constexpr std::string_view kPrefixes = "~%@*2l";

// The length of the pattern's first unit.
size_t unit(std::string_view pattern) {
  size_t len = 0;
  while (len < pattern.size() && kPrefixes.find(pattern[len]) != std::string_view::npos) ++len;
  if (len == pattern.size() || pattern[len] != '(') return len + 1;
  for (int open = 0; len < pattern.size(); ++len) {
    if (pattern[len] == '(') ++open;
    if (pattern[len] == ')' && --open == 0) break;
  }
  return len + 1;
}

bool holds_elements(uint8_t type) {
  return type == '*' || type == '~' || type == '%' || type == '>' || type == '|';
}

}  // namespace

bool Translation::run(std::string_view pattern) {
  bool whole = bytes_ && value(pattern, 0);
  run_.flush();
  return whole;
}

bool Translation::next(Token &token) const {
  if (at_ >= size_) return false;
  auto line = static_cast<const uint8_t *>(std::memchr(bytes_ + at_, '\n', size_ - at_));
  if (!line || line < bytes_ + at_ + 2) return false;
  token.type = bytes_[at_];
  token.begin = at_;
  token.body = token.end = static_cast<uint64_t>(line + 1 - bytes_);
  token.number = 0;
  bool text = token.type == '$' || token.type == '=' || token.type == '!';
  if (!text && !holds_elements(token.type)) return true;
  if (!parse_integer(bytes_ + at_ + 1, token.body - at_ - 3, token.number)) return false;
  if (text && token.number >= 0) token.end += static_cast<uint64_t>(token.number) + 2;
  return token.end <= size_;
}

void Translation::take(const Token &token) {
  at_ = token.end;
  if (echoes_.any()) [[unlikely]]
    if (put_echo(token)) return;
  if (!token.is_null()) return run_.add(src_, base_ + token.begin, token.end - token.begin);
  run_.flush();
  w_.lit("_\r\n");
}

// One stands where a token does, or within an error's line.
bool Translation::put_echo(const Token &token) {
  uint64_t off = echoes_.next->off;
  if (off < token.begin || off >= token.end) return false;
  run_.flush();
  w_.ref(src_, base_ + token.begin, off - token.begin);
  uint64_t behind = off + echoes_.put_at(off, w_);
  w_.ref(src_, base_ + behind, token.end - behind);
  return true;
}

void Translation::head(const Token &token, char mark, uint64_t n) {
  run_.flush();
  w_.head(mark, n);
  at_ = token.end;
}

void Translation::text(const Token &token, bool is_double) {
  run_.flush();
  if (is_double)
    w_.lit(",");
  else
    w_.head('=', static_cast<uint64_t>(token.number) + 4).lit("txt:");
  w_.ref(src_, base_ + token.body, token.end - token.body);
  at_ = token.end;
}

// One value with all it holds, of which only nulls are another in RESP3. Not by recursion: it nests as deep as it
// likes.
bool Translation::untyped() {
  Token token;
  for (uint64_t left = 1; left > 0; --left) {
    if (!next(token)) return false;
    take(token);
    if (!holds_elements(token.type) || token.number < 0) continue;
    auto n = static_cast<uint64_t>(token.number);
    left += token.type == '%' ? 2 * n : token.type == '|' ? 2 * n + 1 : n;
  }
  return true;
}

bool Translation::value(std::string_view pattern, int depth) {
  Token token;
  if (!next(token)) return false;
  char kind = depth < kDeepest && !pattern.empty() ? pattern[0] : '.';
  bool is_text = token.type == '$' && token.number >= 0;
  if (is_text && (kind == ',' || kind == '=')) {
    text(token, kind == ',');
    return true;
  }
  if (token.type != '*' || token.number < 0 || kind == '.' || kind == ',' || kind == '=') return untyped();
  return array(pattern, depth);
}

// An array is next.
bool Translation::array(std::string_view pattern, int depth) {
  Token token, first;
  if (!next(token)) return false;
  auto n = static_cast<uint64_t>(token.number);
  std::string_view inner = pattern.substr(1);
  uint64_t start = at_;
  at_ = token.end;
  bool holds_arrays = n > 0 && next(first) && first.type == '*';
  at_ = start;
  switch (pattern[0]) {
    case '~':
      head(token, '~', n);
      return elements(n, inner, depth);
    case '*':
      take(token);
      return elements(n, inner, depth);
    case '%':
      if (n % 2) return untyped();
      head(token, '%', n / 2);
      for (uint64_t i = 0; i < n / 2; ++i)
        if (!untyped() || !value(inner, depth + 1)) return false;
      return true;
    case '@':
      head(token, '%', n);
      for (uint64_t i = 0; i < n; ++i) {
        if (!next(token) || token.type != '*' || token.number != 2) return false;
        at_ = token.end;
        if (!untyped() || !value(inner, depth + 1)) return false;
      }
      return true;
    case '2':
      if (n % 2 || holds_arrays) return untyped();
      head(token, '*', n / 2);
      for (uint64_t i = 0; i < n / 2; ++i) {
        run_.flush();
        w_.lit("*2\r\n");
        if (!untyped() || !value(inner, depth + 1)) return false;
      }
      return true;
    case 'l':
      take(token);
      for (uint64_t i = 0; i < n; ++i)
        if (!(i + 1 < n ? untyped() : value(inner, depth + 1))) return false;
      return true;
    case '(':
      take(token);
      return tuple(n, inner, depth);
    default:
      if (n % 2) return untyped();
      head(token, '%', n / 2);
      return record(n, pattern[0], depth);
  }
}

bool Translation::elements(uint64_t n, std::string_view pattern, int depth) {
  for (; n > 0; --n)
    if (!value(pattern, depth + 1)) return false;
  return true;
}

bool Translation::tuple(uint64_t n, std::string_view pattern, int depth) {
  for (; n > 0; --n) {
    bool named = !pattern.empty() && pattern[0] != ')';
    size_t len = named ? unit(pattern) : 0;
    if (!value(pattern.substr(0, len), depth + 1)) return false;
    pattern.remove_prefix(len);
  }
  return true;
}

bool Translation::record(uint64_t n, char name, int depth) {
  for (; n > 0; n -= 2) {
    std::string_view field = next_name();
    if (!untyped() || !value(field_pattern(name, field), depth + 1)) return false;
  }
  return true;
}

std::string_view Translation::next_name() const {
  Token token;
  if (!next(token) || token.type != '$' || token.number < 0) return {};
  return {reinterpret_cast<const char *>(bytes_ + token.body), static_cast<size_t>(token.number)};
}

}  // namespace weir::redis
