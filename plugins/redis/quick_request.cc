#include "quick_request.h"

#include "command_lookup.h"
#include "key_plans.h"
#include "short_names.h"
#include "small_header.h"

namespace weir::redis {

namespace {

constexpr int64_t kLeastRequest = 17;  // "*2\r\n$1\r\nx\r\n$0\r\n\r\n"

uint64_t load64(const uint8_t *c) {
  uint64_t word;
  std::memcpy(&word, c, sizeof word);
  return word;
}

// Where keys and requests go; growing for many keys may leave less room for requests. Kept on the stack: as long as it
// does not leave a function, it stays in registers.
struct Keys {
  weir_parse *p;
  weir_key *next, *stop;
  weir_req *req, *req_stop;

  explicit Keys(weir_parse *parse)
      : p(parse),
        next(p->keys + p->sub_len),
        stop(p->keys + p->sub_cap),
        req(p->reqs + p->msg_len),
        req_stop(p->reqs + p->msg_cap) {}
  void keep() {
    p->sub_len = static_cast<uint32_t>(next - p->keys);
    p->msg_len = static_cast<uint32_t>(req - p->reqs);
  }
  // begin: of the request; [unit, unit_end): what travels with the key.
  bool push(Bulk key, uint32_t arg, const uint8_t *begin, const uint8_t *unit, const uint8_t *unit_end) {
    if (next == stop) [[unlikely]] {
      keep();
      if (p->grow_sub(p, 1) != WEIR_OK) return false;  // RequestParser will meet the limit again, and report it
      *this = Keys(p);
    }
    *next++ = {static_cast<uint64_t>(key.payload - begin), static_cast<uint32_t>(key.len), arg,
               static_cast<uint64_t>(unit - begin), static_cast<uint64_t>(unit_end - unit)};
    return true;
  }
};

// "*3\r\n$3\r\nSET\r\n": how many arguments, which command, and where the next argument begins.
struct Head {
  uint32_t argc, row;
  const uint8_t *next;  // nullptr: not plain, or not whole
};

// A header of a shape that short_head() does not know.
[[gnu::noinline]] Head long_head(const uint8_t *c, const uint8_t *end) {
  Length argc = header_at<'*'>(c, end);
  Bulk name = argc.next && argc.value <= INT32_MAX ? bulk_at(argc.next, end) : Bulk{};
  if (!name.payload) return {0, 0, nullptr};
  return {static_cast<uint32_t>(argc.value), find_command(name.payload, name.len), name.next};
}

// Up to nine arguments and a name of up to eight bytes: two loads show all of it.
inline Head head_of(const uint8_t *c, const uint8_t *end) {
  constexpr uint64_t kDigits = 0x0000FF000000FF00;
  constexpr uint64_t kFrame = 0x0A0D00240A0D002A;  // "*?\r\n$?\r\n"
  uint64_t word = load64(c);
  uint32_t argc = (word >> 8 & 0xFF) - '0';
  uint64_t len = (word >> 40 & 0xFF) - '0';
  if ((word & ~kDigits) != kFrame || argc > 9 || len - 1 >= kShortName) [[unlikely]]
    return long_head(c, end);
  return {argc, find_short(fold_short(load64(c + 8), len)), c + 8 + len + 2};
}

// Passes over arguments [i, argc).
inline const uint8_t *pass(const uint8_t *c, const uint8_t *end, uint32_t i, uint32_t argc) {
  for (; i < argc; ++i) {
    Bulk arg = bulk_at(c, end);
    if (!arg.payload) return nullptr;
    c = arg.next;
  }
  return c;
}

// Argument 1 is the key, and the only one. begin: of the request; c: of the argument. Returns the request's end.
inline const uint8_t *one_key(Keys &keys, uint32_t argc, const uint8_t *begin, const uint8_t *c, const uint8_t *end) {
  Bulk key = bulk_at(c, end);
  if (!key.payload) return nullptr;
  const uint8_t *stop = pass(key.next, end, 2, argc);
  return stop && keys.push(key, 1, begin, c, key.next) ? stop : nullptr;
}

// Keys [i, last], each with the value behind it if they come in pairs. wide: the value travels with its key.
template <bool pairs>
inline const uint8_t *run_of_keys(Keys &keys, uint32_t i, uint32_t last, bool wide, const uint8_t *begin,
                                  const uint8_t *c, const uint8_t *end) {
  while (i <= last) {
    Bulk key = bulk_at(c, end);
    if (!key.payload) return nullptr;
    const uint8_t *next = key.next, *stop = next;
    if constexpr (pairs) {
      Bulk value = bulk_at(next, end);
      if (!value.payload) return nullptr;
      next = value.next;
      stop = wide ? next : stop;
    }
    if (!keys.push(key, i, begin, c, stop)) return nullptr;
    c = next;
    i += pairs ? 2 : 1;
  }
  return c;
}

// Any number of keys, and what stands between and behind them. c: argument 1.
[[gnu::noinline]] const uint8_t *many_keys(weir_parse *p, const KeyPlan &plan, uint32_t argc, const uint8_t *begin,
                                           const uint8_t *c) {
  const uint8_t *end = p->data + p->len;
  Keys keys(p);
  uint32_t first = plan.first;
  uint32_t last = plan.last >= 0 ? static_cast<uint32_t>(plan.last) : argc - static_cast<uint32_t>(-plan.last);
  c = pass(c, end, 1, first);
  if (!c) return nullptr;
  bool wide = plan.route == WEIR_ROUTE_SPLIT;
  c = plan.pairs ? run_of_keys<true>(keys, first, last, wide, begin, c, end)
                 : run_of_keys<false>(keys, first, last, wide, begin, c, end);
  if (c) c = pass(c, end, last + 1 + plan.pairs, argc);
  if (c) keys.keep();
  return c;
}

// One request at `begin`. Returns its end; nullptr: not plain, or not whole.
inline const uint8_t *take_one(Keys &keys, const uint8_t *begin, const uint8_t *end) {
  if (end - begin < kLeastRequest) return nullptr;
  Head head = head_of(begin, end);
  const KeyPlan &plan = kKeyPlans[head.row];
  if (!head.next || head.argc - plan.fewest > plan.more) return nullptr;
  const uint8_t *stop = nullptr;
  uint32_t key_count = 1;
  if (plan.one_key()) [[likely]] {
    stop = one_key(keys, head.argc, begin, head.next, end);
  } else if (!plan.pairs || head.argc % 2) {
    keys.keep();
    uint32_t before = keys.p->sub_len;
    stop = many_keys(keys.p, plan, head.argc, begin, head.next);
    if (!stop) keys.p->sub_len = before;
    key_count = keys.p->sub_len - before;
    keys = Keys(keys.p);
  }
  if (!stop) return nullptr;
  *keys.req = {.size = static_cast<uint64_t>(stop - begin),
               .tag = 0,
               .user = 0,  // Verdict::kRun, no subcommand
               .profile = 0,
               .key_count = key_count,
               .cmd = static_cast<uint16_t>(head.row),
               .route = plan.route,
               .reply = WEIR_REPLY_EXACT,
               .flags = plan.req_flags,
               .replies = 0,
               .route_arg = 0,
               .timeout_ms = 0,
               .reserved = 0};
  return stop;
}

// All requests of a call have the same: what changes it ends the call.
[[gnu::noinline, gnu::cold]] void stamp(weir_parse *p, uint64_t profile) {
  for (uint32_t i = 0; i < p->msg_len; ++i) p->reqs[i].profile = profile;
}

}  // namespace

const uint8_t *take_plain_requests(weir_parse *p, const uint8_t *cur, uint64_t profile) {
  const uint8_t *end = p->data + p->len;
  Keys keys(p);
  for (; keys.req < keys.req_stop; ++keys.req) {
    const uint8_t *next = take_one(keys, cur, end);
    if (!next) break;
    cur = next;
  }
  keys.keep();
  if (profile != 0) [[unlikely]]
    stamp(p, profile);
  return cur;
}

}  // namespace weir::redis
