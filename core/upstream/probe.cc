#include "core/upstream/probe.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/log.h"
#include "core/upstream/scope.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

constexpr size_t kLongestAnswer = 64 << 10;
constexpr const char *kTooLong = "its answer is too long";

}  // namespace

Probe::Probe(Upstream &upstream, uint32_t server)
    : Connection(upstream.with.reactor),
      upstream_(upstream),
      backend_(upstream.with.backends[server]),
      server_(server),
      has_op_(upstream.with.protocol.protocol().probe != nullptr),
      random_((uint64_t{server} + 1) * 0x9e3779b97f4a7c15 ^ reinterpret_cast<uintptr_t>(this)),
      protocol_state_((upstream.with.protocol.protocol().server_state_size + 7) / 8 + 2) {
  due_us_ = 1;  // the first one is at once
}

Probe::~Probe() {
  drop();
}

weir_scope Probe::scope() {
  return scope_of(upstream_, protocol_state_, conn_id_);
}

// ---- time --------------------------------------------------------------------------------------------------

uint64_t Probe::check_time(uint64_t now_us) {
  if (now_us < due_us_) return due_us_;
  if (state_ == State::waiting) {
    begin();
  } else {
    bad("it took longer than " + std::to_string(upstream_.with.pool.health_check.timeout_us / 1000) + " ms");
  }
  return due_us_;
}

// Up to a tenth sooner or later, so that many weirs, or many servers, do not keep in step.
uint64_t Probe::next_time() {
  random_ = random_ * 6364136223846793005 + 1442695040888963407;
  uint64_t interval = upstream_.with.pool.health_check.interval_us;
  return reactor_.now_us + interval - interval / 10 + (random_ >> 33) % (interval / 5 + 1);
}

void Probe::begin() {
  due_us_ = reactor_.now_us + upstream_.with.pool.health_check.timeout_us;
  if (open()) return ready();
  auto address = backend_.address();
  if (!address) return bad("its name has not been resolved");
  address_ = *address;
  int fd = net::start_connect(address_);
  if (fd < 0 || !attach(fd, net::Loop::kWrite)) return bad(std::strerror(errno));
  reactor_.stats.total_connections.add();
  reactor_.stats.curr_connections.add();
  std::fill(protocol_state_.begin(), protocol_state_.end(), 0);
  conn_id_ = next_connection_id();
  state_ = State::connecting;
}

void Probe::ended(bool good, const std::string &why) {
  state_ = State::waiting;
  due_us_ = next_time();
  upstream_.check_at(due_us_);
  upstream_.with.ejections.server_probed(upstream_.with.pool_id, server_, good, why);
}

void Probe::bad(const std::string &why) {
  drop();
  backend_.address_in_doubt();
  ended(false, why);
}

void Probe::drop() {
  if (!open()) return;
  if (state_ != State::connecting) {
    if (auto closed = upstream_.with.protocol.protocol().closed; closed != nullptr) {
      weir_scope with = scope();
      closed(&with, 1);
    }
  }
  reactor_.stats.curr_connections.sub();
  detach();
  inbox_.clear(reactor_.chunks);
}

// ---- the connection ----------------------------------------------------------------------------------------

void Probe::on_broken(int error) {
  if (state_ == State::waiting) return drop();
  bad(std::strerror(error));
}

void Probe::on_writable() {
  if (state_ != State::connecting) return Connection::on_writable();
  if (int error = net::connect_error(transport_.fd); error != 0) {
    backend_.try_another(address_);
    return bad(std::strerror(error));
  }
  connected();
}

void Probe::connected() {
  want_reading(true);
  if (!has_op_) {
    drop();
    return ended(true, "");
  }
  if (upstream_.with.protocol.protocol().handshake == nullptr) return ready();
  state_ = State::preparing;
  step_ = pending_ = 0;
  step(nullptr, {nullptr, 0});
}

void Probe::ready() {
  state_ = State::asking;
  step_ = pending_ = 0;
  step(nullptr, {nullptr, 0});
}

