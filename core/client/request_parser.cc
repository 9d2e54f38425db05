#include "core/client/request_parser.h"

#include <algorithm>
#include <string>

#include "core/base/log.h"
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/front.h"

namespace weir::client {
namespace {

constexpr uint32_t kDefaultHead = 64 << 10;

weir_status grow_keys(weir_parse *parse, uint32_t want) {
  RequestArrays &arrays = *static_cast<RequestArrays *>(parse->core);
  size_t total = static_cast<size_t>(parse->sub_len) + want;
  if (total > arrays.key_limit) return WEIR_E_LIMIT;
  if (total > arrays.keys.size()) {
    arrays.keys.resize(std::max(total, std::min<size_t>(arrays.keys.size() * 2, arrays.key_limit)));
  }
  // The request under way may be a large one. It has to be on its way before what follows it is parsed.
  if (total > kSlice) parse->msg_cap = std::min(parse->msg_cap, parse->msg_len + 1);
  parse->keys = arrays.keys.data();
  parse->sub_cap = static_cast<uint32_t>(arrays.keys.size());
  return WEIR_OK;
}

}  // namespace

struct RequestParser::Step {
  Inbox::Span all;
  size_t start = 0;     // of the unfinished request
  size_t position = 0;  // of what parse_req() sees next
  bool fenced = false;  // the last request dispatched must be answered before the next is parsed
  uint32_t room = 0;    // for messages, in the call under way
};

// What one call of parse_req() found.
struct RequestParser::Found {
  const weir_req *unfinished = nullptr;  // the last one, when its end has not arrived
  uint32_t whole, keys;                  // requests, and their keys
  size_t end;                            // of the last whole one
  bool fenced = false;
  bool large = false;  // the last message is dispatched in slices, and its keys are looked at then
};

void RequestParser::refuse(ClientConnection &c, uint32_t error, std::string_view text) {
  weir_req req{};
  req.flags = WEIR_REQ_CLOSE;
  Request *request = c.enqueue(req);
  Chain &to = c.reply_chain(*request);
  if (!c.render_reply(nullptr, error, text, {nullptr, 0}, to)) return c.close();
  c.finish(*request);
  if (c.open()) c.end_input();
}

// A request whose bytes were read into chunks of their own has come to its end.
void RequestParser::dispatch_gathered(ClientConnection &c) {
  RequestArrays &arrays = c.front_->arrays;
  c.awaiting_ = false;
  c.carried_.lend(arrays.keys, RequestArrays::kFirstKeys);
  weir_key key = arrays.keys[0];
  c.carried_.clear();
  Chain &bytes = c.body_.bytes();
  Dispatcher::run_pieces(c, c.awaited_, key, bytes);
  bytes.clear(c.reactor_.chunks);
}

bool RequestParser::gives_up(ClientConnection &c, size_t have) {
  if (c.reactor_.memory_in_use() <= c.reactor_.memory_limit) return false;
  c.front_->cells.forward_error.add();
  c.discard_ = c.awaited_.size - have;
  c.awaiting_ = false;
  c.carried_.clear();
  c.drop_input();
  c.fail(*c.enqueue(c.awaited_), WEIR_ERR_OVERLOAD, "memory_limit is reached");
  return true;
}

// What is left from before: a refused request's bytes, or one whose end had not arrived. False: nothing to parse yet.
bool RequestParser::resume(ClientConnection &c, Inbox::Span all, size_t &at) {
  ChunkPool &chunks = c.reactor_.chunks;
  if (c.discard_ > 0) {
    at = std::min<size_t>(c.discard_, all.len);
    c.discard_ -= at;
    if (at == all.len) c.inbox_.done(chunks);
    return at < all.len;
  }
  if (c.body_.is_whole()) {
    dispatch_gathered(c);
    return false;
  }
  if (all.len < c.awaited_.size) {
    if (gives_up(c, all.len)) return false;
    c.inbox_.keep(chunks, all, 0, c.awaited_.size, c.awaited_.size);
    return false;
  }
  c.awaiting_ = false;
  at = c.awaited_.size;
  // A request that fills its own chunk is handed on with it instead of being copied.
  bool fills = c.inbox_.owns(all) && all.len == at;
  Chunk *whole = fills ? c.inbox_.take() : nullptr;
  auto key_count = static_cast<uint32_t>(c.carried_.count());
  RequestArrays &arrays = c.front_->arrays;
  c.carried_.lend(arrays.keys, RequestArrays::kFirstKeys);
  Dispatcher::Batch batch{&c.awaited_, 1, all.data, arrays.keys.data(), key_count, whole};
  if (LargeRequest::is_one(c.awaited_)) {
    batch.key_count = 0;
    batch.large_keys = &arrays.keys;
    batch.all = all;
  } else {
    arrays.have_room_for(key_count);
    for (uint32_t i = 0; i < key_count; ++i) arrays.key_bytes[i] = {all.data + arrays.keys[i].off, arrays.keys[i].len};
    if ((c.awaited_.flags & WEIR_REQ_CODED_KEYS) != 0) {
      decode_keys(c, c.awaited_, {all.data, all.len}, arrays.key_bytes.data());
    }
  }
  bool go_on = Dispatcher::run(c, batch);
  c.carried_.take_back(arrays.keys, key_count, key_count, RequestArrays::kFirstKeys);
  if (batch.whole != nullptr) chunks.put(batch.whole);
  if (fills || !c.open() || c.input_ended_) return false;
  if (!go_on || at == all.len) c.inbox_.keep(chunks, all, at, 0, 0);
  return go_on && at < all.len;
}

// Whether what is there of an unfinished request may be held until more comes; else the client was told.
bool RequestParser::may_wait(ClientConnection &c, const Step &now) {
  const Front &front = *c.front_;
  size_t head = front.protocol.max_head != 0 ? front.protocol.max_head : kDefaultHead;
  if (now.position < now.all.len && now.all.len - now.position > head) {
    refuse(c, WEIR_ERR_TOO_BIG, "a token is longer than the protocol allows");
  } else if (now.position - now.start > front.settings.request_limit) {
    refuse(c, WEIR_ERR_TOO_BIG, "the request is larger than request_limit");
  } else if (now.all.len - now.start > head && c.reactor_.memory_in_use() > c.reactor_.memory_limit) {
    refuse(c, WEIR_ERR_OVERLOAD, "memory_limit is reached");
  } else {
    return true;
  }
  return false;
}

// The plugin broke its contract. False: stop here.
[[gnu::cold]] bool RequestParser::broken(ClientConnection &c, const char *what) {
  WEIR_LOG(err, "pool %s: the protocol plugin broke its contract: %s", c.front_->settings.name.c_str(), what);
  refuse(c, WEIR_ERR_INTERNAL, "internal error");
  return false;
}

// What the keys of a request stand for, in place of what they are on the wire. They are laid out as the window is, so
// that none moves when there are more.
[[gnu::noinline]] void RequestParser::decode_keys(ClientConnection &c, const weir_req &req, weir_bytes window,
                                                  weir_bytes *keys) {
  const Front &front = *c.front_;
  std::vector<uint8_t> &decoded = front.arrays.decoded;
  if (front.protocol.decode == nullptr || req.key_count > kSlice) return;
  if (decoded.size() < window.len) decoded.resize(window.len);
  const weir_scope scope = c.scope();
  for (weir_bytes *key = keys; key != keys + req.key_count; ++key) {
    uint8_t *out = decoded.data() + (key->ptr - window.ptr);
    const uint32_t len = front.protocol.decode(&scope, &req, *key, out);
    if (len <= key->len) *key = {out, len};
  }
}

// Checks the messages that one call appended, up to the first unfinished or fenced one, and fills in what their keys
// are. Why the plugin broke its contract, or null.
inline const char *RequestParser::examine(ClientConnection &client, const Step &now, const weir_parse &parse,
                                          Found &found) {
  const Front &front = *client.front_;
  RequestArrays &arrays = front.arrays;
  const uint32_t cmd_count = front.protocol.cmd_count;
  const weir_key *key = arrays.keys.data();
  weir_bytes *bytes = arrays.key_bytes.data();
  const uint8_t *data = now.all.data + now.start;
  uint64_t left = now.all.len - now.start, keys_left = parse.sub_len;
  const weir_req *req = arrays.reqs, *end = req + parse.msg_len;
  for (; req != end; ++req) {
    uint64_t size = req->size;
    uint32_t keys = req->key_count;
    if (left == 0 && req != arrays.reqs) return "a request behind an unfinished one";
    if (size == 0) return "a request of size 0";
    if (req->cmd >= cmd_count) return "a command that is not in its table";
    if (req->route > WEIR_ROUTE_DROP || req->reply > WEIR_REPLY_NONE) return "an unknown route or reply";
    if (keys > keys_left) return "more keys counted than appended";
    uint64_t visible = std::min(left, size);
    bool inside = keys == 1 ? place_key(*key, data, visible, size, *bytes)
                            : (found.large && req + 1 == end) || place_keys(key, keys, data, visible, size, bytes);
    if (!inside) return "a key or unit outside its request";
    if ((req->flags & WEIR_REQ_CODED_KEYS) != 0 && size <= left) [[unlikely]] {
      decode_keys(client, *req, {now.all.data + now.start, now.all.len - now.start}, bytes);
    }
    if (size > left) {
      if (req + 1 != end) return "a request behind an unfinished one";
      found.unfinished = req;
      found.large = false;
      break;
    }
    left -= size;
    data += size;
    key += keys;
    bytes += keys;
    keys_left -= keys;
    if ((req->flags & WEIR_REQ_FENCE) != 0) {
      found.fenced = true;
      ++req;
      found.large = found.large && req == end;
      break;
    }
  }
  found.whole = static_cast<uint32_t>(req - arrays.reqs);
  found.keys = static_cast<uint32_t>(parse.sub_len - keys_left);
  found.end = now.all.len - left;
  return nullptr;
}

// For how many keys there must be room, and whether the last message is a large one, when there are many.
uint32_t RequestParser::count_keys(const RequestArrays &arrays, const weir_parse &parse, Found &found) {
  if (parse.msg_len == 0) return 0;
  uint64_t before = 0;
  const weir_req &last = arrays.reqs[parse.msg_len - 1];
  for (const weir_req *req = arrays.reqs; req != &last; ++req) before += req->key_count;
  found.large = LargeRequest::is_one(last) && before + last.key_count == parse.sub_len;
  return static_cast<uint32_t>(std::min<uint64_t>(before + (found.large ? 0 : last.key_count), parse.sub_len));
}

// Checks and dispatches what one call found. False: stop here.
inline bool RequestParser::take(ClientConnection &c, Step &now, const weir_parse &parse) {
  RequestArrays &arrays = c.front_->arrays;
  uint64_t next = 0;
  if (parse.used > parse.len || parse.msg_len > now.room || parse.sub_len > arrays.keys.size() ||
      __builtin_add_overflow(now.position + parse.used, parse.skip, &next)) {
    return broken(c, "it used or skipped more than there can be");
  }
  Found found;
  arrays.have_room_for(parse.sub_len <= kSlice ? parse.sub_len : count_keys(arrays, parse, found));
  if (const char *fault = examine(c, now, parse, found); fault != nullptr) return broken(c, fault);
  Dispatcher::Batch batch{arrays.reqs, found.whole, now.all.data + now.start, arrays.keys.data(), found.keys, nullptr};
  if (found.large) {
    batch.key_count -= arrays.reqs[found.whole - 1].key_count;
    batch.large_keys = &arrays.keys;
    batch.all = now.all;
  }
  now.fenced = found.fenced;
  now.start = found.end;
  now.position = found.fenced ? found.end : std::max<size_t>(next, found.end);  // what is behind a fence comes again
  weir_req last;
  weir_key last_key{};  // its first
  if (found.unfinished != nullptr) {
    last = *found.unfinished;
    if (last.key_count > 0) last_key = arrays.keys[found.keys];
  }
  if (found.whole > 0 && !Dispatcher::run(c, batch) && (!c.open() || c.input_ended_)) return false;
  c.carried_.take_back(arrays.keys, found.keys, parse.sub_len, RequestArrays::kFirstKeys);
  if (found.fenced) c.carried_.clear();
  return found.unfinished == nullptr || await_rest(c, now, last, last_key);
}

// The last request's end has not arrived: hold it until it has, or refuse it now.
bool RequestParser::await_rest(ClientConnection &c, Step &now, const weir_req &req, const weir_key &key) {
  const Front &front = *c.front_;
  size_t have = now.all.len - now.start;
  bool too_big = req.size > front.settings.request_limit;
  bool no_memory = c.reactor_.memory_in_use() + req.size > c.reactor_.memory_limit;
  if (too_big || no_memory) {
    c.front_->cells.forward_error.add();
    c.carried_.clear();
    c.discard_ = req.size - have;
    c.break_lease(req);
    Request *request = c.enqueue(req);
    c.fail(*request, too_big ? WEIR_ERR_TOO_BIG : WEIR_ERR_OVERLOAD,
           too_big ? "the request is larger than request_limit" : "memory_limit is reached");
    now.start = now.position = now.all.len;
    return false;
  }
  c.awaited_ = req;
  c.awaiting_ = true;
  if (RequestBody::suits(front, req, key, have)) {
    RequestBody::begin(c, req, now.all, now.start);
  } else {
    c.inbox_.keep(c.reactor_.chunks, now.all, now.start, req.size, req.size);
  }
  return false;
}

// A client that asks for one thing at a time sends a whole request of one key and nothing else: sent at once. False: it
// is not so, and nothing was done.
inline bool RequestParser::take_one(ClientConnection &c, Step &now, const weir_parse &parse) {
  const RequestArrays &arrays = c.front_->arrays;
  const weir_req &req = arrays.reqs[0];
  const weir_key &key = arrays.keys[0];
  const size_t left = now.all.len - now.start;
  bool alone = parse.msg_len == 1 && parse.sub_len == 1 && parse.used == parse.len && parse.skip == 0 &&
               req.size == left && req.key_count == 1 && req.cmd < c.front_->protocol.cmd_count;
  const uint8_t *message = now.all.data + now.start;
  weir_bytes bytes;
  if (!alone || !place_key(key, message, left, left, bytes)) return false;
  if (!Dispatcher::run_one(c, req, message, bytes)) return false;
  c.carried_.take_back(c.front_->arrays.keys, 1, 1, RequestArrays::kFirstKeys);
  now.start = now.position = now.all.len;
  return true;
}

// One call of parse_req().
inline RequestParser::Next RequestParser::step(ClientConnection &c, Step &now) {
  Front &front = *c.front_;
  RequestArrays &arrays = front.arrays;
  uint32_t most = c.allowed_inflight();
  if (c.order_.size() >= most) return Next::stop;
  c.carried_.lend(arrays.keys, RequestArrays::kFirstKeys);
  // max_keys is for one request: the window's others may stand in the array beside it.
  uint64_t len = now.all.len - now.position;
  // With a server's queue nearly full each client gets one more request in before it has to wait.
  now.room = front.upstream.swamped > 0 ? 1 : std::min(most - c.order_.size(), RequestArrays::kMaxRequests);
  auto key_room = static_cast<uint32_t>(arrays.keys.size());
  if (key_room > kSlice) [[unlikely]] {  // a large request is the last of its call; see grow_keys()
    bool under_way = c.carried_.count() >= kSlice;
    now.room = under_way ? 1 : now.room;
    key_room = under_way ? key_room : kSlice;
  }
  arrays.key_limit = static_cast<uint32_t>(std::min<uint64_t>(front.settings.max_keys + len / 2, UINT32_MAX - 1));
  weir_parse parse{
      .struct_size = sizeof parse,
      .reserved = 0,
      .data = now.all.data + now.position,
      .len = len,
      .msg_off = now.position - now.start,
      .reqs = arrays.reqs,
      .rsps = nullptr,
      .msg_len = 0,
      .msg_cap = now.room,
      .keys = arrays.keys.data(),
      .items = nullptr,
      .sub_len = static_cast<uint32_t>(c.carried_.count()),
      .sub_cap = key_room,
      .used = 0,
      .skip = 0,
      .need = 0,
      .grow_sub = &grow_keys,
      .expect = [](weir_parse *, uint32_t) -> const weir_expect * { return nullptr; },
      .error = nullptr,
      .core = &arrays,
  };
  weir_scope scope = c.scope();
  weir_status status = front.protocol.parse_req(&scope, &parse);

  if (status == WEIR_OK && take_one(c, now, parse)) return Next::starved;
  size_t before = now.position;
  now.fenced = false;
  if (!take(c, now, parse)) return Next::stop;
  if (now.fenced) status = WEIR_OK;  // it is about what will be parsed again
  if (status != WEIR_OK) {
    if (status == WEIR_E_LIMIT) {
      refuse(c, WEIR_ERR_TOO_BIG, "the request has more keys than max_keys");
    } else {
      refuse(c, WEIR_ERR_BAD_REQUEST, parse.error != nullptr ? parse.error : "malformed request");
    }
    return Next::stop;
  }
  if (c.pauses_ != 0 || c.awaiting_) return Next::stop;
  bool moved = now.position > before || parse.msg_len > 0;
  bool more = now.fenced || parse.msg_len >= parse.msg_cap || parse.skip > 0;
  return moved && more ? Next::more : Next::starved;
}

void RequestParser::run(ClientConnection &c, Inbox::Span all) {
  Step now{all, 0, c.inbox_.resume()};
  if (c.discard_ > 0 || c.awaiting_) {
    size_t at = 0;
    if (!resume(c, all, at)) return;
    now.start = now.position = at;
  }
  Next next = Next::more;
  while (next == Next::more && now.position < all.len) next = step(c, now);
  if (!c.open() || c.input_ended_ || c.awaiting_) return;  // gone, or kept by await_rest()
  if (now.start >= all.len) return c.inbox_.done(c.reactor_.chunks);
  if (next != Next::stop && !may_wait(c, now)) return;
  c.inbox_.keep(c.reactor_.chunks, all, now.start, now.position - now.start, 0);
}

}  // namespace weir::client
