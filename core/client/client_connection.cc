#include "core/client/client_connection.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "core/base/log.h"
#include "core/client/front.h"
#include "core/client/merger.h"
#include "core/client/request_parser.h"
#include "core/message/split.h"

namespace weir::client {
namespace {

constexpr uint64_t kLingerUs = 2'000'000;
constexpr uint64_t kFirstInflight = 128;  // until replies have shown their size
constexpr uint64_t kLeastInflight = 16;
constexpr size_t kHeldOverhead = 256;  // what a reply that waits for its turn takes beside its bytes
constexpr size_t kSnugMost = 4 << 10;
constexpr uint64_t kLargestReply = 1 << 30;

}  // namespace

ClientConnection::ClientConnection(Front &front, uint32_t lane)
    : Connection(front.reactor),
      front_(front),
      lane_(lane),
      usual_reply_(front.settings.client_output_limit / 2 / kFirstInflight),
      protocol_state_((front.protocol.client_state_size + 7) / 8 + 2) {
  usual_reply_ = std::max(usual_reply_, front.small_reply);
  weigh_inflight();
}

ClientConnection::~ClientConnection() {
  drop_input();
}

void *ClientConnection::state() {
  auto at = reinterpret_cast<uintptr_t>(protocol_state_.data());
  return reinterpret_cast<void *>((at + 15) & ~uintptr_t{15});
}

weir_scope ClientConnection::scope() {
  return front_.scope(state(), conn_id_);
}

// ---- life
// ------------------------------------------------------------------------------------------------------------

void ClientConnection::start(int fd, bool refused) {
  refused_ = refused;
  static std::atomic<uint64_t> last_id{0};
  conn_id_ = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  moved_us_ = reactor_.now_us;
  reactor_.stats.total_connections.add();
  reactor_.stats.curr_connections.add();
  front_.cells.client_connections.add();
  if (!attach(fd, net::Loop::kRead)) return close();
  if (!refused) return;
  if (!render_reply(nullptr, WEIR_ERR_OVERLOAD, "max number of clients reached", {nullptr, 0}, out_)) return close();
  output_grew();
  end_input();
}

void ClientConnection::drain() {
  if (reading() && !input_ended_) on_readable();
  if (open()) end_input();
}

void ClientConnection::end_input() {
  input_ended_ = true;
  if (linger_until_us_ == 0) want_reading(false);
  finish_if_done();
}

void ClientConnection::finish_if_done() {
  if (!open() || !input_ended_ || linger_until_us_ != 0 || !order_.empty() || !out_.empty()) return;
  if (peer_ended_) return close();
  linger();
}

// Closing with input unread would reset the connection and take the last reply from under the client's eyes.
void ClientConnection::linger() {
  ::shutdown(transport_.fd, SHUT_WR);
  linger_until_us_ = reactor_.now_us + kLingerUs;
  ++front_.slow_clients;
  drop_input();
  want_reading(true);
}

void ClientConnection::close() {
  if (linger_until_us_ != 0 || (pauses_ & kOutput) != 0) --front_.slow_clients;
  linger_until_us_ = 0;
  pauses_ = 0;
  large_.reset();
  while (Request *request = order_.pop()) {
    request->owner = nullptr;
    request->reply.clear(reactor_.chunks);
    reactor_.requests.release(request);
  }
  if (front_.protocol.closed != nullptr) {
    weir_scope with = scope();
    front_.protocol.closed(&with, 0);
  }
  detach();
  reactor_.stats.curr_connections.sub();
  front_.cells.client_connections.sub();
  if (!refused_) front_.pool.clients.fetch_sub(1, std::memory_order_relaxed);
  reactor_.clients.fetch_sub(1, std::memory_order_relaxed);
  front_.forget(*this);
}

void ClientConnection::check_time(uint64_t now_us) {
  if (linger_until_us_ != 0 && now_us >= linger_until_us_) return close();
  if (out_.empty()) moved_us_ = now_us;  // what is held behind a slow request is not the client's to read yet
  uint64_t patience = front_.settings.client_stall_timeout_us;
  if ((pauses_ & kOutput) == 0 || patience == 0 || now_us < moved_us_ + patience) return;
  WEIR_LOG(warn, "pool %s: closing a client that read nothing for client_stall_timeout with %zu bytes waiting for it",
           front_.settings.name.c_str(), out_.size() + held_bytes_);
  front_.cells.client_err.add();
  close();
}

// ---- input
// -----------------------------------------------------------------------------------------------------------

void ClientConnection::on_readable() {
  if (!open()) return;
  bool discards = input_ended_;
  if (body_.reads() && !discards && (pauses_ & kBusy) == 0) [[unlikely]]
    return RequestBody::read(*this);
  Inbox::Span room = discards ? Inbox::Span{reactor_.window.data, reactor_.window.size}
                              : inbox_.prepare(reactor_.chunks, reactor_.window);
  ssize_t n = transport_.read(room.data, room.len);
  if (n <= 0) return read_failed(n);
  if (!discards) consume(inbox_.received(reactor_.chunks, reactor_.window, static_cast<size_t>(n)));
}

// As read(2) says: the end, or errno.
void ClientConnection::read_failed(ssize_t n) {
  if (n == 0) return peer_closed();
  if (errno != EAGAIN && errno != EINTR) on_broken(errno);
}

void ClientConnection::drop_input() {
  inbox_.clear(reactor_.chunks);
  body_.clear(reactor_.chunks);
}

void ClientConnection::peer_closed() {
  // The second time it hung up both ways: nobody is left to answer.
  if (linger_until_us_ != 0 || peer_ended_) return close();
  peer_ended_ = true;
  front_.cells.client_eof.add();
  drop_input();
  end_input();
}

void ClientConnection::consume(Inbox::Span all) {
  if ((pauses_ & kBusy) != 0) {  // it has hung up: that is told even to those who do not read
    return inbox_.keep(reactor_.chunks, all, 0, inbox_.resume(), 0);
  }
  parsing_ = true;
  RequestParser::run(*this, all);
  parsing_ = false;
  if (!open()) return;
  if ((pauses_ & kInflight) != 0 || order_.size() >= allowed_inflight_) check_inflight();
  if (!input_ended_) return;
  drop_input();
  finish_if_done();
}

void ClientConnection::go_on() {
  if (!open() || pauses_ != 0 || input_ended_) return;
  want_reading(true);
  if (Inbox::Span waiting = inbox_.again(); waiting.len > 0 && !awaiting_) consume(waiting);
}

void ClientConnection::pause(uint32_t why) {
  if (why == kOutput && (pauses_ & kOutput) == 0) ++front_.slow_clients;
  pauses_ |= why;
  if (linger_until_us_ == 0) want_reading(false);
}

void ClientConnection::unpause(uint32_t why) {
  if ((pauses_ & why) == 0) return;
  if ((pauses_ & why & kOutput) != 0) --front_.slow_clients;
  pauses_ &= ~why;
  if (pauses_ == 0 && !input_ended_) front_.resume_soon(*this);
}

// Up at once, down by and by: one large reply is a better warning than many small ones are a comfort.
void ClientConnection::weigh_reply(uint64_t size) {
  largest_reply_ = std::max<size_t>(largest_reply_, std::min(size, kLargestReply));
  if (size >= usual_reply_) {
    usual_reply_ = size;
  } else {
    usual_reply_ = std::max(usual_reply_ - (usual_reply_ - size + 7) / 8, front_.small_reply);
  }
  weigh_inflight();
}

void ClientConnection::weigh_inflight() {
  nothing_new_ = usual_reply_ == front_.small_reply ? usual_reply_ : 0;
  uint64_t most = front_.settings.client_inflight;
  uint64_t fitting = front_.settings.client_output_limit / 2 / std::max<uint64_t>(usual_reply_, 1);
  allowed_inflight_ = static_cast<uint32_t>(std::min(most, std::max(fitting, kLeastInflight)));
}

void ClientConnection::check_inflight() {
  if (order_.size() >= allowed_inflight_) {
    pause(kInflight);
  } else if (order_.size() <= allowed_inflight_ / 2) {
    unpause(kInflight);
  }
}

void ClientConnection::note_output() {
  if (out_.size() + held_bytes_ > front_.output_pause || pauses_ != 0) check_output();
}

void ClientConnection::check_output() {
  size_t waiting = out_.size() + held_bytes_;
  uint64_t limit = front_.settings.client_output_limit;
  if (waiting > limit / 4) {
    pause(kOutput);
  } else if (waiting <= limit / 8) {
    unpause(kOutput);
  }
  // One reply, however large, is always allowed beside the limit: it is the server's to bound.
  if (waiting <= limit + largest_reply_) return;
  WEIR_LOG(warn, "pool %s: closing a client that does not read: %zu bytes wait for it, over client_output_limit",
           front_.settings.name.c_str(), waiting);
  front_.cells.client_err.add();
  close();
}

// ---- large commands
// --------------------------------------------------------------------------------------------------

void ClientConnection::begin_large(Request &request, LargeRequest::Content &&content) {
  large_ = std::make_unique<LargeRequest>(*this, request, std::move(content));
  pause(kBusy);
  front_.slices.add_dispatch(*this);
}

Left ClientConnection::dispatch_slice() {
  std::unique_ptr<LargeRequest> large = std::move(large_);  // it may close the client
  bool more = large->work() && open();
  if (more) {
    large_ = std::move(large);
  } else {
    unpause(kBusy);
  }
  if (open()) note_output();
  return more && open() ? Left::other : Left::nothing;
}

Left ClientConnection::merge_slice() {
  if (!has_merge()) return Left::nothing;
  Request &request = *order_.front();
  if (request.split->merged_keys == 0) forget_gathered(request);
  bool more = merge(request, reply_chain(request));
  if (open()) note_output();
  if (!open()) return Left::nothing;
  return more ? Left::same : has_merge() ? Left::other : Left::nothing;
}

// ---- output
// ----------------------------------------------------------------------------------------------------------

void ClientConnection::on_written(size_t) {
  moved_us_ = reactor_.now_us;
  if ((pauses_ & kOutput) != 0) check_output();
  if (input_ended_) finish_if_done();
}

void ClientConnection::on_broken(int) {
  front_.cells.client_err.add();
  close();
}

Chain &ClientConnection::reply_chain(Request &request) {
  if (!is_first(request)) return request.reply.chain(reactor_.chunks);
  request.begun = true;
  output_grew();
  return out_;
}

// Bytes were appended where there were `before`: those that must wait are put on the account.
void ClientConnection::hold(size_t before, size_t now) {
  if (now > before) held_bytes_ += now - before + (before == 0 ? kHeldOverhead : 0);
}

// The bytes of a reply that was held leave the account.
void ClientConnection::unhold(const HeldReply &reply) {
  if (!reply.empty()) held_bytes_ -= std::min(held_bytes_, reply.size() + kHeldOverhead);
}

bool ClientConnection::is_first(const Request &request) const {
  return order_.front() == &request && request.held_back == 0;
}

void ClientConnection::put_out_large(const uint8_t *data, size_t len) {
  size_t written = 0;
  if (out_.empty()) {
    moved_us_ = reactor_.now_us;  // nothing waited until now
    written = static_cast<size_t>(std::max<ssize_t>(transport_.write(data, len), 0));
    if (written == len) return;
  }
  out_.append(reactor_.chunks, data + written, len - written);  // an error shows again when that is written
  output_grew();
}

void ClientConnection::deliver(Request &request, const uint8_t *data, size_t len) {
  if ((request.req.flags & WEIR_REQ_MUTE) != 0) return;
  if (is_first(request)) {
    request.begun = true;
    return put_out(data, len);
  }
  size_t before = request.reply.size();
  request.reply.append(reactor_.chunks, data, len);
  hold(before, before + len);
}

void ClientConnection::replied(Part &part, const weir_rsp &rsp, const weir_item *items, const uint8_t *data) {
  Request &request = *part.request;
  if (request.split != nullptr) return reply_begins(part, rsp, items, data, rsp.size, true);
  note_reply(rsp.size);
  request.parts_open = 0;
  if (is_first(request)) {
    if ((request.req.flags & WEIR_REQ_MUTE) == 0) put_out(data, rsp.size);
    order_.pop();
    --request.holders;  // its part still holds it
    if ((request.req.flags & WEIR_REQ_FENCE) != 0) unpause(kFence);
    const Request *next = order_.front();
    bool next_has_some = next != nullptr && (next->done || next->to_merge || !next->reply.empty());
    if (next_has_some || pauses_ != 0 || input_ended_) flush_order();
    if (!open()) return;
  } else {
    deliver(request, data, rsp.size);
    request.done = true;
    if (pauses_ != 0) order_moved();  // its size may have shown that more requests may be unanswered
    if (!open()) return;
  }
  note_output();
}

void ClientConnection::reply_begins(Part &part, const weir_rsp &rsp, const weir_item *items, const uint8_t *data,
                                    size_t len, bool ends) {
  Request &request = *part.request;
  note_reply(request.split == nullptr ? rsp.size : request.split->announced += rsp.size);
  if (request.split != nullptr) {
    SplitPart &into = request.split->parts[part.index];
    Split::add_reply(reactor_.chunks, into, rsp, items);
    Split::add_bytes(reactor_.chunks, into, data, len, std::min<size_t>(rsp.size, Inbox::kMostAtOnce));
    held_bytes_ += len;
  } else {
    deliver(request, data, len);
  }
  if (ends) part_answered(request);
  if (open()) note_output();
}

void ClientConnection::reply_goes_on(Part &part, const uint8_t *data, size_t len, bool ends) {
  Request &request = *part.request;
  if (request.split != nullptr) {
    Split::add_bytes(reactor_.chunks, request.split->parts[part.index], data, len, 0);
    held_bytes_ += len;
  } else {
    deliver(request, data, len);
  }
  if (ends) part_answered(request);
  if (open()) note_output();
}

BodyPlace ClientConnection::body_place(Part &part) {
  Request &request = *part.request;
  if (request.split != nullptr || (request.req.flags & WEIR_REQ_MUTE) != 0) return {};
  if (!is_first(request)) return {&request.reply.chain(reactor_.chunks)};
  if (!out_.empty()) return {&out_};
  moved_us_ = reactor_.now_us;
  return {&out_, transport_.ops == nullptr ? transport_.fd : -1};
}

void ClientConnection::body_came(Part &part, size_t len, bool ends) {
  Request &request = *part.request;
  if (is_first(request)) {
    request.begun = true;
    if (!out_.empty()) output_grew();
  } else {
    hold(request.reply.size() - len, request.reply.size());
  }
  if (ends) part_answered(request);
  if (open()) note_output();
}

void ClientConnection::part_failed(Part &part, const Failure &failure, bool held) {
  Request &request = *part.request;
  front_.cells.forward_error.add();
  if (held) front_.hold_back(request);
  if (request.split != nullptr) {
    SplitPart &into = request.split->parts[part.index];
    into.failure = failure;
    return part_answered(request);
  }
  if (request.begun) return close();  // half a reply cannot be taken back
  unhold(request.reply);
  request.reply.clear(reactor_.chunks);
  request.parts_open = 0;
  fail(request, failure.error, failure.text);
}

void ClientConnection::released(Request &) {
  flush_order();
}

void ClientConnection::part_answered(Request &request) {
  if (--request.parts_open > 0) return;
  if (request.split == nullptr) return finish(request);
  if ((request.req.flags & WEIR_REQ_MUTE) == 0 && request.split->key_count > kSlice) {
    request.to_merge = true;
    if (has_merge()) front_.slices.add_merge(*this);
    return;
  }
  forget_gathered(request);
  if ((request.req.flags & WEIR_REQ_MUTE) != 0) return finish(request);
  merge(request, reply_chain(request));
}

// What was gathered leaves the account: it becomes the reply.
void ClientConnection::forget_gathered(const Request &request) {
  size_t gathered = 0;
  for (uint32_t i = 0; i < request.split->part_count; ++i) {
    if (Chunk *bytes = request.split->parts[i].bytes; bytes != nullptr) gathered += bytes->size();
  }
  held_bytes_ -= std::min(held_bytes_, gathered);
}

bool ClientConnection::merge(Request &request, Chain &to) {
  size_t before = to.size();
  weir_scope with = scope();
  switch (Merger::run(front_, with, request, to)) {
    case Merger::Outcome::unfinished:
      return true;
    case Merger::Outcome::merged:
      request.to_merge = false;
      if (&to != &out_) hold(before, to.size());
      finish(request);
      break;
    case Merger::Outcome::failed:
      request.begun = request.to_merge = false;
      fail(request, WEIR_ERR_INTERNAL, "the replies could not be merged");
      break;
    case Merger::Outcome::broken:
      close();
  }
  return false;
}

void ClientConnection::fail(Request &request, uint32_t error, std::string_view text) {
  if ((request.req.flags & WEIR_REQ_MUTE) == 0 && request.req.reply != WEIR_REPLY_NONE) {
    Chain &to = reply_chain(request);
    size_t before = to.size();
    if (!render_reply(&request.req, error, text, {nullptr, 0}, to)) return close();
    if (&to != &out_) hold(before, to.size());
  }
  finish(request);
}

bool ClientConnection::render_reply(const weir_req *req, uint32_t error, std::string_view text, weir_bytes message,
                                    Chain &to) {
  const weir_bytes sources[] = {message};
  weir_out *out = reactor_.out.open(sources);
  weir_scope with = scope();
  weir_bytes said{reinterpret_cast<const uint8_t *>(text.data()), text.size()};
  weir_status status = front_.protocol.reply(&with, req, error, said, out);
  bool silent = req != nullptr && (req->flags & WEIR_REQ_MAY_BE_EMPTY) != 0;
  if (&to != &out_) to.reserve_snugly(reactor_.chunks, std::min(reactor_.out.bytes(), kSnugMost));
  bool ok = status == WEIR_OK && (silent || reactor_.out.bytes() > 0) &&
            reactor_.out.flatten(reactor_.arena, reactor_.chunks, to);
  bool wants_close = reactor_.out.wants_close();
  reactor_.arena.reset();
  if (!ok) {
    WEIR_LOG(err, "pool %s: the protocol plugin gave no legal reply (error %u); closing the client",
             front_.settings.name.c_str(), error);
  } else if (wants_close) {
    input_ended_ = true;
  }
  return ok;
}

void ClientConnection::finish(Request &request) {
  request.done = true;
  flush_order();
}

void ClientConnection::flush_order() {
  while (Request *request = order_.pop_ready()) {
    take_held(*request);
    uint32_t flags = request->req.flags;
    reactor_.requests.release(request);
    if ((flags & WEIR_REQ_FENCE) != 0) unpause(kFence);
  }
  // What the next one already has need not wait for its end.
  if (has_merge()) {
    front_.slices.add_merge(*this);
  } else if (Request *first = order_.front(); first != nullptr && first->held_back == 0 && !first->reply.empty()) {
    take_held(*first);
    first->begun = true;
  }
  order_moved();
}

// The reply's turn has come.
void ClientConnection::take_held(Request &request) {
  if (request.reply.empty()) return;
  unhold(request.reply);
  request.reply.move_to(reactor_.chunks, out_);
  output_grew();
}

void ClientConnection::order_moved() {
  if (parsing_) return;
  if ((pauses_ & kInflight) != 0) check_inflight();
  if (input_ended_) finish_if_done();
}

}  // namespace weir::client
