#include "merger.h"

#include <cstring>
#include <string_view>

#include <weir/inline.h>

#include "command_table.h"
#include "key_echo.h"
#include "line_tokens.h"
#include "local_replies.h"
#include "opcode_table.h"
#include "reply_line.h"
#include "reply_parser.h"
#include "request_word.h"
#include "stats_merge.h"

namespace weir::memcache {
namespace {

bool last_slice(const weir_merge *m) {
  return m->first + m->count >= m->key_count;
}
bool answered(const weir_part &part) {
  return part.status == WEIR_PART_OK && part.rsp_count > 0;
}
bool failed(const weir_part &part) {
  return !answered(part) || (part.rsps[0].flags & WEIR_RF_ERROR);
}
uint32_t part_of(const weir_merge *m, uint32_t key) {
  return m->part_of ? m->part_of[key] : 0;
}

const weir_part *first_failed(const weir_merge *m) {
  for (uint32_t i = 0; i < m->part_count; ++i)
    if (failed(m->parts[i])) return &m->parts[i];
  return nullptr;
}

// Why render() cannot encode a request.
constexpr std::string_view kNoKey =
    "a filter made a key that is none: empty, longer than 250 bytes, with blanks, or too long for its line";

// The server's own error line, or words for why there is no reply.
weir_status push_failure(const weir_scope *scope, const weir_merge *m, const weir_part &part, weir_out *out) {
  if (!answered(part) && part.error == WEIR_ERR_INTERNAL && client_keys(m)) {
    const weir_bytes why = {reinterpret_cast<const uint8_t *>(kNoKey.data()), kNoKey.size()};
    return answer_failure(scope, m->req, part.error, why, out);
  }
  if (!answered(part)) return answer_failure(scope, m->req, part.error, {}, out);
  auto src = static_cast<uint32_t>(&part - m->parts) + 1;
  const weir_rsp &rsp = part.rsps[0];
  return weir_push_ref(out, src, rsp.user, rsp.size - rsp.user);  // user: where its last line begins
}

// Nothing to join: the first failure, or else the first reply as it is.
weir_status one_of(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (m->first != 0 || m->part_count == 0) return WEIR_OK;
  const weir_part *bad = first_failed(m);
  return bad ? push_failure(scope, m, *bad, out) : weir_push_ref(out, 1, 0, m->parts[0].rsps[0].size);
}

// A meta command's reply, unless it is one that a server would have kept to itself.
weir_status one_meta(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (m->part_count == 1 && answered(m->parts[0]) && unpack(m->req->user).left_out) {
    const uint8_t *code = out->peek(out, 1, 0, 2);
    if (code && is_kept_quiet(m->req->cmd, {reinterpret_cast<const char *>(code), 2})) return WEIR_OK;
  }
  if (m->part_count == 1 && !failed(m->parts[0]) && client_keys(m)) return push_meta_renamed(scope, m, out);
  return one_of(scope, m, out);
}

// The reply to a packet: the first that failed, or else the first. A quiet one went out as its loud form, and the
// client is told what a server would have told it.
weir_status one_packet(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  const weir_part *bad = first_failed(m);
  const weir_part &part = bad ? *bad : m->parts[0];
  if (!answered(part)) return push_failure(scope, m, part, out);
  const auto src = static_cast<uint32_t>(&part - m->parts) + 1;
  const uint64_t at = part.rsps[0].user;  // of its last packet
  const uint8_t *header = out->peek(out, src, at, kHeader);
  auto *own = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, kHeader, 1));
  if (!header || !own) return header ? WEIR_E_NOMEM : WEIR_E_FAIL;
  const PacketWord word = unpack_packet(m->req->user);
  const Hides hides = opcode_row(word.opcode).hides;
  if (hides != Hides::kNothing && read_packet(header).status == (hides == Hides::kMiss ? kStatusNotFound : kStatusOk))
    return WEIR_OK;
  std::memcpy(own, header, kHeader);
  own[kOpcodeAt] = word.opcode;
  if (client_keys(m)) return push_packet_renamed(scope, m, src, at, part.rsps[0].size - at, own, out);
  weir_status st = weir_push_mem(out, own, kHeader);
  return st == WEIR_OK ? weir_push_ref(out, src, at + kHeader, part.rsps[0].size - at - kHeader) : st;
}

bool all_taken(const weir_merge *m, const Lane *lanes) {
  for (uint32_t i = 0; i < m->part_count; ++i)
    if (lanes[i].next != lanes[i].end) return false;
  return true;
}

// One VALUE block as the server sent it; one that follows the block before in the same reply makes that longer.
[[gnu::always_inline]] inline weir_status push_block(uint32_t src, const weir_item &item, uint32_t first_seg,
                                                     weir_out *out) {
  const uint32_t len = out->len;
  weir_seg *before = len > first_seg ? &out->segs[len - 1] : nullptr;
  if (before && before->src == src && before->off + before->len == item.off) {
    before->len += item.len;
    return WEIR_OK;
  }
  if (len == out->cap) return weir_push_ref(out, src, item.off, item.len);
  out->segs[len] = {WEIR_SEG_REF, src, nullptr, item.off, item.len};
  out->len = len + 1;
  return WEIR_OK;
}

// The values of the keys under way, each with the key the server knows it by.
weir_status push_values(const weir_merge *m, Lane *lanes, weir_out *out) {
  const uint32_t before = out->len, *part_of_key = m->part_of ? m->part_of + m->first : nullptr;
  const weir_bytes *key = m->key_bytes + m->first, *const end = key + m->count;
  for (; key < end; ++key) {
    const uint32_t part = part_of_key ? *part_of_key++ : 0;
    const weir_item *item = take_value(lanes[part], part + 1, *key, out);
    if (!item) continue;
    if (weir_status st = push_block(part + 1, *item, before, out); st != WEIR_OK) return st;
  }
  return WEIR_OK;
}

