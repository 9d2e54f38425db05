#include "tests/support/protocol_driver.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace weir::test {

std::vector<size_t> every_byte(size_t len) {
  std::vector<size_t> cuts;
  for (size_t i = 1; i < len; ++i) cuts.push_back(i);
  return cuts;
}

ProtocolDriver::ProtocolDriver(const std::string &file, const std::string &protocol, FakeHost::Config config,
                               uint32_t servers)
    : host_(std::move(config), servers), file_(plugin_path(file)) {
  create(protocol);
}

ProtocolDriver::ProtocolDriver(const weir_module *module, const std::string &protocol, FakeHost::Config config,
                               uint32_t servers)
    : host_(std::move(config), servers), file_(module) {
  create(protocol);
}

void ProtocolDriver::create(const std::string &protocol) {
  component_ = file_.find(WEIR_K_PROTOCOL, protocol);
  if (!component_) {
    why_ = file_.error().empty() ? "the plugin has no protocol '" + protocol + "'" : file_.error();
    return;
  }
  ops_ = static_cast<const weir_protocol *>(component_->ops);
  char text[512];
  weir_errbuf errbuf = {text, sizeof(text), 0};
  inst_ = ops_->create(host_.get(), &errbuf);
  why_.assign(text, errbuf.len);
  for (const std::string &complaint : host_.complaints) why_ += (why_.empty() ? "" : "; ") + complaint;
  if (!inst_) return;
  if (ops_->worker_init) worker_ = ops_->worker_init(inst_, 0);
  created_ = true;
}

ProtocolDriver::~ProtocolDriver() {
  for (auto &connection : connections_) {
    FakeArena arena;
    weir_scope sc = scope(connection.get(), arena);
    if (ops_->closed) ops_->closed(&sc, connection->is_server);
    std::free(connection->state);
  }
  if (!created_) return;
  if (ops_->worker_fini) ops_->worker_fini(inst_, worker_);
  ops_->destroy(inst_);
}

uint16_t ProtocolDriver::command(std::string_view name) const {
  for (uint32_t i = 1; i < ops_->cmd_count; ++i)
    if (ops_->cmds[i].name == name) return static_cast<uint16_t>(i);
  return 0;
}

Connection &ProtocolDriver::client() {
  auto connection = std::make_unique<Connection>();
  connection->id = connections_.size() + 1;
  uint32_t size = ops_->client_state_size;
  if (size && posix_memalign(&connection->state, 16, size) == 0) std::memset(connection->state, 0, size);
  connections_.push_back(std::move(connection));
  return *connections_.back();
}

Connection &ProtocolDriver::server() {
  auto connection = std::make_unique<Connection>();
  connection->id = connections_.size() + 1;
  connection->is_server = true;
  uint32_t size = ops_->server_state_size;
  if (size && posix_memalign(&connection->state, 16, size) == 0) std::memset(connection->state, 0, size);
  connections_.push_back(std::move(connection));
  return *connections_.back();
}

weir_scope ProtocolDriver::scope(Connection *connection, FakeArena &arena) {
  weir_scope sc = {};
  sc.struct_size = sizeof(sc);
  sc.inst = inst_;
  sc.worker = worker_;
  sc.state = connection ? connection->state : nullptr;
  sc.arena = arena.get();
  sc.now_us = 1000000;
  sc.conn_id = connection ? connection->id : 0;
  sc.core = connection && !connection->is_server ? connection : nullptr;
  return sc;
}

// ---- parsing
// ---------------------------------------------------------------------------------------------------------

// One call of a parser: the weir_parse and the arrays behind it.
struct ProtocolDriver::Call {
  weir_parse parse{};
  Connection *connection = nullptr;
  std::unique_ptr<weir_req[]> reqs;
  std::unique_ptr<weir_rsp[]> rsps;
  std::unique_ptr<weir_key[]> keys;
  std::unique_ptr<weir_item[]> items;
  weir_expect lent{};
  uint32_t many_keys = 0;

