#include "key_echo.h"

#include <weir/inline.h>

#include <cstring>

#include "base64.h"
#include "command_table.h"
#include "line_tokens.h"
#include "reply_parser.h"
#include "value_lanes.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kSmallReply = 512;  // copied rather than named in pieces

bool same(weir_bytes a, weir_bytes b) {
  return a.len == b.len && (a.len == 0 || std::memcmp(a.ptr, b.ptr, a.len) == 0);
}

weir_status push_copy(const weir_scope *scope, const uint8_t *ptr, uint64_t len, weir_out *out) {
  if (len == 0) return WEIR_OK;
  auto *copy = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, len, 1));
  if (!copy) return WEIR_E_NOMEM;
  std::memcpy(copy, ptr, len);
  return weir_push_mem(out, copy, len);
}

// Where a meta reply's line names the key: [from, to) in it, and whether that is base64, with a "b" behind it.
struct Named {
  const uint8_t *from = nullptr, *to = nullptr;
  bool coded = false, has_b = false;
};

bool says(const uint8_t *from, const uint8_t *to, bool coded, weir_bytes key) {
  const auto len = static_cast<uint64_t>(to - from);
  if (!coded) return same({from, len}, key);
  uint8_t plain[kMaxKey];
  return len <= kMaxKey && same({plain, decode_base64(from, static_cast<uint32_t>(len), plain)}, key);
}

Named find_name(bool is_debug, const uint8_t *line, const uint8_t *end, weir_bytes key) {
  const uint8_t *p = line;
  for (uint32_t at = 0; p < end;) {
    const uint8_t *stop = word_end(p, end);
    if (stop == p) {
      ++p;
      continue;
    }
    Named found;
    found.from = is_debug ? p : p + 1;
    found.to = stop;
    found.has_b = end - stop >= 2 && stop[0] == ' ' && stop[1] == 'b' && (end - stop == 2 || stop[2] == ' ');
    found.coded = found.has_b;
    const bool named = is_debug ? at == 1 : at > 0 && *p == 'k';
    ++at;
    if (named && says(found.from, stop, found.coded, key)) return found;
    if (named && is_debug && says(found.from, stop, true, key)) {  // ME says nothing of the encoding
      found.coded = true;
      return found;
    }
    p = stop < end ? stop + 1 : stop;
  }
  return {};
}

bool is_word(weir_bytes key) {
  for (uint64_t i = 0; i < key.len; ++i)
    if (key.ptr[i] <= ' ') return false;
  return key.len > 0;
}

}  // namespace

weir_status push_renamed(const weir_scope *scope, uint32_t src, const weir_item &item, weir_bytes own, weir_out *out) {
  const uint64_t name_end = static_cast<uint64_t>(key_off_of(item)) + key_len_of(item);
  weir_status st = weir_push_ref(out, src, item.off, key_off_of(item));
  if (st == WEIR_OK) st = push_copy(scope, own.ptr, own.len, out);
  return st == WEIR_OK ? weir_push_ref(out, src, item.off + name_end, item.len - name_end) : st;
}

bool push_usual_renamed(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (m->part_count != 1 || m->key_count != 1 || m->first != 0 || m->count != 1 || !m->client_keys) return false;
  const weir_part &part = m->parts[0];
  if (part.status != WEIR_PART_OK || part.rsp_count != 1 || part.rsps[0].flags != 0 || part.item_count > 1)
    return false;
  if (part.item_count == 0) return weir_push_lit(out, "END\r\n", kEndLine) == WEIR_OK;
  const weir_item &item = part.items[0];
  const weir_bytes sent = m->key_bytes[0], own = m->client_keys[0];
  const uint64_t key_off = key_off_of(item), rest_at = key_off + key_len_of(item);
  if (item.len > kSmallReply || key_len_of(item) != sent.len || own.len > kMaxKey) return false;
  const uint8_t *const value = out->peek(out, 1, item.off, item.len);
  if (!value || !same_bytes(value + key_off, sent.ptr, static_cast<uint32_t>(sent.len))) return false;
  const uint64_t rest = item.len - rest_at, len = key_off + own.len + rest + kEndLine;
  auto *const text = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, len, 1));
  if (!text) return false;
  std::memcpy(text, value, key_off);
  std::memcpy(text + key_off, own.ptr, own.len);
  std::memcpy(text + key_off + own.len, value + rest_at, rest);
  std::memcpy(text + len - kEndLine, "END\r\n", kEndLine);
  return weir_push_mem(out, text, len) == WEIR_OK;
}

