// The requests that nearly all traffic consists of: get, gets and set in their plain form. Any thread.
#pragma once

#include <weir/protocol.h>

#include "command_table.h"
#include "line_tokens.h"
#include "request_word.h"
#include "usual_words.h"

namespace weir::memcache {

// "get <key>", "gets <key>" or "set <key> <flags> <exptime> <bytes>", each with CRLF and single spaces.
struct UsualRequest {
  uint16_t cmd;
  uint32_t flags;  // WEIR_REQ_*
  uint32_t key_off, key_len;
  uint64_t size;  // with the data of a set, which need not have arrived
};

// The end of " <flags> <exptime> <bytes>" and what the last of them says; nullptr where something else stands.
struct SetTail {
  const uint8_t *end;
  uint64_t bytes;
};
inline SetTail read_set_tail(const uint8_t *first, const uint8_t *end) {
  if (first == end || *first != ' ' || !is_fence(end[-1])) return {nullptr, 0};
  uint64_t flags, exptime, bytes;
  const uint8_t *p = read_digits_word(first + 1, &flags);
  if (p) p = read_digits_word(p, &exptime);
  if (p) p = read_digits(p, &bytes);
  if (!p || p - first > kMaxDigits || flags > UINT32_MAX || bytes > kMaxData) return {nullptr, 0};
  return {p, bytes};
}

inline bool read_usual(const uint8_t *line, const uint8_t *end, UsualRequest *out) {
  if (end - line < 5) return false;
  const auto name = load<uint32_t>(line);
  const uint8_t *key = line + 4;
  out->cmd = kGet;
  out->flags = WEIR_REQ_RETRY_SAFE;
  if (name == word_of<uint32_t>("set ")) {
    out->cmd = kSet;
    out->flags = 0;
  } else if (name != word_of<uint32_t>("get ")) {
    if (name != word_of<uint32_t>("gets") || *key++ != ' ') return false;
    out->cmd = kGets;
  }
  const uint8_t *stop = find_blank(key, end);
  const auto key_len = static_cast<uint64_t>(stop - key);
  if (key_len - 1 >= kMaxKey) return false;
  out->key_off = static_cast<uint32_t>(key - line);
  out->key_len = static_cast<uint32_t>(key_len);
  uint64_t data = 0;
  if (out->cmd == kSet) {
    SetTail tail = read_set_tail(stop, end);
    if (!tail.end) return false;
    stop = tail.end;
    data = tail.bytes + 2;
  }
  if (!ends_line(stop, end)) return false;
  out->size = static_cast<uint64_t>(stop + 2 - line) + data;
  return true;
}

// Appends the request at p->data[pos], where a line begins, and gives its size; what lies past p->len of it is data
// that has not arrived. 0: it is not of a usual shape, not whole, or there is no room; nothing has been touched then,
// and it is for the general parser, which gives the same for what is taken here.
inline uint64_t take_usual_request(weir_parse *p, uint64_t pos) {
  UsualRequest found;
  if (p->sub_len == p->sub_cap || !read_usual(p->data + pos, p->data + p->len, &found)) return 0;
  p->keys[p->sub_len++] = {found.key_off, found.key_len, 0, found.key_off, found.key_len};
  weir_req *req = &p->reqs[p->msg_len++];
  *req = {};
  req->size = found.size;
  req->user = pack(RequestWord{0, found.key_off, found.key_len});
  req->key_count = 1;
  req->cmd = found.cmd;
  req->route = WEIR_ROUTE_KEY;
  req->flags = found.flags;
  return found.size;
}

}  // namespace weir::memcache
