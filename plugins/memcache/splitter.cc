#include "splitter.h"

#include <algorithm>
#include <cstring>

#include <weir/inline.h>

#include "base64.h"
#include "command_table.h"
#include "line_tokens.h"
#include "meta_line.h"
#include "packet_renderer.h"
#include "request_word.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kSmall = 512;  // copied rather than named in pieces

bool rewritten(const weir_render *r, uint32_t key) {
  return r->rekeyed && r->rekeyed[key];
}

// Whether one of eight bytes is a blank or a control character.
bool has_blank(const uint8_t *bytes) {
  constexpr uint64_t kEach = 0x0101010101010101;
  uint64_t word;
  std::memcpy(&word, bytes, sizeof(word));
  return ((word - kEach * (' ' + 1)) & ~word & (kEach << 7)) != 0;
}

// What a filter made of a key must still be one word: a blank in it would be another command on a shared connection.
bool is_key(weir_bytes key) {
  if (key.len == 0 || key.len > kMaxKey) return false;
  const uint8_t *p = key.ptr, *const end = p + key.len;
  if (key.len < sizeof(uint64_t)) return std::all_of(p, end, [](uint8_t byte) { return byte > ' '; });
  for (; end - p > int64_t{sizeof(uint64_t)}; p += sizeof(uint64_t))
    if (has_blank(p)) return false;
  return !has_blank(end - sizeof(uint64_t));
}

// A line over kMaxLine costs the server connection, unless it is a get, and only rewritten keys can make it that long.
bool too_long(const weir_render *r, weir_out *out) {
  const Shape shape = command(r->req->cmd).shape;
  if (!r->rekeyed || is_binary(r->req->user) || shape == Shape::kGet || r->req->key_count == 0) return false;
  if (shape != Shape::kGat) {
    const uint64_t seen = r->req->size < kMaxLine + 1 ? r->req->size : kMaxLine + 1;
    const uint8_t *line = out->peek(out, 0, 0, seen);
    const void *feed = line ? std::memchr(line, '\n', seen) : nullptr;
    if (!feed) return true;
    const auto len = static_cast<uint64_t>(static_cast<const uint8_t *>(feed) - line);
    return len - r->keys[0].len + base64_size(r->key_bytes[0].len) + 2 > kMaxLine;
  }
  uint64_t len = r->keys[0].off;
  for (uint32_t i = 0; i < r->pick_count; ++i) len += r->key_bytes[r->pick[i]].len + 1;
  return len > kMaxLine;
}

// What most rewritten requests are: small, with one key in words, and sent as they are but for that. False: it is not
// that, and nothing was pushed; Splitter gives the same.
bool put_small(const weir_scope *scope, const weir_render *r, weir_out *out) {
  const weir_req &req = *r->req;
  if (req.key_count != 1 || req.size > kSmall || (req.flags & WEIR_REQ_CODED_KEYS) || !rewritten(r, 0)) return false;
  const weir_key &key = r->keys[0];
  const weir_bytes named = r->key_bytes[0];
  const uint64_t rest_at = uint64_t{key.off} + key.len;
  if (!is_key(named) || unpack(req.user).left_out) return false;
  const uint8_t *const message = out->peek(out, 0, 0, req.size);
  const uint64_t len = req.size - key.len + named.len;
  auto *const text = message ? static_cast<uint8_t *>(scope->arena->alloc(scope->arena, len, 1)) : nullptr;
  if (!text) return false;
  std::memcpy(text, message, key.off);
  std::memcpy(text + key.off, named.ptr, named.len);
  std::memcpy(text + key.off + named.len, message + rest_at, req.size - rest_at);
  return weir_push_mem(out, text, len) == WEIR_OK;
}

class Splitter {
 public:
  Splitter(const weir_scope *scope, const weir_render *r, weir_out *out) : arena_(scope->arena), r_(r), out_(out) {}

  // "<name>[ <exptime>] k1 k2...\r\n": runs of neighbours go as they stand in the request, each with the space before.
  weir_status split() {
    if (r_->first == 0) ref(r_->keys[0].arg, r_->keys[0].off - 1);
    if (r_->rekeyed)
      for (uint32_t i = r_->first; i < r_->first + r_->count && status_ == WEIR_OK; ++i) put_key(r_->pick[i]);
    else
      put_keys();
    flush();
    if (r_->first + r_->count == r_->pick_count) lit("\r\n", 2);
    return status_;
  }

  // The request as it is, but for rewritten keys and "noreply".
  weir_status whole() {
    const RequestWord word = unpack(r_->req->user);
    uint32_t total = r_->req->key_count;
    bool sliced = r_->pick_count != 0;
    uint32_t from = sliced ? r_->first : 0, to = sliced ? r_->first + r_->count : total;
    uint64_t at = from == 0 ? 0 : end_of(from - 1);
    for (uint32_t i = from; i < to && status_ == WEIR_OK; ++i) {
      if (!rewritten(r_, i)) continue;
      ref(at, r_->keys[i].off);
      at = needs_coding(i) ? newly_coded(i) : (key_mem(i), end_of(i));
    }
    if (to < total) {
      ref(at, end_of(to - 1));
      return status_;
    }
    if (word.left_out) {
      // Its space goes, too, unless that would make an end of line of a key's last byte.
      const uint8_t *before = out_->peek(out_, 0, word.left_out - 2, 1);
      ref(at, word.left_out - (before && *before != '\r'));
      at = word.left_out + (is_meta(command(r_->req->cmd).shape) ? 1 : kNoReplyLen);
    }
    ref(at, r_->req->size);
    return status_;
  }