// A server names a key in the form in which the item was stored. The client gets that form, too, unless it is weir that
// chose it, or its key cannot be written so.
weir_status push_meta_renamed(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  const uint64_t size = m->parts[0].rsps[0].size;
  const uint8_t *line = out->peek(out, 1, 0, size < kMaxLine + 2 ? size : kMaxLine + 2);
  const auto *feed = line ? static_cast<const uint8_t *>(
                                std::memchr(line, '\n', static_cast<size_t>(size < kMaxLine + 2 ? size : kMaxLine + 2)))
                          : nullptr;
  if (!feed || feed == line) return weir_push_ref(out, 1, 0, size);
  const weir_bytes sent = m->key_bytes[0], own = client_keys(m)[0];
  const bool is_debug = m->req->cmd == kMe;
  const Named named = find_name(is_debug, line, feed - 1, sent);
  if (!named.from) return weir_push_ref(out, 1, 0, size);
  const bool client_codes = (m->req->flags & WEIR_REQ_CODED_KEYS) != 0;
  const bool coded = client_codes ? named.coded || !is_word(own) : named.coded && is_word(sent);
  weir_status st = weir_push_ref(out, 1, 0, static_cast<uint64_t>(named.from - line));
  if (coded) {
    const uint32_t len = base64_size(own.len);
    auto *text = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, len + 1, 1));
    if (!text) return WEIR_E_NOMEM;
    encode_base64(own.ptr, own.len, text);
    if (st == WEIR_OK) st = weir_push_mem(out, text, len);
    if (st == WEIR_OK && !is_debug) st = weir_push_lit(out, " b", 2);
  } else if (st == WEIR_OK) {
    st = push_copy(scope, own.ptr, own.len, out);
  }
  const uint64_t rest = static_cast<uint64_t>(named.to - line) + (named.has_b ? 2 : 0);
  return st == WEIR_OK ? weir_push_ref(out, 1, rest, size - rest) : st;
}

weir_status push_packet_renamed(const weir_scope *scope, const weir_merge *m, uint32_t src, uint64_t at, uint64_t size,
                                uint8_t *head, weir_out *out) {
  const Packet packet = read_packet(head);
  const weir_bytes own = client_keys(m)[0];
  const uint64_t key_at = uint64_t{kHeader} + packet.extras, value_at = key_at + packet.key;
  const uint8_t *key = packet.key > 0 && value_at <= size ? out->peek(out, src, at + key_at, packet.key) : nullptr;
  if (!key || !same({key, packet.key}, m->key_bytes[0])) {
    weir_status st = weir_push_mem(out, head, kHeader);
    return st == WEIR_OK ? weir_push_ref(out, src, at + kHeader, size - kHeader) : st;
  }
  store_be16(head + 2, static_cast<uint32_t>(own.len));
  store_be32(head + 8, packet.body - packet.key + static_cast<uint32_t>(own.len));
  weir_status st = weir_push_mem(out, head, kHeader);
  if (st == WEIR_OK) st = weir_push_ref(out, src, at + kHeader, packet.extras);
  if (st == WEIR_OK) st = push_copy(scope, own.ptr, own.len, out);
  return st == WEIR_OK ? weir_push_ref(out, src, at + value_at, size - value_at) : st;
}

}  // namespace weir::memcache