// The same with the client's own keys, which a filter rewrote: replies repeat the key, and a client that asked for "a"
// does not know what to do with "v2:a".
weir_status push_own_values(const weir_scope *scope, const weir_merge *m, Lane *lanes, weir_out *out) {
  const uint32_t before = out->len;
  for (uint32_t key = m->first; key < m->first + m->count; ++key) {
    const uint32_t part = part_of(m, key);
    const weir_bytes own = m->client_keys[key], &sent = m->key_bytes[key];
    const weir_item *item = take_value(lanes[part], part + 1, sent, out);
    if (!item) continue;
    const bool same = own.len == sent.len && std::memcmp(own.ptr, sent.ptr, sent.len) == 0;
    weir_status st = same ? push_block(part + 1, *item, before, out) : push_renamed(scope, part + 1, *item, own, out);
    if (st != WEIR_OK) return st;
  }
  return WEIR_OK;
}

// Whether it asks for one key in words, the value of which may be named anew.
bool is_one_value(const weir_merge *m) {
  const Shape shape = command(m->req->cmd).shape;
  return m->key_count == 1 && (shape == Shape::kGet || shape == Shape::kGat) && !is_binary(m->req->user);
}

constexpr std::string_view kStranger = "a server answered with a key it was not asked for";

}  // namespace

weir_status Merger::merge(const weir_scope *scope, const Settings &settings, const weir_merge *m, weir_out *out) {
  if (is_one_value(m) && push_usual_renamed(scope, m, out)) return WEIR_OK;
  const bool all_answered = !first_failed(m);
  if (all_answered && m->part_count > 0 && m->req->cmd == kStats && stats_kind(m->req->user) != StatsKind::kAction)
    return merge_stats(scope, m, out);
  if (is_binary(m->req->user)) return m->part_count > 0 ? one_packet(scope, m, out) : WEIR_E_FAIL;
  Shape shape = command(m->req->cmd).shape;
  if (is_meta(shape)) return one_meta(scope, m, out);
  bool has_values = (shape == Shape::kGet || shape == Shape::kGat) && m->key_bytes;
  return has_values ? values(scope, settings, m, out) : one_of(scope, m, out);
}

weir_status Merger::values(const weir_scope *scope, const Settings &settings, const weir_merge *m, weir_out *out) {
  if (const weir_part *bad = first_failed(m); bad && !settings.failed_shard_is_miss)
    return m->first == 0 ? push_failure(scope, m, *bad, out) : WEIR_OK;
  Cursor cursor = recall(scope, m, out);
  if (!cursor.lanes) return WEIR_E_NOMEM;
  const uint32_t before = out->len;
  weir_status st = client_keys(m) ? push_own_values(scope, m, cursor.lanes, out) : push_values(m, cursor.lanes, out);
  if (st != WEIR_OK) return st;
  if (!last_slice(m)) {
    remember(m, cursor);
    return WEIR_OK;
  }
  if (all_taken(m, cursor.lanes)) return weir_push_lit(out, "END\r\n", 5);
  out->len = before;
  weir_bytes why = {reinterpret_cast<const uint8_t *>(kStranger.data()), kStranger.size()};
  return answer_error(scope, WEIR_ERR_UPSTREAM, why, out);
}

Merger::Stand *Merger::find(const weir_merge *m) {
  for (Stand &stand : stands_)
    if (stand.parts == m->parts && stand.req == m->req) return &stand;
  return nullptr;
}

// Where the slices before this one stopped.
Merger::Cursor Merger::recall(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  Cursor cursor;
  const uint64_t size = sizeof(Lane) * (m->part_count ? m->part_count : 1);
  cursor.lanes = static_cast<Lane *>(scope->arena->alloc(scope->arena, size, alignof(Lane)));
  if (!cursor.lanes) return cursor;
  for (uint32_t i = 0; i < m->part_count; ++i) {
    const weir_part &part = m->parts[i];
    const uint32_t values = failed(part) ? 0 : part.item_count;
    cursor.lanes[i] = {part.items, values ? part.items + values : part.items, nullptr, 0, 0};
  }
  if (m->first == 0 && last_slice(m)) return cursor;
  Stand *stand = find(m);
  bool known = stand && m->first != 0 && stand->first == m->first && stand->key_count == m->key_count &&
               stand->next.size() == m->part_count;
  if (known) {
    for (uint32_t i = 0; i < m->part_count; ++i)
      if (stand->next[i]) cursor.lanes[i].next += stand->next[i];
  } else {  // forgotten, or never known: walk there again
    for (uint32_t key = 0; key < m->first; ++key)
      take_value(cursor.lanes[part_of(m, key)], part_of(m, key) + 1, m->key_bytes[key], out);
  }
  // Another merge may get this one's addresses; it begins at 0, and so finds nothing of this one.
  if (stand) stand->parts = nullptr;
  return cursor;
}

void Merger::remember(const weir_merge *m, const Cursor &cursor) {
  Stand *place = &stands_[0];
  for (Stand &stand : stands_) {
    if (!stand.parts) {
      place = &stand;
      break;
    }
    if (clock_ - stand.age > clock_ - place->age) place = &stand;
  }
  place->parts = m->parts;
  place->req = m->req;
  place->first = m->first + m->count;
  place->key_count = m->key_count;
  place->age = clock_++;
  place->next.resize(m->part_count);
  for (uint32_t i = 0; i < m->part_count; ++i)
    place->next[i] = static_cast<uint32_t>(cursor.lanes[i].next - m->parts[i].items);
}

}  // namespace weir::memcache
