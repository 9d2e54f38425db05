#include "request_parser.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include <weir/inline.h>

#include "command_table.h"
#include "line_reader.h"
#include "line_tokens.h"
#include "packet.h"
#include "packet_requests.h"
#include "request_word.h"
#include "settings.h"
#include "usual_requests.h"

namespace weir::memcache {
namespace {

constexpr uint32_t kMaxLeadingSpaces = 100;  // memcached's own limit before a get longer than kMaxLine

// Where a step through the window ended.
struct Step {
  uint64_t pos;
  weir_status status;
  bool waiting;  // for the rest of a line
  bool fenced;   // nothing may be taken behind it before it is answered
};

ClientState between_requests() {
  ClientState state = {};
  state.dialect = Dialect::kAscii;
  return state;
}

// Takes one request of any shape, or as much of it as has arrived.
class RequestParser {
 public:
  RequestParser(const Settings &settings, ClientState &state, weir_parse *p, uint64_t pos)
      : settings_(settings), state_(state), p_(p), data_(p->data), end_(p->data + p->len), pos_(pos) {
    if (state_.in_keys) origin_ = 0 - p->msg_off;
  }
  Step step() {
    weir_status st = state_.in_keys ? keys(data_ + pos_, end_) : next();
    return {pos_, st, waiting_, fenced_};
  }

 private:
  weir_status next();
  weir_status short_line(const uint8_t *begin, const uint8_t *feed);
  weir_status long_line(const uint8_t *begin);
  weir_status gat(const uint8_t *at, const uint8_t *feed);
  weir_status keys(const uint8_t *at, const uint8_t *limit);
  weir_status take_keys(const uint8_t *&at, const uint8_t *limit, bool *whole);
  void usual_keys(const uint8_t *&at, const uint8_t *limit);
  weir_status take_key(const uint8_t *key, uint32_t len);
  weir_status end_of_keys(const uint8_t *line_end);
  weir_status emit(const LineRequest &line);
  void append(const weir_req &req);
  weir_status broken(const char *why) {
    p_->error = why;
    return WEIR_E_PROTO;
  }

