#include "quick_reply.h"

#include <weir/inline.h>

#include "small_header.h"

namespace weir::redis {

namespace {

constexpr uint64_t kLongestLine = 32;  // longer ones are left to memchr
constexpr int64_t kLeastReply = 4;     // ":1\r\n"

uint32_t load32(const uint8_t *c) {
  uint32_t word;
  std::memcpy(&word, c, sizeof word);
  return word;
}
constexpr uint32_t word_of(const char *text) {
  uint32_t word = 0;
  for (int i = 0; i < 4; ++i) word |= static_cast<uint32_t>(static_cast<uint8_t>(text[i])) << (8 * i);
  return word;
}

// Each takes a reply of one type at c, with kLeastReply bytes in view; nullptr: not plain, or not whole.

inline const uint8_t *bulk(const uint8_t *c, const uint8_t *end) {
  if (load32(c) == word_of("$-1\r")) [[unlikely]]
    return end - c >= 5 && c[4] == '\n' ? c + 5 : nullptr;
  return bulk_at(c, end).next;
}

inline const uint8_t *status(const uint8_t *c, const uint8_t *end) {
  if (load32(c) == word_of("+OK\r")) [[likely]]
    return end - c >= 5 && c[4] == '\n' ? c + 5 : nullptr;
  auto view = static_cast<uint64_t>(end - c);
  if (view > kLongestLine) view = kLongestLine;
  const uint8_t *last = c + view - 1;
  while (c < last && *c != '\r') ++c;
  return c < last && c[1] == '\n' ? c + 2 : nullptr;
}

// Without a sign.
inline const uint8_t *integer(const uint8_t *c, const uint8_t *end, uint64_t &value) {
  Length number = end - c >= static_cast<int64_t>(kHeaderReach) ? header_at<':'>(c, end) : one_digit<':'>(c);
  value = number.value;
  return number.next;
}

}  // namespace

const uint8_t *take_plain_replies(weir_parse *p, const uint8_t *cur) {
  const uint8_t *end = p->data + p->len;
  weir_rsp *rsps = p->rsps;
  uint32_t len = p->msg_len, cap = p->msg_cap;
  for (; len < cap && end - cur >= kLeastReply; ++len) {
    const uint8_t *next = nullptr;
    uint64_t user = 0;
    if (*cur == '$')
      next = bulk(cur, end);
    else if (*cur == '+')
      next = status(cur, end);
    else if (*cur == ':')
      next = integer(cur, end, user);
    if (!next) break;
    rsps[len] = {.size = static_cast<uint64_t>(next - cur),
                 .tag = 0,
                 .user = user,
                 .item_count = 0,
                 .kind = WEIR_RSP_FINAL,
                 .reserved0 = 0,
                 .reserved1 = 0,
                 .flags = 0,
                 .server = 0,
                 .reserved2 = {0, 0, 0}};
    cur = next;
  }
  p->msg_len = len;
  return cur;
}

template <bool want>
static inline uint64_t run_of_bulks(weir_parse *p, const uint8_t *&cur, uint64_t most, uint64_t shift) {
  const uint8_t *c = cur, *end = p->data + p->len;
  uintptr_t begin = reinterpret_cast<uintptr_t>(p->data) - shift;  // of the reply, perhaps outside the window
  weir_item *item = p->items + p->sub_len;
  uint64_t left = most;
  for (; left > 0 && end - c >= kLeastReply; --left) {
    const uint8_t *next = bulk(c, end);
    if (!next) break;
    if constexpr (want) *item++ = {reinterpret_cast<uintptr_t>(c) - begin, static_cast<uint64_t>(next - c), 0};
    c = next;
  }
  cur = c;
  return most - left;
}

uint64_t take_bulks(weir_parse *p, const uint8_t *&cur, uint64_t most, uint64_t shift, bool want) {
  if (!want) return run_of_bulks<false>(p, cur, most, shift);
  uint64_t room = p->sub_cap - p->sub_len;  // ReplyParser makes more of it
  uint64_t taken = run_of_bulks<true>(p, cur, most < room ? most : room, shift);
  p->sub_len += static_cast<uint32_t>(taken);
  return taken;
}

}  // namespace weir::redis
