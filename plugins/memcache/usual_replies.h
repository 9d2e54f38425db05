// The replies that nearly all traffic consists of: values, END and STORED. Used by the worker that owns the connection.
// What is not taken here has not been touched; it may be good all the same and is for the general parser, which gives
// the same for what is taken here.
#pragma once

#include <climits>

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
// not that.
struct UsualValue {
  uint64_t size;
  uint32_t key_len;
};
inline UsualValue read_value(const uint8_t *line, const uint8_t *end) {
  constexpr UsualValue kNone = {0, 0};
  if (end - line < 16 || (load<uint64_t>(line) & 0xffffffffffff) != word_of<uint64_t>("VALUE \0\0")) return kNone;
  if (!is_fence(end[-1])) return kNone;
  const uint8_t *const key = line + kKeyInValue, *const first = find_blank(key, end);
  const auto key_len = static_cast<uint64_t>(first - key);
  if (key_len - 1 >= kMaxKey || first == end || *first != ' ') return kNone;
  uint64_t flags, bytes, unique;
  const uint8_t *p = read_digits_word(first + 1, &flags);
  if (p) p = read_digits(p, &bytes);
  if (!p || p - first > kMaxDigits || bytes > INT_MAX) return kNone;
  if (*p == ' ' && (!(p = read_digits(p + 1, &unique)) || p - line >= int64_t{kMaxLine})) return kNone;
  if (!ends_line(p, end)) return kNone;
  const uint64_t rest = bytes + 2;
  p += 2;
  if (static_cast<uint64_t>(end - p) < rest + kEndLine || !ends_line(p + bytes, end)) return kNone;
  return {static_cast<uint64_t>(p - line) + rest, static_cast<uint32_t>(key_len)};
}

// Appends the reply that is whole in the window from p->data[pos] on and answers what expect(index) says: STORED, END,
// or one value and END. Gives its size, or 0. Replies whose items are wanted are not for it.
inline uint64_t take_usual_reply(weir_parse *p, uint64_t pos, uint32_t index) {
  const uint8_t *const begin = p->data + pos, *const end = p->data + p->len;
  if (end - begin < 8 && (end - begin < int64_t{kEndLine} || *begin != 'E')) return 0;
  const weir_expect *asked = p->expect(p, index);
  if (!asked || asked->want_items) return 0;
  const uint32_t answers = command(asked->cmd).answers;
  uint64_t size = 0, last_line = 0;
  if (*begin == 'S') {
    if (!(answers & kAnswerStored) || load<uint64_t>(begin) != word_of<uint64_t>("STORED\r\n")) return 0;
    size = 8;
  } else {
    if (*begin == 'V' && (answers & kAnswerValue)) last_line = read_value(begin, end).size;
    if (!(answers & kAnswerEnd) || !is_end(begin + last_line)) return 0;
    size = last_line + kEndLine;
  }
  weir_rsp *rsp = &p->rsps[p->msg_len++];
  *rsp = {};
  rsp->size = size;
  rsp->user = last_line;
  return size;
}

// Steps over whole values from p->data[pos] on, where a line of a reply that starts at origin begins, and appends their
// items when they are wanted. Gives where the first begins that is not taken.
inline uint64_t take_usual_values(weir_parse *p, uint64_t pos, uint64_t origin, bool want_items, ServerState &state) {
  const uint8_t *const data = p->data, *const end = data + p->len;
  weir_item *const first = p->items + p->sub_len, *const full = p->items + p->sub_cap;
  weir_item *item = first;
  while (!want_items || item < full) {
    const UsualValue value = read_value(data + pos, end);
    if (!value.size) break;
    if (want_items) *item++ = {pos - origin, value.size, key_place(kKeyInValue, value.key_len)};
    pos += value.size;
    state.blocks = 1;
  }
  const auto taken = static_cast<uint32_t>(item - first);
  p->sub_len += taken;
  state.items += taken;
  return pos;
}

}  // namespace weir::memcache