  template <class T>
  static void widen(std::unique_ptr<T[]> &array, T *&seen, uint32_t len, uint32_t cap) {
    std::unique_ptr<T[]> bigger(new T[cap]);
    if (len) std::memcpy(bigger.get(), array.get(), sizeof(T) * len);
    array = std::move(bigger);
    seen = array.get();
  }
  static weir_status grow_sub(weir_parse *p, uint32_t want) {
    Call *self = static_cast<Call *>(p->core);
    p->sub_cap = p->sub_len + want;
    if (self->many_keys > 0 && p->sub_cap > self->many_keys) p->msg_cap = std::min(p->msg_cap, p->msg_len + 1);
    if (self->connection->is_server)
      widen(self->items, p->items, p->sub_len, p->sub_cap);
    else
      widen(self->keys, p->keys, p->sub_len, p->sub_cap);
    return WEIR_OK;
  }
  static const weir_expect *expect(weir_parse *p, uint32_t i) {
    Call *self = static_cast<Call *>(p->core);
    for (const weir_expect &e : self->connection->expects) {
      uint32_t n = e.replies ? e.replies : 1;
      if (i < n) {
        self->lent = e;
        self->lent.replies = n - i;
        return &self->lent;
      }
      i -= n;
    }
    return nullptr;
  }
};

void ProtocolDriver::check_key(const Connection &c, const weir_key &key, const weir_req &req) {
  auto outside = [&](uint64_t off, uint64_t len) { return off > req.size || len > req.size - off; };
  if (outside(key.off, key.len)) return violation("key lies outside its request");
  if (outside(key.unit_off, key.unit_len)) violation("unit lies outside its request");
  uint64_t from = c.msg_start + key.off, to = from + key.len;
  if (to > c.stream.size()) violation("key lies in bytes that have not arrived");
  for (auto [begin, end] : c.skipped)
    if (key.len && from < end && begin < to) violation("key lies in bytes that were skipped");
}

void ProtocolDriver::take(Connection &c, const Call &call, Requests &out) {
  uint32_t sub = 0;
  for (uint32_t i = 0; i < call.parse.msg_len; ++i) {
    const weir_req &req = call.reqs[i];
    ParsedRequest parsed;
    parsed.req = req;
    parsed.start = c.msg_start;
    if (req.size == 0) violation("request of size 0");
    if (req.route > WEIR_ROUTE_DROP) violation("unknown route");
    if (req.cmd >= ops_->cmd_count) violation("command index outside the table");
    if (req.reserved) violation("reserved field set");
    if ((req.flags & WEIR_REQ_FENCE) && i + 1 < call.parse.msg_len) violation("a request behind a fence");
    if (req.key_count > call.parse.sub_len - sub) return violation("key_count exceeds the keys appended");
    if ((req.route == WEIR_ROUTE_KEY || req.route == WEIR_ROUTE_SPLIT) && req.key_count == 0)
      violation("route by key without a key");
    if (req.cmd < ops_->cmd_count) parsed.cmd = ops_->cmds[req.cmd].name;
    for (uint32_t k = 0; k < req.key_count; ++k) {
      const weir_key &key = call.keys[sub + k];
      check_key(c, key, req);
      parsed.raw_keys.push_back(key);
      parsed.keys.push_back(c.stream.substr(std::min<uint64_t>(c.msg_start + key.off, c.stream.size()), key.len));
    }
    sub += req.key_count;
    c.msg_start += req.size;
    out.list.push_back(std::move(parsed));
  }
  c.keys.assign(call.keys.get() + sub, call.keys.get() + call.parse.sub_len);
}

