#include "core/upstream/server_connection.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/log.h"
#include "core/upstream/reply_body.h"
#include "core/upstream/reply_parser.h"
#include "core/upstream/scope.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

// A connection on which nothing at all comes back for this many request timeouts is given up: until then a slow request
// fails alone and its late reply is swallowed (docs/adr/0004-timeouts-fail-alone.md).
constexpr uint64_t kStallTimeouts = 4;
constexpr uint64_t kLeastStallUs = 1'000'000;
// A part may be abandoned without a word to its connection.
constexpr uint64_t kLookWhileLeavingUs = 50'000;

}  // namespace

ServerConnection::ServerConnection(Upstream &upstream, uint32_t server, uint64_t profile)
    : Connection(upstream.with.reactor),
      upstream_(upstream),
      backend_(upstream.with.backends[server]),
      cells_(*upstream.with.cells[server]),
      queue_limit_(upstream.with.pool.server_queue_limit),
      inflight_limit_(upstream.with.pool.server_inflight),
      server_(server),
      profile_(profile),
      queue_(cells_),
      protocol_state_((upstream.with.protocol.protocol().server_state_size + 7) / 8 + 2) {}

ServerConnection::~ServerConnection() {
  inbox_.clear(reactor_.chunks);
  waiting_.clear(reactor_.chunks);
  drop_push();
  for (Part *part = queue_.take(false); part != nullptr;) {
    Part *next = part->next_expected;
    reactor_.requests.release(*part);
    part = next;
  }
}

weir_scope ServerConnection::scope() {
  return scope_of(upstream_, protocol_state_, conn_id_);
}

// ---- requests --------------------------------------------------------------------------------------------

void ServerConnection::look_when_due(const Part &part) {
  if (part.due_us != 0) upstream_.check_at(part.due_us);
}

void ServerConnection::note_queue() {
  bool swamped = backlog() > queue_limit_ / 2 || queue_.size() >= inflight_limit_;
  if (swamped == swamped_) return;
  swamped_ = swamped;
  upstream_.swamped += swamped ? 1 : -1;
}

void ServerConnection::connect_if_closed() {
  if (state_ != State::closed || resends_soon_) return;
  back_off_.refuses(reactor_.now_us) ? refuse_soon() : connect();
}

// The caller is in the middle of queueing, here too.
void ServerConnection::refuse_soon() {
  if (closing_soon_) return;
  closing_soon_ = true;
  reactor_.later([this] {
    closing_soon_ = false;
    waiting_.clear(reactor_.chunks);
    count_requests();
    fail_all({down_why_.c_str(), WEIR_PART_NO_SERVER, down_error_, false}, {});
    note_queue();
    queue_.publish();
  });
}

void ServerConnection::on_writable() {
  if (state_ == State::connecting) return connected();
  turn_ends();
}

void ServerConnection::turn_ends() {
  count_requests();
  if (state_ == State::preparing || is_up()) flush();
  queue_.publish();
}

void ServerConnection::on_written(size_t len) {
  if (!is_up()) return;
  if (swamped_) note_queue();
  if (queue_.empty()) moved_us_ = reactor_.now_us;
  queue_.wrote(len);
}

// ---- replies ---------------------------------------------------------------------------------------------

void ServerConnection::on_readable() {
  if (!open() || state_ == State::connecting) return;
  if (body_left_ >= ReplyBody::kFrom) [[unlikely]] {
    if (ReplyBody::read(*this)) return;
  }
  Inbox::Span room = inbox_.prepare(reactor_.chunks, reactor_.window);
  ssize_t n = transport_.read(room.data, room.len);
  if (n <= 0) return read_failed(n);
  moved_us_ = reactor_.now_us;
  Inbox::Span all = inbox_.received(reactor_.chunks, reactor_.window, static_cast<size_t>(n));
  size_t begun = body_left_ > 0 ? stream_body(all.data, all.len) : 0;
  if (push_left_ > 0) [[unlikely]]
    begun = push_goes_on(all.data, all.len);
  if (open()) parse_on(all, begun);
}

