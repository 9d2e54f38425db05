#include "core/client/request_parser.h"

#include <algorithm>
#include <string>

#include "core/base/log.h"
#include "core/client/dispatcher.h"
#include "core/client/front.h"

namespace weir::client {
namespace {

constexpr uint32_t kDefaultHead = 64 << 10;

weir_status grow_keys(weir_parse *parse, uint32_t want) {
  RequestArrays &arrays = *static_cast<RequestArrays *>(parse->core);
  size_t total = static_cast<size_t>(parse->sub_len) + want;
  if (total > arrays.key_limit) return WEIR_E_LIMIT;
  arrays.keys.resize(std::max(total, std::min<size_t>(arrays.keys.size() * 2, arrays.key_limit)));
  parse->keys = arrays.keys.data();
  parse->sub_cap = static_cast<uint32_t>(arrays.keys.size());
  return WEIR_OK;
}

bool within(uint64_t off, uint64_t len, uint64_t size) {
  return off <= size && len <= size - off;
}

// Why the request breaks the contract, or null. shown: how many of its bytes the parser has seen, from data on. Fills
// in what its keys are.
const char *check(const weir_req &req, const weir_key *keys, const uint8_t *data, uint64_t shown, uint32_t cmd_count,
                  weir_bytes *key_bytes) {
  if (req.size == 0) return "a request of size 0";
  if (req.cmd >= cmd_count) return "a command that is not in its table";
  if (req.route > WEIR_ROUTE_DROP || req.reply > WEIR_REPLY_NONE) return "an unknown route or reply";
  uint64_t visible = std::min(shown, req.size);
  for (uint32_t i = 0; i < req.key_count; ++i) {
    if (!within(keys[i].off, keys[i].len, visible)) return "a key outside its request";
    if (!within(keys[i].unit_off, keys[i].unit_len, req.size)) return "a unit outside its request";
    key_bytes[i] = {data + keys[i].off, keys[i].len};
  }
  return nullptr;
}

}  // namespace

struct RequestParser::Step {
  Inbox::Span all;
  size_t start = 0;     // of the unfinished request
  size_t position = 0;  // of what parse_req() sees next
  bool fenced = false;  // the last request dispatched must be answered before the next is parsed
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

// What is left from before: a refused request's bytes, or one whose end had not arrived. False: nothing to parse yet.
bool RequestParser::resume(ClientConnection &c, Inbox::Span all, size_t &at) {
  ChunkPool &chunks = c.reactor_.chunks;
  if (c.discard_ > 0) {
    at = std::min<size_t>(c.discard_, all.len);
    c.discard_ -= at;
    if (at == all.len) c.inbox_.done(chunks);
    return at < all.len;
  }
  if (all.len < c.awaited_.size) {
    c.inbox_.keep(chunks, all, 0, c.awaited_.size, c.awaited_.size);
    return false;
  }
  c.awaiting_ = false;
  at = c.awaited_.size;
  // A request that fills its own chunk is handed on with it instead of being copied.
  bool fills = c.inbox_.owns(all) && all.len == at;
  Chunk *whole = fills ? c.inbox_.take() : nullptr;
  auto key_count = static_cast<uint32_t>(c.carried_.count());
  std::vector<weir_key> keys = c.carried_.take();
  RequestArrays &arrays = c.front_.arrays;
  arrays.have_room_for(key_count);
  for (uint32_t i = 0; i < key_count; ++i) arrays.key_bytes[i] = {all.data + keys[i].off, keys[i].len};
  Dispatcher::Batch batch{&c.awaited_, 1, all.data, keys.data(), key_count, whole};
  bool go_on = Dispatcher::run(c, batch);
  if (batch.whole != nullptr) chunks.put(batch.whole);
  if (fills || !c.open() || c.input_ended_) return false;
  if (!go_on || at == all.len) c.inbox_.keep(chunks, all, at, 0, 0);
  return go_on && at < all.len;
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

// Whether what is there of an unfinished request may be held until more comes; else the client was told.
bool RequestParser::may_wait(ClientConnection &c, const Step &now) {
  const Front &front = c.front_;
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

// One call of parse_req().
RequestParser::Next RequestParser::step(ClientConnection &c, Step &now) {
  Front &front = c.front_;
  RequestArrays &arrays = front.arrays;
  uint32_t most = c.allowed_inflight();
  if (c.order_.size() >= most) return Next::stop;
  weir_parse parse{};
  parse.struct_size = sizeof parse;
  parse.data = now.all.data + now.position;
  parse.len = now.all.len - now.position;
  parse.msg_off = now.position - now.start;
  parse.reqs = arrays.reqs;
  // With a server's queue nearly full each client gets one more request in before it has to wait.
  parse.msg_cap = front.upstream.swamped > 0 ? 1 : std::min(most - c.order_.size(), RequestArrays::kMaxRequests);
  // max_keys is for one request: the window's others may stand in the array beside it.
  arrays.key_limit = static_cast<uint32_t>(std::min<uint64_t>(front.settings.max_keys + parse.len / 2, UINT32_MAX - 1));
  c.carried_.lend(arrays.keys, RequestArrays::kFirstKeys);
  parse.sub_len = static_cast<uint32_t>(c.carried_.count());
  parse.keys = arrays.keys.data();
  parse.sub_cap = static_cast<uint32_t>(arrays.keys.size());
  parse.grow_sub = &grow_keys;
  parse.expect = [](weir_parse *, uint32_t) -> const weir_expect * { return nullptr; };
  parse.core = &arrays;
  weir_scope scope = c.scope();
  weir_status status = front.protocol.parse_req(&scope, &parse);

  size_t before = now.position;
  now.fenced = false;
  if (!take(c, now, parse)) return Next::stop;
  if (now.fenced) status = WEIR_OK;  // it is about what will be parsed again
  if (status == WEIR_E_LIMIT) {
    refuse(c, WEIR_ERR_TOO_BIG, "the request has more keys than max_keys");
    return Next::stop;
  }
  if (status != WEIR_OK) {
    refuse(c, WEIR_ERR_BAD_REQUEST, parse.error != nullptr ? parse.error : "malformed request");
    return Next::stop;
  }
  if (c.pauses_ != 0 || c.awaiting_) return Next::stop;
  bool moved = now.position > before || parse.msg_len > 0;
  bool more = now.fenced || parse.msg_len == parse.msg_cap || parse.skip > 0;
  return moved && more ? Next::more : Next::starved;
}

// Checks and dispatches what one call found. False: stop here.
bool RequestParser::take(ClientConnection &c, Step &now, const weir_parse &parse) {
  auto broken = [&c](const char *what) {
    WEIR_LOG(err, "pool %s: the protocol plugin broke its contract: %s", c.front_.settings.name.c_str(), what);
    refuse(c, WEIR_ERR_INTERNAL, "internal error");
    return false;
  };
  RequestArrays &arrays = c.front_.arrays;
  if (parse.used > parse.len || parse.msg_len > parse.msg_cap || parse.sub_len > arrays.keys.size()) {
    return broken("it used more than it was given");
  }
  arrays.have_room_for(parse.sub_len);
  uint64_t at = now.start, keys = 0;
  uint32_t whole = 0;
  for (; whole < parse.msg_len && !now.fenced; ++whole) {
    const weir_req &req = arrays.reqs[whole];
    if (at > now.all.len || (at == now.all.len && whole > 0)) return broken("a request behind an unfinished one");
    if (req.key_count > parse.sub_len - keys) return broken("more keys counted than appended");
    const char *fault = check(req, arrays.keys.data() + keys, now.all.data + at, now.all.len - at,
                              c.front_.protocol.cmd_count, arrays.key_bytes.data() + keys);
    if (fault != nullptr) return broken(fault);
    if (req.size > now.all.len - at) {
      if (whole + 1 < parse.msg_len) return broken("a request behind an unfinished one");
      break;
    }
    at += req.size;
    keys += req.key_count;
    now.fenced = (req.flags & WEIR_REQ_FENCE) != 0;
  }
  uint64_t next = 0;
  if (__builtin_add_overflow(now.position + parse.used, parse.skip, &next)) return broken("it skips without end");
  bool awaits = whole < parse.msg_len && !now.fenced;
  size_t dispatched_from = now.start;
  now.start = at;
  now.position = now.fenced ? at : std::max<size_t>(next, at);  // what comes after a fence is parsed again
  weir_req last{};
  if (awaits) last = arrays.reqs[whole];
  if (whole > 0) {
    Dispatcher::Batch batch{
        arrays.reqs, whole, now.all.data + dispatched_from, arrays.keys.data(), static_cast<uint32_t>(keys), nullptr};
    if (!Dispatcher::run(c, batch) && (!c.open() || c.input_ended_)) return false;
  }
  c.carried_.take_back(arrays.keys, keys, parse.sub_len, RequestArrays::kFirstKeys);
  if (now.fenced) c.carried_.clear();
  return !awaits || await_rest(c, now, last);
}

// The last request's end has not arrived: hold it until it has, or refuse it now.
bool RequestParser::await_rest(ClientConnection &c, Step &now, const weir_req &req) {
  const Front &front = c.front_;
  size_t have = now.all.len - now.start;
  bool too_big = req.size > front.settings.request_limit;
  bool no_memory = c.reactor_.memory_in_use() + req.size > c.reactor_.memory_limit;
  if (too_big || no_memory) {
    c.carried_.clear();
    c.discard_ = req.size - have;
    Request *request = c.enqueue(req);
    c.fail(*request, too_big ? WEIR_ERR_TOO_BIG : WEIR_ERR_OVERLOAD,
           too_big ? "the request is larger than request_limit" : "memory_limit is reached");
    now.start = now.position = now.all.len;
    return false;
  }
  c.awaited_ = req;
  c.awaiting_ = true;
  c.inbox_.keep(c.reactor_.chunks, now.all, now.start, req.size, req.size);
  return false;
}

}  // namespace weir::client
