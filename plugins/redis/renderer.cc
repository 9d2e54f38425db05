#include "renderer.h"

#include "arguments.h"
#include "command_table.h"
#include "numbers.h"
#include "pool_cursor.h"
#include "script_resend.h"
#include "select.h"
#include "set_merger.h"
#include "set_renderer.h"
#include "transaction.h"
#include "verdict.h"
#include "writer.h"

namespace weir::redis {

namespace {

constexpr uint64_t kSmall = 512;    // copied rather than named in pieces
constexpr uint64_t kBulkHead = 24;  // "$<n>\r\n" fits
constexpr uint8_t kLineEnd[] = {'\r', '\n'};
constexpr uint64_t kHeadBytes = 64;  // "*<n>\r\n$<n>\r\n<name>\r\n" of a command that can be split fits

bool changed(const weir_render *r, uint32_t key) {
  return r->rekeyed && r->rekeyed[key];
}

void write_key(Writer &w, const weir_bytes &key) {
  w.head('$', key.len).copy(key.ptr, key.len).lit("\r\n");
}

bool is_inline(weir_out *out) {
  const uint8_t *first = out->peek(out, 0, 0, 1);
  return first && *first != '*';
}

// How many arguments travel with each key: itself, or itself and its value.
uint32_t args_per_key(const weir_render *r) {
  return static_cast<uint32_t>(kCommands[r->req->cmd].step);
}

// ---- RESP: what does not change is sent from where it lies
// -------------------------------------------------------------

weir_status split_resp(const weir_scope *scope, const weir_render *r, weir_out *out) {
  Writer w(scope, out);
  if (r->first == 0) {
    uint64_t head = r->keys[0].unit_off < kHeadBytes ? r->keys[0].unit_off : kHeadBytes;
    auto begin = out->peek(out, 0, 0, head);
    auto end = begin ? static_cast<const uint8_t *>(std::memchr(begin, '\n', head)) : nullptr;
    if (!end) return WEIR_E_FAIL;
    uint64_t name = static_cast<uint64_t>(end + 1 - begin);
    w.head('*', 1 + static_cast<uint64_t>(r->pick_count) * args_per_key(r)).ref(0, name, r->keys[0].unit_off - name);
  }
  RefRun run(w);
  for (uint32_t i = r->first, stop = r->first + r->count; i < stop; ++i) {
    const weir_key &key = r->keys[r->pick[i]];
    if (!changed(r, r->pick[i])) {
      run.add(0, key.unit_off, key.unit_len);
      continue;
    }
    run.flush();
    write_key(w, r->key_bytes[r->pick[i]]);
    uint64_t rest = key.off + key.len + 2;
    w.ref(0, rest, key.unit_off + key.unit_len - rest);
  }
  run.flush();
  return w.status();
}

// What most rewritten requests are: small, with one key. False: it is not that, and nothing was written; rekey_resp()
// gives the same.
bool rekey_small(const weir_scope *scope, const weir_render *r, weir_out *out) {
  if (r->pick_count != 1 || r->first != 0 || r->req->size > kSmall || !changed(r, r->pick[0])) return false;
  if (UserWord::unpack(r->req->user).value & kTxRequest) return false;
  const weir_key &key = r->keys[r->pick[0]];
  const weir_bytes &named = r->key_bytes[r->pick[0]];
  if (named.len > kSmall) return false;
  const uint8_t *const message = out->peek(out, 0, 0, r->req->size);
  const uint64_t room = r->req->size + kBulkHead + named.len + 2;
  auto *const text = message ? static_cast<uint8_t *>(scope->arena->alloc(scope->arena, room, 1)) : nullptr;
  if (!text) return false;
  uint8_t digits[kBulkHead];
  const uint8_t *const number = write_decimal(digits + sizeof(digits), named.len);
  uint8_t *to = text;
  const auto put = [&to](const uint8_t *from, uint64_t len) {
    std::memcpy(to, from, len);
    to += len;
  };
  put(message, key.unit_off);
  *to++ = '$';
  put(number, static_cast<uint64_t>(digits + sizeof(digits) - number));
  put(kLineEnd, 2);
  put(named.ptr, named.len);
  const uint64_t rest = uint64_t{key.off} + key.len;  // its own end of line is that of the new one
  put(message + rest, r->req->size - rest);
  return weir_push_mem(out, text, static_cast<uint64_t>(to - text)) == WEIR_OK;
}

weir_status rekey_resp(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out) {
  Writer w(scope, out);
  auto after = [&](uint32_t i) { return r->keys[r->pick[i]].off + r->keys[r->pick[i]].len + 2; };
  uint64_t at = r->first == 0 ? write_script_body(settings, scope, r, out, w) : after(r->first - 1);
  for (uint32_t i = r->first; i < r->first + r->count; ++i) {
    uint32_t key = r->pick[i];
    if (!changed(r, key)) continue;
    w.ref(0, at, r->keys[key].unit_off - at);
    write_key(w, r->key_bytes[key]);
    at = after(i);
  }
  bool last = r->first + r->count == r->pick_count;
  uint64_t end = last ? r->req->size : after(r->first + r->count - 1);
  w.ref(0, at, end - at);
  return w.status();
}

// ---- inline: every word is encoded; the line is at most 64 KiB
// ----------------------------------------------------------

void write_word(Writer &w, const Arguments &args, uint32_t i) {
  w.head('$', args[i].len);
  if (args.in_message(i))
    w.ref(0, args.offset(i), args[i].len);
  else
    w.mem(args[i].ptr, args[i].len);
  w.lit("\r\n");
}

weir_status render_inline(const weir_scope *scope, const weir_render *r, weir_out *out) {
  Arguments args;
  Writer w(scope, out);
  const uint8_t *message = out->peek(out, 0, 0, r->req->size);
  if (!args.read(scope, message, r->req->size, UINT32_MAX - 1)) return message ? WEIR_E_NOMEM : WEIR_E_FAIL;
  bool split = r->purpose == WEIR_RENDER_SPLIT;
  uint32_t width = split ? args_per_key(r) : 1;
  if (r->first == 0) {
    w.head('*', split ? 1 + static_cast<uint64_t>(r->pick_count) * width : args.count());
    write_word(w, args, 0);
  }
  uint32_t at = r->first == 0 ? 1 : r->keys[r->pick[r->first - 1]].arg + width;
  for (uint32_t i = r->first; i < r->first + r->count; ++i) {
    uint32_t arg = r->keys[r->pick[i]].arg;
    for (; !split && at < arg; ++at) write_word(w, args, at);
    write_key(w, r->key_bytes[r->pick[i]]);
    for (uint32_t more = 1; more < width; ++more) write_word(w, args, arg + more);
    at = arg + width;
  }
  bool last = r->first + r->count == r->pick_count;
  for (; !split && last && at < args.count(); ++at) write_word(w, args, at);
  return w.status();
}

// ---- SCAN: the server's own cursor in place of the pool's

weir_status render_scan(const weir_scope *scope, const weir_render *r, weir_out *out) {
  Arguments args;
  Writer w(scope, out);
  const uint8_t *message = out->peek(out, 0, 0, r->req->size);
  if (!args.read(scope, message, r->req->size, UINT32_MAX - 1)) return message ? WEIR_E_NOMEM : WEIR_E_FAIL;
  PoolCursor cursor;
  if (args.count() < 2 || !cursor.read(args[1].ptr, args[1].len)) return WEIR_E_FAIL;
  uint8_t digits[24];
  const uint8_t *begin = write_decimal(digits + sizeof(digits), cursor.at);
  auto len = static_cast<uint64_t>(digits + sizeof(digits) - begin);
  w.head('*', args.count());
  write_word(w, args, 0);
  w.bulk({reinterpret_cast<const char *>(begin), len});
  for (uint32_t i = 2; i < args.count(); ++i) write_word(w, args, i);
  return w.status();
}

// Before a transaction's first command. Before WAIT: whatever a connection sends makes it wait for all that was written
// before.
weir_status render_prelude(const weir_scope *scope, const weir_render *r, weir_out *out) {
  if (UserWord::unpack(r->req->user).value & kTxRequest) return render_transaction(scope, out);
  out->swallow = 1;
  return Writer(scope, out).lit("*1\r\n$4\r\nPING\r\n").status();
}

bool is_rewritten(const weir_render *r) {
  for (uint32_t i = 0; r->rekeyed && i < r->req->key_count; ++i)
    if (r->rekeyed[i]) return true;
  return false;
}

// The reply would come with that of EXEC, which nobody puts right. The server is asked for what it refuses instead, and
// so refuses the transaction, too, whatever of it is on its way already.
bool is_echoed_by_exec(const weir_render *r) {
  bool queued = (UserWord::unpack(r->req->user).value & kTxRequest) != 0;
  return queued && (kCommands[r->req->cmd].flags & kEchoes);
}
weir_status render_refused(const weir_scope *scope, weir_out *out) {
  constexpr std::string_view kRefused = "weir: in a transaction no filter may rewrite keys that replies name";
  return Writer(scope, out).lit("*1\r\n").bulk(kRefused).status();
}

}  // namespace

weir_status render_request(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out) {
  if (r->purpose == WEIR_RENDER_PRELUDE) return render_prelude(scope, r, out);
  if (r->purpose != WEIR_RENDER_SPLIT && r->purpose != WEIR_RENDER_REKEY) return WEIR_E_FAIL;
  if (names_topics(r->req->cmd) && is_rewritten(r)) return WEIR_E_FAIL;
  if (is_echoed_by_exec(r) && is_rewritten(r)) return r->first == 0 ? render_refused(scope, out) : WEIR_OK;
  if (r->req->cmd == kSelectRow && r->req->route == WEIR_ROUTE_ALL) return render_select(settings, scope, r, out);
  if (kCommands[r->req->cmd].policy == Policy::kScan && r->req->flags & WEIR_REQ_TRANSFORM)
    return render_scan(scope, r, out);
  if (r->purpose == WEIR_RENDER_SPLIT && SetMerger::takes(kCommands[r->req->cmd].merge()))
    return render_set_part(scope, r, out);
  if (is_inline(out)) return render_inline(scope, r, out);
  if (r->purpose == WEIR_RENDER_SPLIT) return split_resp(scope, r, out);
  return rekey_small(scope, r, out) ? WEIR_OK : rekey_resp(settings, scope, r, out);
}

}  // namespace weir::redis