// Of the handshake, or of the probe.
void Probe::step(const weir_rsp *prev, weir_bytes prev_bytes) {
  const weir_protocol &protocol = upstream_.with.protocol.protocol();
  char text[256];
  weir_errbuf why{text, sizeof text, 0};
  const weir_bytes sources[] = {prev_bytes};
  weir_out *out = reactor_.out.open(sources);
  weir_scope with = scope();
  weir_status status = state_ == State::preparing ? protocol.handshake(&with, 0, step_++, prev, out, &why)
                                                  : protocol.probe(&with, step_++, prev, out, &why);
  bool legal = status >= 0 && reactor_.out.flatten(reactor_.arena, reactor_.chunks, out_);
  pending_ += reactor_.out.swallow();
  reactor_.arena.reset();
  if (!legal) {
    std::string said(text, std::min(why.len, why.cap));
    return bad(said.empty() ? "it is not well" : said);
  }
  if (!out_.empty()) output_grew();
  if (pending_ > 0) return;
  if (status != WEIR_HS_READY) return bad("the protocol plugin waits for nothing");
  if (state_ == State::preparing) return ready();
  ended(true, "");
}

// ---- answers -----------------------------------------------------------------------------------------------

void Probe::on_readable() {
  if (!open() || state_ == State::connecting) return;
  Inbox::Span room = inbox_.prepare(reactor_.chunks, reactor_.window);
  ssize_t n = transport_.read(room.data, room.len);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  // While nothing is asked it may close: the next probe opens another one.
  if (n <= 0) return on_broken(n == 0 ? ECONNRESET : errno);
  if (state_ == State::waiting) return drop();  // unasked
  Inbox::Span all = inbox_.received(reactor_.chunks, reactor_.window, static_cast<size_t>(n));
  if (!parse(all) && open()) bad("its answer is none of the protocol's");
}

weir_status Probe::grow_items(weir_parse *parse, uint32_t want) {
  ReplyArrays &arrays = static_cast<Probe *>(parse->core)->upstream_.arrays;
  size_t total = static_cast<size_t>(parse->sub_len) + want;
  if (total > kLongestAnswer) return WEIR_E_LIMIT;
  arrays.items.resize(std::max(total, arrays.items.size()));
  parse->items = arrays.items.data();
  parse->sub_cap = static_cast<uint32_t>(arrays.items.size());
  return WEIR_OK;
}

const weir_expect *Probe::expect(uint32_t i) const {
  return state_ == State::asking && i < pending_ ? &expected_ : nullptr;
}

// Answers are short: one that is unfinished is kept whole, and shown again from where its parser stopped. False: it
// makes no sense.
bool Probe::parse(Inbox::Span all) {
  const weir_protocol &protocol = upstream_.with.protocol.protocol();
  ReplyArrays &arrays = upstream_.arrays;
  expected_ = {0, 0, pending_, 0, WEIR_CMD_PROBE, WEIR_REPLY_EXACT, 0, 0};
  size_t start = 0, position = inbox_.resume();
  for (bool moved = true; moved && position < all.len;) {
    weir_parse parse{};
    parse.struct_size = sizeof parse;
    parse.data = all.data + position;
    parse.len = all.len - position;
    parse.msg_off = position - start;
    parse.rsps = arrays.rsps;
    parse.msg_cap = ReplyArrays::kMaxReplies;
    parse.items = arrays.items.data();
    parse.sub_cap = static_cast<uint32_t>(arrays.items.size());
    parse.grow_sub = &Probe::grow_items;
    parse.expect = [](weir_parse *p, uint32_t i) { return static_cast<Probe *>(p->core)->expect(i); };
    parse.core = this;
    weir_scope with = scope();
    weir_status status = protocol.parse_rsp(&with, &parse);
    if (status != WEIR_OK || parse.used > parse.len || parse.skip > kLongestAnswer) return false;
    for (uint32_t i = 0; i < parse.msg_len; ++i) {
      const weir_rsp &rsp = arrays.rsps[i];
      if (rsp.kind != WEIR_RSP_FINAL || rsp.size == 0 || rsp.size > all.len - start) return false;
      if (!reply(rsp, all.data + start)) return true;
      start += rsp.size;
    }
    size_t next = position + parse.used + parse.skip;
    moved = next > position || parse.msg_len > 0;
    position = std::max(next, start);
  }
  if (start >= all.len) {
    inbox_.done(reactor_.chunks);
    return true;
  }
  if (all.len - start > kLongestAnswer) {
    bad(kTooLong);
    return true;
  }
  inbox_.keep(reactor_.chunks, all, start, position - start, 0);
  return true;
}

// False: the connection is gone.
bool Probe::reply(const weir_rsp &rsp, const uint8_t *data) {
  if (pending_ == 0) {
    bad("it answers what nobody asked");
    return false;
  }
  --pending_;
  expected_.replies = pending_;
  step(&rsp, {data, rsp.size});
  if (open() && (rsp.flags & WEIR_RF_CLOSE) != 0) drop();
  return open();
}

}  // namespace weir::upstream