// As read(2) says: the end, or errno.
void ServerConnection::read_failed(ssize_t n) {
  if (n == 0) {
    return close({std::strerror(ECONNRESET), WEIR_PART_CLOSED, WEIR_ERR_UPSTREAM, false,
                  "the server closed the connection", true});
  }
  if (errno != EAGAIN && errno != EINTR) on_broken(errno);
}

// Bytes came; up to `at`, they were the body of a reply that began before.
void ServerConnection::parse_on(Inbox::Span all, size_t at) {
  if (body_closes_ && body_left_ == 0) return close(kServerEnds);
  if (at == all.len) {
    inbox_.done(reactor_.chunks);
  } else if (!ReplyParser::run(*this, all, at)) {
    return;
  }
  count_replies();
  if (lease_.ends) [[unlikely]]
    end_lease_if_done();
}

void ServerConnection::count_requests() {
  cells_.requests.add(requests_);
  cells_.request_bytes.add(request_bytes_);
  requests_ = request_bytes_ = 0;
}

void ServerConnection::count_replies() {
  if (responses_ != 0 && !answered_) {
    answered_ = true;
    back_off_.succeeded();
  }
  cells_.responses.add(responses_);
  cells_.response_bytes.add(response_bytes_);
  responses_ = response_bytes_ = 0;
  if (swamped_) note_queue();
  queue_.publish();
  if (state_ == State::leaving) [[unlikely]]
    reactor_.later([this] { check_leaving(); });
}

// The way of nearly every reply: all of it is here, and it answers the oldest part.
bool ServerConnection::reply(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have) {
  Part *part = queue_.head();
  bool usual = rsp.kind == WEIR_RSP_FINAL && rsp.flags == 0 && have == rsp.size && state_ == State::ready &&
               part != nullptr && part->replies_left == 1 && !queue_.head_is_unsent();
  if (!usual) return unusual_reply(rsp, items, data, have);
  part->replies_left = 0;
  ++responses_;
  response_bytes_ += rsp.size;
  resends_ = 0;
  backend_.health.replied();
  Request *request = part->request;
  RequestOwner *owner = request->owner;
  if (part->none()) {
    if (owner != nullptr) owner->replied(*part, rsp, items, data);
  } else {
    if (!part->abandoned && owner != nullptr) owner->replied(*part, rsp, items, data);
    reactor_.requests.forget(*part);
  }
  queue_.pop();
  reactor_.requests.release(request);
  return true;
}

bool ServerConnection::unusual_reply(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have) {
  if (state_ == State::preparing) return reply_to_step(rsp, data, have);
  if (rsp.kind == WEIR_RSP_PUSH && lease_.is_one) return push_begins(rsp, items, data, have);
  return reply_to_head(rsp, items, data, have);
}

bool ServerConnection::reply_to_head(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have) {
  Part *part = queue_.head();
  if (part == nullptr || queue_.head_is_unsent() || rsp.kind >= WEIR_RSP_PUSH) {
    close({"a reply that no request asked for", WEIR_PART_PROTO, WEIR_ERR_UPSTREAM, true});
    return false;
  }
  bool final = rsp.kind == WEIR_RSP_FINAL, held = false;
  if (refuses_prelude(*part, rsp)) {
    close({"the server refused what had to come first", WEIR_PART_CLOSED, WEIR_ERR_ABORTED, false});
    return false;
  }
  if ((rsp.flags & WEIR_RF_RESEND) != 0 && final && part->replies_left == 1 && have == rsp.size) {
    if (send_head_again(rsp)) return true;
  }
  if (final) {
    --part->replies_left;
    ++responses_;
    resends_ = 0;
    if ((rsp.flags & WEIR_RF_TRANSIENT) != 0) {
      held = upstream_.failed(server_);
    } else {
      backend_.health.replied();
    }
  }
  response_bytes_ += rsp.size;
  bool answers = final && part->replies_left == 0;
  bool whole = have == rsp.size;
  body_left_ = rsp.size - have;
  body_ends_ = answers;
  part->begun = true;
  RequestOwner *owner = part->request->owner;
  if (!part->abandoned && owner != nullptr) {
    if (held) owner->hold_back(*part);
    owner->reply_begins(*part, rsp, items, data, have, answers && whole);
  }
  if (answers && whole) retire_head();
  if ((rsp.flags & WEIR_RF_LEASE_END) != 0) lease_.ends = lease_.is_one;
  if ((rsp.flags & WEIR_RF_ELSEWHERE) != 0) renew();
  body_closes_ = (rsp.flags & WEIR_RF_CLOSE) != 0;
  if (body_closes_ && whole) {
    close(kServerEnds);
    return false;
  }
  return true;
}