void ProtocolDriver::take(Connection &c, const Call &call, Replies &out) {
  uint32_t sub = 0;
  for (uint32_t i = 0; i < call.parse.msg_len; ++i) {
    const weir_rsp &rsp = call.rsps[i];
    ParsedReply parsed;
    parsed.rsp = rsp;
    parsed.start = c.msg_start;
    if (rsp.size == 0) violation("reply of size 0");
    if (rsp.kind > WEIR_RSP_PUSH) violation("unknown kind of reply");
    if (rsp.item_count > call.parse.sub_len - sub) return violation("item_count exceeds the items appended");
    if (rsp.kind == WEIR_RSP_PART && !c.expects.empty() && c.expects.front().want_items)
      violation("PART though items are wanted");
    for (uint32_t k = 0; k < rsp.item_count; ++k) {
      const weir_item &item = call.items[sub + k];
      if (item.off > rsp.size || item.len > rsp.size - item.off) violation("item lies outside its reply");
      parsed.raw_items.push_back(item);
    }
    sub += rsp.item_count;
    c.msg_start += rsp.size;
    if (rsp.kind == WEIR_RSP_FINAL && !c.expects.empty()) {
      weir_expect &front = c.expects.front();
      if (front.replies <= 1)
        c.expects.pop_front();
      else
        --front.replies;
    }
    out.list.push_back(std::move(parsed));
  }
  c.items.assign(call.items.get() + sub, call.items.get() + call.parse.sub_len);
}

void ProtocolDriver::advance(Connection &c, const Call &call, uint64_t avail) {
  uint64_t end = c.pos + call.parse.used;
  bool carries = !c.keys.empty() || !c.items.empty();
  if (call.parse.msg_len) c.skipped.clear();
  if (c.msg_start > avail) {
    if (call.parse.used != call.parse.len) violation("size reaches past the window but used is not len");
    if (call.parse.skip) violation("skip without an unfinished message");
    if (carries) violation("keys or items left after the last message");
    c.pos = c.msg_start;
    return;
  }
  if (end < c.msg_start) {
    violation("used ends before the messages do");
    c.failed = true;
    return;
  }
  if (call.parse.skip > UINT64_C(1) << 62) violation("skip is absurd");
  if (carries && end == c.msg_start && !call.parse.skip) violation("keys or items without a message under way");
  c.pos = end + call.parse.skip;
  if (call.parse.skip) c.skipped.emplace_back(end, c.pos);
  c.wait = call.parse.need ? avail + call.parse.need : 0;
}

template <class Message>
bool ProtocolDriver::call_once(Connection &c, const Feed &feed, Parsed<Message> &out) {
  constexpr bool kServer = std::is_same_v<Message, ParsedReply>;
  uint64_t avail = c.stream.size();
  Call call;
  call.connection = &c;
  call.many_keys = feed.many_keys;
  weir_parse &p = call.parse;
  p.struct_size = sizeof(p);
  p.len = avail - c.pos;
  p.data = window_.place(std::string_view(c.stream).substr(c.pos));
  p.msg_off = c.pos - c.msg_start;
  p.msg_cap = feed.msg_cap;
  p.grow_sub = Call::grow_sub;
  p.core = &call;
  if constexpr (kServer) {
    call.rsps.reset(new weir_rsp[feed.msg_cap]);
    p.rsps = call.rsps.get();
    std::memset(p.rsps, 0xA5, sizeof(weir_rsp) * feed.msg_cap);
    p.sub_len = static_cast<uint32_t>(c.items.size());
    p.sub_cap = p.sub_len + feed.spare;
    call.items.reset(new weir_item[p.sub_cap]);
    std::copy(c.items.begin(), c.items.end(), call.items.get());
    p.items = call.items.get();
    p.expect = Call::expect;
  } else {
    call.reqs.reset(new weir_req[feed.msg_cap]);
    p.reqs = call.reqs.get();
    std::memset(static_cast<void *>(p.reqs), 0xA5, sizeof(weir_req) * feed.msg_cap);
    p.sub_len = static_cast<uint32_t>(c.keys.size());
    p.sub_cap = p.sub_len + feed.spare;
    call.keys.reset(new weir_key[p.sub_cap]);
    std::copy(c.keys.begin(), c.keys.end(), call.keys.get());
    p.keys = call.keys.get();
  }
  FakeArena arena;
  weir_scope sc = scope(&c, arena);
  out.status = kServer ? ops_->parse_rsp(&sc, &p) : ops_->parse_req(&sc, &p);
  window_.poison();
  ++out.calls;
  if (p.error) out.error = p.error;
  if (p.used > p.len) violation("used exceeds len");
  if (p.msg_len > p.msg_cap) violation("more messages than msg_cap");
  c.failed = p.used > p.len || p.msg_len > p.msg_cap || out.status != WEIR_OK;
  take(c, call, out);
  if (c.failed) return false;
  advance(c, call, avail);
  uint64_t left = c.pos < avail ? avail - c.pos : 0;
  if constexpr (!kServer) {
    if (p.msg_len > 0 && (p.reqs[p.msg_len - 1].flags & WEIR_REQ_FENCE) != 0) {
      if (c.pos > c.msg_start) violation("bytes behind a fence were used");
      return left > 0;
    }
  }
  if (p.msg_len == p.msg_cap) return left > 0;
  if (p.skip) return left > 0;
  bool fenced = p.reqs && p.msg_len && (p.reqs[p.msg_len - 1].flags & WEIR_REQ_FENCE);
  if (fenced) return left > 0;  // taken for answered at once
  if (left && !p.used && !p.skip && !p.msg_len && !p.need) violation("no progress, and no word of what is needed");
  uint64_t head = ops_->max_head ? ops_->max_head : 65536;
  if (left > head) out.too_big = c.failed = true;
  return false;
}

