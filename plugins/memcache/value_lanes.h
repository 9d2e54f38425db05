// Which value of which server belongs to which key: one lane a server, each value in it taken once, in order. For one
// call of merge().
#pragma once

#include <cstring>

#include <weir/out.h>
#include <weir/protocol.h>

#include "reply_parser.h"

namespace weir::memcache {

// A server's values and a view of its reply around the next one. Lanes of a failed server are empty.
struct Lane {
  const weir_item *next, *end;
  const uint8_t *view;  // the byte at view_from
  uint64_t view_from, view_to;
};

inline bool same_bytes(const uint8_t *a, const uint8_t *b, uint32_t len) {
  uint64_t x, y;
  if (len < sizeof(x)) {
    while (len > 0 && a[len - 1] == b[len - 1]) --len;
    return len == 0;
  }
  const uint8_t *const last = a + len - sizeof(x);  // compared in any case; perhaps a second time
  const uint8_t *const other = b + len - sizeof(x);
  for (; a < last; a += sizeof(x), b += sizeof(x)) {
    std::memcpy(&x, a, sizeof(x));
    std::memcpy(&y, b, sizeof(y));
    if (x != y) return false;
  }
  std::memcpy(&x, last, sizeof(x));
  std::memcpy(&y, other, sizeof(y));
  return x == y;
}

// Shows the key of the lane's next value. A view covers the values that begin in its first kView bytes: small ones
// share it, and a large one is not asked for whole.
[[gnu::noinline]] inline bool renew_view(Lane &lane, uint32_t src, weir_out *out) {
  constexpr uint64_t kView = 4096;
  const weir_item &item = *lane.next, &last = lane.end[-1];
  const uint64_t key_end = item.off + key_off_of(item) + key_len_of(item);
  uint64_t to = last.off + key_off_of(last) + key_len_of(last);
  if (to > key_end && to - item.off > kView) to = key_end > item.off + kView ? key_end : item.off + kView;
  if (to < key_end) return false;
  lane.view = out->peek(out, src, item.off, to - item.off);
  lane.view_from = item.off;
  lane.view_to = lane.view ? to : item.off;
  return lane.view != nullptr;
}

// The lane's next value when it is the key's, which is then taken; else nullptr. Misses have none, so it is the key
// that tells.
[[gnu::always_inline]] inline const weir_item *take_value(Lane &lane, uint32_t src, const weir_bytes &key,
                                                          weir_out *out) {
  const weir_item *item = lane.next;
  if (item == lane.end || key_len_of(*item) != key.len) return nullptr;
  const uint64_t at = item->off + key_off_of(*item);
  if (at + key.len > lane.view_to && !renew_view(lane, src, out)) return nullptr;
  if (!same_bytes(lane.view + (at - lane.view_from), key.ptr, static_cast<uint32_t>(key.len))) return nullptr;
  lane.next = item + 1;
  return item;
}

}  // namespace weir::memcache
