#include "usual_requests.h"

#include "command_table.h"
#include "line_tokens.h"
#include "request_word.h"
#include "usual_words.h"

namespace weir::memcache {
namespace {

// "get <key>", "gets <key>" or "set <key> <flags> <exptime> <bytes>", each with CRLF and single spaces.
struct Usual {
  uint16_t cmd = kOther;
  uint32_t key_off = 0, key_len = 0;
  uint64_t size = 0;  // with the data of a set, which need not have arrived
};
inline bool read_usual(const uint8_t *line, const uint8_t *end, Usual *out) {
  if (end - line < 5) return false;
  const auto name = load<uint32_t>(line);
  const uint8_t *key = line + 4;
  if (name == word_of<uint32_t>("get "))
    out->cmd = kGet;
  else if (name == word_of<uint32_t>("set "))
    out->cmd = kSet;
  else if (name == word_of<uint32_t>("gets") && *key++ == ' ')
    out->cmd = kGets;
  else
    return false;
  const uint8_t *stop = find_blank(key, end);
  if (stop == key || stop - key > int64_t{kMaxKey}) return false;
  out->key_off = static_cast<uint32_t>(key - line);
  out->key_len = static_cast<uint32_t>(stop - key);
  uint64_t bytes = 0;
  if (out->cmd == kSet) {
    uint64_t flags = 0, exptime = 0;
    if (stop == end || *stop != ' ') return false;
    stop = read_digits_word(stop + 1, end, &flags);
    if (stop) stop = read_digits_word(stop, end, &exptime);
    if (stop) stop = read_digits(stop, end, &bytes);
    if (!stop || flags > UINT32_MAX || bytes > kMaxData) return false;
    bytes += 2;
  }
  if (!ends_line(stop, end)) return false;
  out->size = static_cast<uint64_t>(stop + 2 - line) + bytes;
  return true;
}

}  // namespace

uint64_t take_usual_requests(weir_parse *p, uint64_t pos) {
  const uint8_t *const data = p->data, *const end = data + p->len;
  const uint64_t len = p->len;
  const uint32_t msg_cap = p->msg_cap, sub_cap = p->sub_cap;
  uint32_t msg_len = p->msg_len, sub_len = p->sub_len;
  Usual found;
  while (pos < len && msg_len < msg_cap && sub_len < sub_cap && read_usual(data + pos, end, &found)) {
    p->keys[sub_len++] = {found.key_off, found.key_len, 0, found.key_off, found.key_len};
    weir_req &req = p->reqs[msg_len++];
    req = {};
    req.size = found.size;
    req.user = pack({0, found.key_off, found.key_len});
    req.key_count = 1;
    req.cmd = found.cmd;
    req.route = WEIR_ROUTE_KEY;
    req.flags = found.cmd == kSet ? 0 : uint32_t{WEIR_REQ_RETRY_SAFE};
    pos += found.size;
  }
  p->msg_len = msg_len;
  p->sub_len = sub_len;
  return pos;
}

}  // namespace weir::memcache