 private:
  uint64_t end_of(uint32_t key) const { return r_->keys[key].off + r_->keys[key].len; }
  void keep(weir_status st) {
    if (status_ == WEIR_OK) status_ = st;
  }
  void ref(uint64_t from, uint64_t to) { keep(weir_push_ref(out_, 0, from, to - from)); }
  void lit(const char *text, uint64_t len) { keep(weir_push_lit(out_, text, len)); }
  void key_mem(uint32_t key) {
    weir_bytes bytes = r_->key_bytes[key];
    if (r_->req->flags & WEIR_REQ_CODED_KEYS) return coded_key(bytes);
    if (!is_key(bytes)) return keep(WEIR_E_FAIL);
    void *copy = arena_->alloc(arena_, bytes.len, 1);  // who made the key keeps it for this call only
    if (!copy) return keep(WEIR_E_NOMEM);
    std::memcpy(copy, bytes.ptr, bytes.len);
    keep(weir_push_mem(out_, static_cast<uint8_t *>(copy), bytes.len));
  }
  // A key that is no word, of a meta command: it goes in base64, and the line says so.
  bool needs_coding(uint32_t key) const {
    const bool meta = is_meta(command(r_->req->cmd).shape) && (r_->req->flags & WEIR_REQ_CODED_KEYS) == 0;
    return meta && r_->key_bytes[key].len > 0 && !is_key(r_->key_bytes[key]);
  }
  // Flags stand behind the key, or behind the size of an ms. Returns up to where the request is written.
  uint64_t newly_coded(uint32_t key) {
    uint64_t at = end_of(key);
    const uint64_t left = r_->req->size, seen = left < kMaxLine + 1 ? left : kMaxLine + 1;
    const uint8_t *line = out_->peek(out_, 0, 0, seen);
    const auto *feed = line ? static_cast<const uint8_t *>(std::memchr(line, '\n', seen)) : nullptr;
    if (!feed || feed == line) return keep(WEIR_E_FAIL), at;
    const uint8_t *end = feed[-1] == '\r' ? feed - 1 : feed;
    const MetaLine meta = read_meta_line(r_->req->cmd, line, end);
    if (meta.words + 1 >= kTooManyMetaWords) return keep(WEIR_E_FAIL), at;
    coded_key(r_->key_bytes[key]);
    if (r_->req->cmd == kMs) {
      const auto size_end = static_cast<uint64_t>(meta.size.ptr + meta.size.len - line);
      ref(at, size_end);
      at = size_end;
    }
    lit(" b", 2);
    return at;
  }
  void coded_key(weir_bytes bytes) {
    const uint32_t len = base64_size(bytes.len);
    if (bytes.len == 0 || len > kMaxKey) return keep(WEIR_E_FAIL);
    auto *text = static_cast<uint8_t *>(arena_->alloc(arena_, len, 1));
    if (!text) return keep(WEIR_E_NOMEM);
    encode_base64(bytes.ptr, bytes.len, text);
    keep(weir_push_mem(out_, text, len));
  }
  void flush() {
    if (run_to_ > run_from_) ref(run_from_, run_to_);
    run_from_ = run_to_ = 0;
  }
  // put_key() for all picks when none is rewritten.
  void put_keys() {
    uint64_t from = 0, to = 0;
    for (const uint32_t *pick = r_->pick + r_->first, *end = pick + r_->count; pick < end; ++pick) {
      const weir_key &key = r_->keys[*pick];
      if (key.off - 1 != to) {
        if (to) ref(from, to);
        if (status_ != WEIR_OK) return;
        from = key.off - 1;
      }
      to = key.off + key.len;
    }
    if (to) ref(from, to);
  }
  void put_key(uint32_t key) {
    if (rewritten(r_, key)) {
      flush();
      lit(" ", 1);
      return key_mem(key);
    }
    uint64_t from = r_->keys[key].off - 1;  // a space: keys are words
    if (from != run_to_ || run_to_ == 0) {
      flush();
      run_from_ = from;
    }
    run_to_ = end_of(key);
  }

  weir_arena *arena_;
  const weir_render *r_;
  weir_out *out_;
  weir_status status_ = WEIR_OK;
  uint64_t run_from_ = 0, run_to_ = 0;  // of the request, not written yet
};

}  // namespace

weir_status render_request(const weir_scope *scope, const weir_render *r, weir_out *out) {
  if (too_long(r, out)) return WEIR_E_LIMIT;
  switch (r->purpose) {
    case WEIR_RENDER_SPLIT:
      return Splitter(scope, r, out).split();
    case WEIR_RENDER_REKEY:
      if (is_binary(r->req->user)) return render_packet(scope, r, out);
      return put_small(scope, r, out) ? WEIR_OK : Splitter(scope, r, out).whole();
    default:
      return WEIR_E_FAIL;
  }
}

}  // namespace weir::memcache
