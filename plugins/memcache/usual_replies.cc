#include "usual_replies.h"

#include <climits>

#include "command_table.h"
#include "line_tokens.h"
#include "usual_words.h"

namespace weir::memcache {
namespace {

// "VALUE <key> <flags> <bytes>[ <unique>]" with CRLF and single spaces.
struct Value {
  uint32_t key_len = 0;
  uint64_t header = 0, bytes = 0;  // the line with its end, and the data behind it
};
inline bool read_value(const uint8_t *line, const uint8_t *end, Value *out) {
  if (end - line < 8 || (load<uint64_t>(line) & 0xffffffffffff) != word_of<uint64_t>("VALUE \0\0")) return false;
  const uint8_t *key = line + kKeyInValue, *stop = find_blank(key, end);
  if (stop == key || stop == end || !is_fence(end[-1]) || *stop != ' ' || stop - key > int64_t{kMaxKey}) return false;
  out->key_len = static_cast<uint32_t>(stop - key);
  uint64_t flags = 0, unique = 0;
  stop = read_digits_word(stop + 1, &flags);
  if (stop) stop = read_digits(stop, &out->bytes);
  if (stop && *stop == ' ') stop = read_digits(stop + 1, &unique);
  if (!stop || out->bytes > INT_MAX || !ends_line(stop, end)) return false;
  out->header = static_cast<uint64_t>(stop + 2 - line);
  return true;
}

}  // namespace

void take_usual_replies(weir_parse *p, ServerState &state, ReplyPlace &place) {
  const uint8_t *const data = p->data, *const end = data + p->len;
  const uint32_t msg_cap = p->msg_cap, sub_cap = p->sub_cap;
  uint32_t msg_len = p->msg_len, items = state.items, finals = place.finals;
  bool blocks = state.blocks;
  const weir_expect *asked = place.asked;
  const uint8_t *at = data + place.pos;
  uint64_t origin = place.origin;
  while (end - at >= int64_t{kEndLine} && msg_len < msg_cap) {
    Answer answer = kAnswerValue;
    uint64_t size = 0;
    Value value;
    if (load<uint32_t>(at) == word_of<uint32_t>("END\r") && at[4] == '\n') {
      answer = kAnswerEnd;
      size = kEndLine;
    } else if (end - at >= 8 && load<uint64_t>(at) == word_of<uint64_t>("STORED\r\n")) {
      answer = kAnswerStored;
      size = 8;
    } else if (read_value(at, end, &value)) {
      size = value.header + value.bytes + 2;
      if (static_cast<uint64_t>(end - at) < size + kEndLine || !ends_line(at + size - 2, end)) break;
    } else {
      break;
    }
    if (!asked) asked = p->expect(p, finals);
    if (!asked || !(command(asked->cmd).answers & answer)) break;
    const uint64_t off = static_cast<uint64_t>(at - data) - origin;
    at += size;
    if (answer == kAnswerValue) {
      blocks = true;
      if (!asked->want_items) continue;
      if (p->sub_len == sub_cap) {
        at -= size;
        break;
      }
      p->items[p->sub_len++] = {off, size, key_place(kKeyInValue, value.key_len)};
      ++items;
      continue;
    }
    weir_rsp &rsp = p->rsps[msg_len++];
    rsp = {};
    rsp.size = off + size;
    rsp.user = off;
    rsp.item_count = items;
    origin += off + size;
    asked = nullptr;
    ++finals;
    items = 0;
    blocks = false;
  }
  p->msg_len = msg_len;
  state.items = items;
  state.blocks = blocks;
  place = {static_cast<uint64_t>(at - data), origin, finals, asked};
}

}  // namespace weir::memcache