  const Settings &settings_;
  ClientState &state_;
  weir_parse *p_;
  const uint8_t *data_, *end_;
  uint64_t pos_;         // in the window: up to where everything is done with
  uint64_t origin_ = 0;  // the first byte of the request under way, relative to the window; wraps when before it
  bool waiting_ = false, fenced_ = false;
};

weir_status RequestParser::next() {
  const uint8_t *begin = data_ + pos_;
  uint64_t avail = p_->len - pos_;
  origin_ = pos_;
  const auto *feed = static_cast<const uint8_t *>(std::memchr(begin + state_.scanned, '\n', avail - state_.scanned));
  if (!feed && avail <= kMaxLine) {
    state_.scanned = static_cast<uint32_t>(avail);
    waiting_ = true;
    return WEIR_OK;
  }
  state_.scanned = 0;
  if (!feed || feed - begin > kMaxLine) return long_line(begin);
  return short_line(begin, feed);
}

weir_status RequestParser::short_line(const uint8_t *begin, const uint8_t *feed) {
  const uint8_t *name = begin;
  while (*name == ' ') ++name;
  const uint8_t *end = feed - begin > 1 && feed[-1] == '\r' ? feed - 1 : feed;
  const uint8_t *name_end = word_end(name, name < end ? end : name);
  uint16_t cmd = find_command(name, static_cast<uint32_t>(name_end - name));
  Shape shape = command(cmd).shape;
  if (shape == Shape::kGet || shape == Shape::kGat) {
    state_.cmd = cmd;
    state_.name_off = static_cast<uint32_t>(name - begin);
    return shape == Shape::kGet ? keys(name_end, feed + 1) : gat(name_end, feed);
  }
  LineRequest line = read_line(settings_, cmd, begin, end, static_cast<uint64_t>(feed + 1 - begin), p_->msg_len > 0);
  return emit(line);
}

weir_status RequestParser::emit(const LineRequest &line) {
  if (line.req.key_count) {
    weir_key *key = weir_push_key(p_);
    if (!key) return WEIR_E_LIMIT;
    *key = line.key;
  }
  state_ = between_requests();
  append(line.req);
  return WEIR_OK;
}

void RequestParser::append(const weir_req &req) {
  p_->reqs[p_->msg_len++] = req;
  fenced_ = (req.flags & WEIR_REQ_FENCE) != 0;
  pos_ = origin_ + req.size;
}

// A get of any length is legal: its keys are taken as they come. Everything else memcached closes on, and so does weir,
// since where the next command starts is anybody's guess.
weir_status RequestParser::long_line(const uint8_t *begin) {
  const uint8_t *name = begin;
  while (name < end_ && *name == ' ' && name - begin <= kMaxLeadingSpaces) ++name;
  const uint8_t *name_end = word_end(name, end_);
  uint16_t cmd = find_command(name, static_cast<uint32_t>(name_end - name));
  bool is_get = command(cmd).shape == Shape::kGet && name_end < end_ && *name_end == ' ';
  if (!is_get || name - begin > kMaxLeadingSpaces) return broken("line too long");
  state_.in_keys = 1;
  state_.cmd = cmd;
  state_.name_off = static_cast<uint32_t>(name - begin);
  return keys(name_end, end_);
}

weir_status RequestParser::gat(const uint8_t *at, const uint8_t *feed) {
  while (*at == ' ') ++at;
  const uint8_t *end = feed[-1] == '\r' ? feed - 1 : feed;
  const uint8_t *stop = word_end(at, at < end ? end : at);
  uint64_t size = static_cast<uint64_t>(feed + 1 - data_) - origin_;
  if (stop == at) return emit(local_line(state_.cmd, size, Local::kError));
  Token exptime = {at, static_cast<uint32_t>(stop - at)};
  if (read_signed(exptime).reading == Reading::kBad) return emit(local_line(state_.cmd, size, Local::kBadExptime));
  return keys(stop, feed + 1);
}

weir_status RequestParser::keys(const uint8_t *at, const uint8_t *limit) {
  bool whole = false;
  weir_status st = take_keys(at, limit, &whole);
  if (st != WEIR_OK) return st;
  if (whole) return end_of_keys(at);
  pos_ = static_cast<uint64_t>(at - data_);
  waiting_ = true;
  return WEIR_OK;
}

// Takes keys up to the line feed (whole: at is behind it) or the last whole word before limit.
weir_status RequestParser::take_keys(const uint8_t *&at, const uint8_t *limit, bool *whole) {
  while (!state_.bad) {
    usual_keys(at, limit);
    while (at < limit && *at == ' ') ++at;
    if (at == limit) return WEIR_OK;
    const uint8_t *stop = word_end(at, limit);
    auto len = static_cast<uint64_t>(stop - at);
    if (stop == limit && len <= kMaxKey + 1) return WEIR_OK;  // it may be a key and the CR
    bool last = stop < limit && *stop == '\n';
    if (last && len > 0 && stop[-1] == '\r') --len;
    state_.bad = len > kMaxKey || (stop < limit && *stop == 0);
    if (state_.bad) break;
    if (len > 0)
      if (weir_status st = take_key(at, static_cast<uint32_t>(len)); st != WEIR_OK) return st;
    at = last ? stop + 1 : stop;
    *whole = last;
    if (last) return WEIR_OK;
  }
  const void *feed = at < limit ? std::memchr(at, '\n', static_cast<size_t>(limit - at)) : nullptr;
  *whole = feed != nullptr;
  at = feed ? static_cast<const uint8_t *>(feed) + 1 : limit;
  return WEIR_OK;
}

// Keys with one space before and one behind, as long as there is room for them and they come; at stays before a space.
void RequestParser::usual_keys(const uint8_t *&at, const uint8_t *limit) {
  weir_key *const first = p_->keys + p_->sub_len, *const full = p_->keys + p_->sub_cap;
  weir_key *out = first;
  const uint8_t *space = at;
  const uint64_t shift = static_cast<uint64_t>(at - data_) - origin_;  // of the first space in the request
  const uint32_t name_off = state_.name_off;
  if (at == limit || *at != ' ') return;
  while (out < full) {
    const uint8_t *key = space + 1, *stop = find_blank(key, limit);
    const auto len = static_cast<uint64_t>(stop - key);
    if (len - 1 >= kMaxKey || stop == limit || *stop != ' ') break;
    const uint64_t off = shift + static_cast<uint64_t>(key - at);
    *out++ = {off, static_cast<uint32_t>(len), name_off, off, len};
    space = stop;
  }
  at = space;
  if (out == first) return;
  if (state_.keys == 0) {
    state_.first_off = static_cast<uint32_t>(first->off);
    state_.first_len = first->len;
  }
  const auto taken = static_cast<uint32_t>(out - first);
  state_.keys += taken;
  p_->sub_len += taken;
}

weir_status RequestParser::take_key(const uint8_t *key, uint32_t len) {
  weir_key *out = weir_push_key(p_);
  if (!out) return WEIR_E_LIMIT;
  uint64_t off = static_cast<uint64_t>(key - data_) - origin_;
  *out = {off, len, state_.name_off, off, len};
  if (state_.keys++ == 0) {
    state_.first_off = static_cast<uint32_t>(off);
    state_.first_len = len;
  }
  return WEIR_OK;
}

weir_status RequestParser::end_of_keys(const uint8_t *line_end) {
  weir_req req = {};
  req.size = static_cast<uint64_t>(line_end - data_) - origin_;
  req.cmd = state_.cmd;
  req.key_count = state_.keys;
  if (state_.bad || state_.keys == 0) {
    bool is_gat = command(state_.cmd).shape == Shape::kGat;
    req.route = WEIR_ROUTE_LOCAL;
    req.user = static_cast<uint64_t>(state_.bad ? Local::kBadFormat : is_gat ? Local::kEnd : Local::kError);
  } else {
    req.route = state_.keys == 1 ? WEIR_ROUTE_KEY : WEIR_ROUTE_SPLIT;
    req.flags = WEIR_REQ_RETRY_SAFE;
    req.user = pack(RequestWord{0, state_.first_off, state_.first_len});
  }
  state_ = between_requests();
  append(req);
  return WEIR_OK;
}

[[gnu::noinline]] Step take_any_request(const Settings &settings, ClientState &state, weir_parse *p, uint64_t pos) {
  return RequestParser(settings, state, p, pos).step();
}

// The state of an ascii client between two requests, as far as one load shows it.
constexpr uint64_t kFresh =
    std::bit_cast<uint64_t>(std::array<uint8_t, 8>{0, 0, 0, 0, 0, 0, 0, static_cast<uint8_t>(Dialect::kAscii)});
static_assert(offsetof(ClientState, dialect) == 7);

[[gnu::always_inline]] inline weir_status parse_lines(const weir_scope *scope, ClientState &state, weir_parse *p,
                                                      bool fresh) {
  Step at = {0, WEIR_OK, false, false};
  while (at.pos < p->len && p->msg_len < p->msg_cap) {
    uint64_t size = fresh ? take_usual_request(p, at.pos) : 0;
    at.pos += size;
    if (size) continue;
    at = take_any_request(settings_of(scope), state, p, at.pos);
    if (at.status != WEIR_OK || at.waiting || at.fenced) break;
    fresh = true;
  }
  p->used = at.pos < p->len ? at.pos : p->len;
  p->skip = 0;
  p->need = at.waiting ? 1 : 0;
  return at.status;
}

weir_status drop_all(weir_parse *p) {
  weir_req req = {};
  req.size = p->len;
  req.route = WEIR_ROUTE_DROP;
  p->reqs[p->msg_len++] = req;
  p->used = p->len;
  p->skip = p->need = 0;
  return WEIR_OK;
}

[[gnu::noinline]] weir_status parse_unusual(const weir_scope *scope, ClientState &state, weir_parse *p) {
  if (state.dialect == Dialect::kUnknown && p->len > 0)
    state.dialect = p->data[0] == kRequestMagic ? Dialect::kBinary : Dialect::kAscii;
  if (state.dialect == Dialect::kWatching) return p->len > 0 ? drop_all(p) : WEIR_OK;
  if (state.dialect >= Dialect::kBinary) {
    bool lost = state.dialect == Dialect::kLost;
    const weir_status st = parse_packets(settings_of(scope), p, &lost);
    if (lost) state.dialect = Dialect::kLost;
    return st;
  }
  return parse_lines(scope, state, p, load<uint64_t>(reinterpret_cast<const uint8_t *>(&state)) == kFresh);
}

}  // namespace

void watch_lease(const weir_scope *client, const weir_req *begin, uint32_t, uint32_t on) {
  if (command(begin->cmd).shape != Shape::kWatch) return;
  static_cast<ClientState *>(client->state)->dialect = on ? Dialect::kWatching : Dialect::kAscii;
}

weir_status parse_requests(const weir_scope *scope, weir_parse *p) {
  ClientState &state = *static_cast<ClientState *>(scope->state);
  const bool fresh = load<uint64_t>(static_cast<const uint8_t *>(scope->state)) == kFresh;
  if (!fresh) [[unlikely]]
    return parse_unusual(scope, state, p);
  return parse_lines(scope, state, p, true);
}

}  // namespace weir::memcache
