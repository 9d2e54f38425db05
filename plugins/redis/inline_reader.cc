#include "inline_reader.h"

namespace weir::redis {

namespace {

bool is_space(uint8_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Not every space does: in the middle of a word redis takes the others as its bytes.
bool ends_word(uint8_t c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int hex(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 0x20;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

uint8_t control(uint8_t letter) {
  switch (letter) {
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'b':
      return '\b';
    case 'a':
      return '\a';
    default:
      return letter;
  }
}

// Walks one word. out may be null. Returns its end, or null when quotes are unbalanced.
const uint8_t *walk(const uint8_t *at, const uint8_t *end, uint8_t *out, uint64_t &len, bool &escaped) {
  uint8_t quote = 0;
  len = 0;
  for (; at < end; ++at) {
    uint8_t c = *at;
    if (!quote) {
      if (ends_word(c)) break;
      if (c == '"' || c == '\'') {
        quote = c;
        continue;
      }
    } else if (c == quote) {
      return at + 1 < end && !is_space(at[1]) ? nullptr : at + 1;
    } else if (c == '\\' && quote == '"' && end - at > 3 && at[1] == 'x' && hex(at[2]) >= 0 && hex(at[3]) >= 0) {
      c = static_cast<uint8_t>(hex(at[2]) << 4 | hex(at[3]));
      escaped = true;
      at += 3;
    } else if (c == '\\' && end - at > 1 && (quote == '"' || at[1] == '\'')) {
      c = quote == '"' ? control(at[1]) : at[1];
      escaped = true;
      ++at;
    }
    if (out) out[len] = c;
    ++len;
  }
  return quote ? nullptr : at;
}

}  // namespace

int InlineReader::next(InlineArg &arg) {
  while (at_ < end_ && is_space(*at_)) ++at_;
  if (at_ == end_) return 0;
  bool escaped = false;
  const uint8_t *stop = walk(at_, end_, nullptr, arg.len, escaped);
  if (!stop) return -1;
  arg.raw = at_;
  arg.raw_len = static_cast<uint64_t>(stop - at_);
  bool whole = *at_ == '"' || *at_ == '\'';
  arg.content = whole ? at_ + 1 : at_;
  arg.verbatim = !escaped && arg.len + (whole ? 2 : 0) == arg.raw_len;
  at_ = stop;
  return 1;
}

void InlineReader::decode(const InlineArg &arg, uint8_t *out) {
  uint64_t len = 0;
  bool escaped = false;
  walk(arg.raw, arg.raw + arg.raw_len, out, len, escaped);
}

}  // namespace weir::redis