size_t ServerConnection::stream_body(const uint8_t *data, size_t len) {
  size_t n = std::min(len, body_left_);
  body_left_ -= n;
  Part *part = queue_.head();
  bool answers = body_ends_ && body_left_ == 0;
  RequestOwner *owner = part->request->owner;
  if (!part->abandoned && owner != nullptr) owner->reply_goes_on(*part, data, n, answers);
  if (answers) retire_head();
  return n;
}

bool ServerConnection::give_up_head() {
  Part *part = queue_.head();
  if (part == nullptr || !part->want_items) return false;
  part->want_items = false;  // from here on it may come in parts, which are swallowed
  if (part->abandoned) return true;
  WEIR_LOG(warn, "pool %s: server %s: a reply that has to be held whole is over client_output_limit",
           upstream_.with.pool.name.c_str(), backend_.config.name.c_str());
  RequestOwner *owner = part->request->owner;
  part->abandoned = true;
  if (owner != nullptr) {
    owner->part_failed(*part, {WEIR_PART_PROTO, WEIR_ERR_TOO_BIG, "a reply is larger than client_output_limit"}, false);
  }
  return true;
}

ReplyArrays &ServerConnection::arrays() {
  return upstream_.arrays;
}

void ServerConnection::retire_head() {
  reactor_.requests.release(*queue_.pop());
}

// ---- time ------------------------------------------------------------------------------------------------

void ServerConnection::expire(Part &part) {
  cells_.server_timedout.add();
  bool is_new = backend_.health.is_new_timeout(reactor_.now_us, upstream_.with.pool.timeout_us);
  bool held = is_new && upstream_.failed(server_);
  RequestOwner *owner = part.request->owner;
  bool tell = !part.abandoned && owner != nullptr;
  part.abandoned = true;
  reactor_.requests.forget(part);
  if (tell) owner->part_failed(part, {WEIR_PART_TIMEOUT, WEIR_ERR_TIMEOUT, std::strerror(ETIMEDOUT)}, held);
  // Its client would go on without knowing what became of it.
  if (lease_.is_one) close({std::strerror(ETIMEDOUT), WEIR_PART_TIMEOUT, WEIR_ERR_TIMEOUT, false});
}

uint64_t ServerConnection::check_time(uint64_t now_us) {
  if (prepare_due_us_ != 0 && now_us >= prepare_due_us_ && state_ != State::closed && !closing_soon_) {
    cells_.server_timedout.add();
    backend_.try_another(address_);
    close({std::strerror(ETIMEDOUT), WEIR_PART_NO_SERVER, WEIR_ERR_TIMEOUT, true});
    return 0;
  }
  const bool unread = lease_.unread_since_us != 0;  // the answer may be there, and its client takes nothing
  while (Part *part = unread ? nullptr : queue_.next_overdue(now_us)) expire(*part);
  if (state_ == State::leaving && !check_leaving()) upstream_.check_at(now_us + kLookWhileLeavingUs);
  uint64_t timeout = upstream_.with.pool.timeout_us;
  uint64_t stall = std::max(timeout * kStallTimeouts, kLeastStallUs);
  bool waits = (!queue_.empty() || !out_.empty()) && !lease_.is_one;  // which may wait as long as it likes
  if (timeout != 0 && waits && state_ == State::ready && now_us >= moved_us_ + stall) {
    close({std::strerror(ETIMEDOUT), WEIR_PART_TIMEOUT, WEIR_ERR_TIMEOUT, false});
    return 0;
  }
  uint64_t next = prepare_due_us_;
  auto sooner = [&next](uint64_t us) { next = next == 0 ? us : std::min(next, us); };
  if (uint64_t due = queue_.next_due_us(); due != 0 && !unread) sooner(due);
  if (timeout != 0 && waits) sooner(std::max(moved_us_ + stall, now_us + 1000));
  return next;
}

}  // namespace weir::upstream
