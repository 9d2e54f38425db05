// The replies that nearly all traffic consists of: values, END and STORED. Used by the worker that owns the connection.
// What is not taken here has not been touched; it may be good all the same and is for the general parser, which gives
// the same for what is taken here.
#pragma once

#include <weir/protocol.h>

#include "command_table.h"
#include "line_tokens.h"
#include "reply_parser.h"
#include "usual_words.h"

namespace weir::memcache {

inline bool is_end(const uint8_t *p) {
  return load<uint32_t>(p) == word_of<uint32_t>("END\r") && p[4] == '\n';
}

// "VALUE <key> <flags> <bytes>[ <unique>]" with CRLF and single spaces, its data, CRLF, and room for END. size 0: it is
// not that. end[-1] must be a fence for numbers.
struct UsualValue {
  uint64_t size;
  uint32_t key_len;
};
[[gnu::always_inline]] inline UsualValue read_value(const uint8_t *line, const uint8_t *end) {
  constexpr UsualValue kNone = {0, 0};
  constexpr int64_t kLeast = 20;  // "VALUE k 0 0", CRLF, CRLF, "END", CRLF
  if (end - line < kLeast || load<uint32_t>(line) != word_of<uint32_t>("VALU") ||
      load<uint16_t>(line + 4) != word_of<uint16_t>("E "))
    return kNone;
  const uint8_t *const key = line + kKeyInValue, *const first = find_blank(key, end);
  const auto key_len = static_cast<uint64_t>(first - key);
  if (key_len - 1 >= kMaxKey || first == end || *first != ' ') return kNone;
  uint64_t flags, bytes, unique;
  const uint8_t *p = read_digits_word(first + 1, &flags);
  if (p) p = read_digits(p, &bytes);
  if (!p || p - first > kMaxDigits) return kNone;
  if (__builtin_expect(*p == ' ', 0) && (!(p = read_digits(p + 1, &unique)) || p - line >= int64_t{kMaxLine}))
    return kNone;
  if (static_cast<uint64_t>(end - p) < 4 + bytes + kEndLine) return kNone;
  const uint8_t *const tail = p + 2 + bytes;
  if (load<uint16_t>(p) != word_of<uint16_t>("\r\n") || load<uint16_t>(tail) != word_of<uint16_t>("\r\n")) return kNone;
  return {static_cast<uint64_t>(tail + 2 - line), static_cast<uint32_t>(key_len)};
}

// Appends the reply that is whole in the window from p->data[pos] on and answers what expect(index) says: STORED, END,
// or one value and END. Gives its size, or 0.
[[gnu::always_inline]] inline uint64_t take_usual_reply(weir_parse *p, uint64_t pos, uint32_t index) {
  const weir_expect *asked = p->expect(p, index);
  if (!asked) return 0;
  const uint32_t answers = command(asked->cmd).answers;
  const uint8_t *const begin = p->data + pos, *const end = p->data + p->len;
  uint64_t size = 8, last_line = 0;
  UsualValue value = {0, 0};
  if (!(answers & kAnswerStored) || end - begin < 8 || load<uint64_t>(begin) != word_of<uint64_t>("STORED\r\n")) {
    if (!(answers & kAnswerEnd) || end - begin < int64_t{kEndLine}) return 0;
    if (*begin == 'V' && (answers & kAnswerValue) && is_fence(end[-1])) value = read_value(begin, end);
    last_line = value.size;
    if (!is_end(begin + last_line)) return 0;
    size = last_line + kEndLine;
  }
  const bool has_item = asked->want_items && last_line != 0;
  if (__builtin_expect(has_item, 0)) {
    if (p->sub_len == p->sub_cap) return 0;
    p->items[p->sub_len++] = {0, value.size, key_place(kKeyInValue, value.key_len)};
  }
  weir_rsp *rsp = &p->rsps[p->msg_len++];
  *rsp = {};
  rsp->size = size;
  rsp->item_count = has_item;
  rsp->user = last_line;
  return size;
}

// Steps over whole values from p->data[from] on, where a line of a reply that starts at origin begins, and appends
// their items when they are wanted. Gives where the first begins that is not taken.
inline uint64_t take_usual_values(weir_parse *p, uint64_t from, uint64_t origin, bool want_items, ServerState &state) {
  const uint8_t *const data = p->data, *const end = data + p->len;
  weir_item *const first = p->items + p->sub_len, *const full = p->items + p->sub_cap;
  weir_item *item = first;
  if (!is_fence(end[-1])) return from;
  uint64_t pos = from;
  while (!want_items || item < full) {
    const UsualValue value = read_value(data + pos, end);
    if (!value.size) break;
    if (want_items) *item++ = {pos - origin, value.size, key_place(kKeyInValue, value.key_len)};
    pos += value.size;
  }
  if (pos != from) state.blocks = 1;
  const auto taken = static_cast<uint32_t>(item - first);
  p->sub_len += taken;
  state.items += taken;
  return pos;
}

}  // namespace weir::memcache
