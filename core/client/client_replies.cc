// The side of a client connection that faces its replies: where their bytes go, in which order, and what becomes of
// those that fail.
#include <algorithm>

#include "core/base/log.h"
#include "core/client/client_connection.h"
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/front.h"
#include "core/client/merger.h"
#include "core/message/split.h"
#include "core/message/watch.h"

namespace weir::client {
namespace {

constexpr size_t kHeldOverhead = 256;  // what a reply that waits for its turn takes beside its bytes
constexpr size_t kSnugMost = 4 << 10;

}  // namespace

void ClientConnection::on_written(size_t) {
  moved_us_ = reactor_.now_us;
  if ((pauses_ & kOutput) != 0) check_output();
  if (!hears_leases_ && out_.empty()) hear_leases(true);
  if (input_ended_) finish_if_done();
}

void ClientConnection::on_broken(int) {
  front_->cells.client_err.add();
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
  if (request.split != nullptr || request.watch != nullptr) return replied_to_part(part, rsp, items, data);
  note_reply(rsp.size);
  request.parts_open = 0;
  if (is_first(request)) {
    if ((request.req.flags & WEIR_REQ_MUTE) == 0) put_out(data, rsp.size);
    order_.pop();
    --request.holders;  // its part still holds it
    bool fenced = (request.req.flags & WEIR_REQ_FENCE) != 0;
    if (fenced) fence_passed(request.req);
    const Request *next = order_.front();
    bool next_has_some = next != nullptr && (next->done || next->to_merge || !next->reply.empty());
    if (next_has_some || fenced || pauses_ != 0 || input_ended_) flush_order();
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
  if (request.watch != nullptr) request.watch->replied(rsp);
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

void ClientConnection::hold_back(Part &part) {
  if (!part.request->begun) front_->hold_back(*part.request);
}

// What the client asks for next may go to the part's new server before it does.
void ClientConnection::awaits_ring(Part &part) {
  front_->keep_for_ring(part);
  pause(kRing);
}

void ClientConnection::ring_changed(Part &part) {
  unpause(kRing);
  Dispatcher::send_again(*this, part);
}

void ClientConnection::send_again(Part &part, const weir_rsp &rsp) {
  Dispatcher::send_as_told(*this, part, rsp);
}

void ClientConnection::part_failed(Part &part, const Failure &failure, bool held) {
  Request &request = *part.request;
  front_->cells.forward_error.add();
  if (held) front_->hold_back(request);
  if (request.watch != nullptr) request.watch->failed(failure.status, failure.error);
  if (request.split != nullptr) {
    SplitPart &into = request.split->parts[part.index];
    into.failure = failure;
    return part_answered(request);
  }
  if (request.begun) return end_in_a_reply();
  unhold(request.reply);
  request.reply.clear(reactor_.chunks);
  request.parts_open = 0;
  fail(request, failure.error, failure.text);
}

// Half a reply cannot be taken back. The replies before it are the client's all the same.
void ClientConnection::end_in_a_reply() {
  flush();
  if (open()) close();
}

void ClientConnection::released(Request &) {
  flush_order();
}

void ClientConnection::part_answered(Request &request) {
  if (--request.parts_open > 0) return;
  if (request.split == nullptr) return finish(request);
  if ((request.req.flags & WEIR_REQ_MUTE) == 0 && request.split->key_count > kSlice) {
    request.to_merge = true;
    if (has_merge()) front_->slices.add_merge(*this);
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
  if (request.split->changes != nullptr) end_joining(*request.split);
  weir_scope with = scope();
  switch (Merger::run(*front_, with, request, to)) {
    case Merger::Outcome::unfinished:
      return true;
    case Merger::Outcome::merged:
      request.to_merge = false;
      if (&to != &out_) hold(before, to.size());
      if (reactor_.out.wants_close()) input_ended_ = true;
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

// Apart, so that what most replies take stays short.
[[gnu::noinline]] void ClientConnection::replied_to_part(Part &part, const weir_rsp &rsp, const weir_item *items,
                                                         const uint8_t *data) {
  if (is_merged_at_hand(*part.request)) return merge_at_hand(*part.request, rsp, items, data);
  reply_begins(part, rsp, items, data, rsp.size, true);
}

// Whether a reply that is all here is everything there is to merge, at once.
bool ClientConnection::is_merged_at_hand(const Request &request) {
  const Split *split = request.split;
  return split != nullptr && request.watch == nullptr && split->part_count == 1 && split->key_count <= kSlice &&
         split->parts[0].rsps == nullptr && split->changes == nullptr && (request.req.flags & WEIR_REQ_MUTE) == 0;
}

void ClientConnection::merge_at_hand(Request &request, const weir_rsp &rsp, const weir_item *items,
                                     const uint8_t *data) {
  note_reply(rsp.size);
  request.parts_open = 0;
  const bool held = !is_first(request);
  if (!held) {
    request.begun = true;
    output_grew();
  }
  const weir_scope with = scope();
  if (Merger::run_at_hand(*front_, with, request, rsp, items, data, out_, held) == Merger::Outcome::merged) {
    if (held) hold(0, request.reply.size());
    if (reactor_.out.wants_close()) input_ended_ = true;
    finish(request);
  } else {
    request.begun = false;
    fail(request, WEIR_ERR_INTERNAL, "the replies could not be merged");
  }
  if (open()) note_output();
}

void ClientConnection::fail(Request &request, uint32_t error, std::string_view text) {
  if ((request.req.flags & WEIR_REQ_MUTE) == 0 && request.req.reply != WEIR_REPLY_NONE) {
    Chain &to = reply_chain(request);
    size_t before = to.size();
    if (!render_reply(&request.req, error, text, {nullptr, 0}, to)) return close();
    if (&to != &out_) hold(before, to.size());
    if (request.watch != nullptr) request.watch->reply_size = to.size() - before;
  }
  if (request.watch != nullptr) request.watch->failed(WEIR_PART_OK, error);
  finish(request);
}

bool ClientConnection::render_reply(const weir_req *req, uint32_t error, std::string_view text, weir_bytes message,
                                    Chain &to) {
  const weir_bytes sources[] = {message};
  weir_out *out = reactor_.out.open(sources);
  weir_scope with = scope();
  weir_bytes said{reinterpret_cast<const uint8_t *>(text.data()), text.size()};
  weir_status status = front_->protocol.reply(&with, req, error, said, out);
  bool silent = req != nullptr && (req->flags & WEIR_REQ_MAY_BE_EMPTY) != 0;
  if (&to != &out_) to.reserve_snugly(reactor_.chunks, std::min(reactor_.out.bytes(), kSnugMost));
  bool ok = status == WEIR_OK && (silent || reactor_.out.bytes() > 0) &&
            reactor_.out.flatten(reactor_.arena, reactor_.chunks, to);
  bool wants_close = reactor_.out.wants_close();
  reactor_.arena.reset();
  if (!ok) {
    WEIR_LOG(err, "pool %s: the protocol plugin gave no legal reply (error %u); closing the client",
             front_->settings.name.c_str(), error);
  } else if (wants_close) {
    input_ended_ = true;
  }
  return ok;
}

void ClientConnection::tell_end(Request &request) {
  front_->filters.ended(*this, request);
}

void ClientConnection::finish(Request &request) {
  if (request.watch != nullptr) [[unlikely]]
    tell_end(request);
  request.done = true;
  flush_order();
}

void ClientConnection::flush_order() {
  while (Request *request = order_.pop_ready()) {
    take_held(*request);
    if ((request->req.flags & WEIR_REQ_FENCE) != 0) fence_passed(request->req);
    reactor_.requests.release(request);
  }
  if (!pushes_.empty()) put_out_pushes();
  // What the next one already has need not wait for its end.
  if (has_merge()) {
    front_->slices.add_merge(*this);
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
  if ((pauses_ & kMoving) != 0 && order_.empty()) front_->move_soon(*this);
  if ((pauses_ & (kSpare | kTurn)) != 0 && order_.empty()) unpause(kSpare | kTurn);
  if (input_ended_) finish_if_done();
}

}  // namespace weir::client