template <class Message>
void ProtocolDriver::run(Connection &c, std::string_view bytes, const Feed &feed, Parsed<Message> &out) {
  size_t from = 0;
  for (size_t i = 0; i <= feed.cuts.size(); ++i) {
    size_t to = i < feed.cuts.size() ? std::min(feed.cuts[i], bytes.size()) : bytes.size();
    if (to <= from) continue;
    c.stream.append(bytes.substr(from, to - from));
    from = to;
    if (feed.honour_need && c.stream.size() < c.wait) continue;
    while (!c.failed && c.pos < c.stream.size() && call_once(c, feed, out)) {
    }
  }
  out.left = c.msg_start < c.stream.size() ? c.stream.size() - c.msg_start : 0;
}

// keys: as they are without their encoding.
void ProtocolDriver::decode_keys(Connection &c, ParsedRequest &r) {
  if (!ops_->decode) return violation("keys that are encoded, and no decode()");
  FakeArena arena;
  weir_scope sc = scope(&c, arena);
  for (std::string &key : r.keys) {
    std::unique_ptr<uint8_t[]> out(new uint8_t[key.size()]);  // exact, so that a sanitizer sees a byte too many
    weir_bytes wire = {reinterpret_cast<const uint8_t *>(key.data()), key.size()};
    uint32_t len = ops_->decode(&sc, &r.req, wire, out.get());
    if (len == UINT32_MAX) continue;
    if (len > key.size()) return violation("a key longer than its encoding");
    key.assign(reinterpret_cast<const char *>(out.get()), len);
  }
}

Requests ProtocolDriver::requests(Connection &c, std::string_view bytes, const Feed &feed) {
  Requests out;
  run(c, bytes, feed, out);
  for (ParsedRequest &r : out.list) {
    r.complete = r.req.size <= c.stream.size() - r.start;
    r.message = c.stream.substr(r.start, r.req.size);
    if (r.req.flags & WEIR_REQ_CODED_KEYS) decode_keys(c, r);
    for (const weir_key &key : r.raw_keys)
      r.units.push_back(key.unit_off <= r.message.size() ? r.message.substr(key.unit_off, key.unit_len) : "");
  }
  return out;
}

Replies ProtocolDriver::replies(Connection &c, std::string_view bytes, const Feed &feed) {
  Replies out;
  run(c, bytes, feed, out);
  for (ParsedReply &r : out.list) {
    r.complete = r.rsp.size <= c.stream.size() - r.start;
    r.bytes = c.stream.substr(r.start, r.rsp.size);
    for (const weir_item &item : r.raw_items)
      r.items.push_back(item.off <= r.bytes.size() ? r.bytes.substr(item.off, item.len) : "");
  }
  return out;
}

Replies ProtocolDriver::replies(std::string_view bytes, const Feed &feed, uint32_t n, bool want_items, uint16_t cmd) {
  Connection &c = server();
  weir_expect expect = {};
  expect.replies = 1;
  expect.cmd = cmd;
  expect.want_items = want_items;
  c.expects.assign(n, expect);
  return replies(c, bytes, feed);
}

}  // namespace weir::test
