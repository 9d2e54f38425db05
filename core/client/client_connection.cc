#include "core/client/client_connection.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "core/base/log.h"
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/front.h"
#include "core/client/request_parser.h"
#include "core/message/split.h"
#include "core/message/watch.h"

namespace weir::client {
namespace {

constexpr uint64_t kLingerUs = 2'000'000;
constexpr uint64_t kFirstInflight = 128;  // until replies have shown their size
constexpr uint64_t kLeastInflight = 2;
constexpr uint64_t kLargestReply = 1 << 30;
constexpr size_t kMostWhileBlocked = 64 << 10;  // is taken in of a client that waits for a command that blocks

}  // namespace

ClientConnection::ClientConnection(Front &front, uint32_t lane)
    : Connection(front.reactor),
      front_(&front),
      lane_(lane),
      usual_reply_(front.settings.client_output_limit / 2 / kFirstInflight),
      protocol_state_((front.protocol.client_state_size + 7) / 8 + 2) {
  usual_reply_ = std::max(usual_reply_, front.small_reply);
  weigh_inflight();
}

ClientConnection::~ClientConnection() {
  drop_input();
}

// ---- life
// ------------------------------------------------------------------------------------------------------------

void ClientConnection::start(int fd, bool refused) {
  refused_ = refused;
  static std::atomic<uint64_t> last_id{0};
  conn_id_ = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  moved_us_ = began_us_ = reactor_.now_us;
  reactor_.stats.total_connections.add();
  reactor_.stats.curr_connections.add();
  front_->cells.client_connections.add();
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
  if (linger_until_us_ == 0) want_reading(may_leave());
  finish_if_done();
}

void ClientConnection::finish_if_done() {
  if (!open() || !input_ended_ || linger_until_us_ != 0 || !order_.empty() || !out_.empty()) return;
  if (postponed_ != nullptr) return;
  if (peer_ended_) return close();
  linger();
}

// Closing with input unread would reset the connection and take the last reply from under the client's eyes.
void ClientConnection::linger() {
  ::shutdown(transport_.fd, SHUT_WR);
  linger_until_us_ = reactor_.now_us + kLingerUs;
  ++front_->slow_clients;
  drop_input();
  want_reading(true);
}

void ClientConnection::close() {
  if (linger_until_us_ != 0 || (pauses_ & kOutput) != 0) --front_->slow_clients;
  linger_until_us_ = 0;
  pauses_ = 0;
  large_.reset();
  drop_leases();
  while (Request *request = order_.pop()) {
    if (request->watch != nullptr) {
      request->watch->failed(WEIR_PART_CLOSED, WEIR_ERR_NONE);
      tell_end(*request);
    }
    request->owner = nullptr;
    request->reply.clear(reactor_.chunks);
    reactor_.requests.release(request);
  }
  if (front_->protocol.closed != nullptr) {
    weir_scope with = scope();
    front_->protocol.closed(&with, 0);
  }
  detach();
  reactor_.stats.curr_connections.sub();
  front_->cells.client_connections.sub();
  if (!refused_) front_->pool.clients.fetch_sub(1, std::memory_order_relaxed);
  reactor_.clients.fetch_sub(1, std::memory_order_relaxed);
  front_->forget(*this);
}

void ClientConnection::check_time(uint64_t now_us) {
  if (linger_until_us_ != 0 && now_us >= linger_until_us_) return close();
  if (front_->settings.idle_timeout_us != 0 && idles_too_long(now_us)) return close();
  if (out_.empty()) moved_us_ = now_us;  // what is held behind a slow request is not the client's to read yet
  uint64_t patience = front_->settings.client_stall_timeout_us;
  if ((pauses_ & kOutput) == 0 || patience == 0 || now_us < moved_us_ + patience) return;
  WEIR_LOG(warn, "pool %s: closing a client that read nothing for client_stall_timeout with %zu bytes waiting for it",
           front_->settings.name.c_str(), out_.size() + held_bytes_);
  front_->cells.client_err.add();
  close();
}

// From one look to the next: that costs a request nothing but to say that something came.
bool ClientConnection::idles_too_long(uint64_t now_us) {
  bool heard = std::exchange(heard_, false);
  if (heard || !order_.empty() || !leases_.empty() || !topics_.empty() || idle_since_us_ == 0) idle_since_us_ = now_us;
  if (!out_.empty()) idle_since_us_ = std::max(idle_since_us_, moved_us_);
  if (now_us < idle_since_us_ + front_->settings.idle_timeout_us) return false;
  WEIR_LOG(info, "pool %s: closing a client that was idle for idle_timeout", front_->settings.name.c_str());
  return true;
}

// ---- input
// -----------------------------------------------------------------------------------------------------------

void ClientConnection::on_readable() {
  if (!open()) return;
  heard_ = true;
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
  if (is_blocked()) return close();  // nobody waits for what it waited for
  front_->cells.client_eof.add();
  drop_input();
  end_input();
}

void ClientConnection::consume(Inbox::Span all) {
  // It has hung up: that is told even to those who do not read. Or it was paused by an event of this very turn.
  bool between = !awaiting_ && discard_ == 0;
  if ((pauses_ & (kBusy | kFence | kTurn)) != 0 || ((pauses_ & kSpare) != 0 && between)) [[unlikely]] {
    if (all.len > kMostWhileBlocked) want_reading(false);
    return inbox_.keep(reactor_.chunks, all, 0, inbox_.resume(), 0);
  }
  parsing_ = true;
  RequestParser::run(*this, all);
  parsing_ = false;
  if (!open()) return;
  if ((pauses_ & kInflight) != 0 || order_.size() >= allowed_inflight_) check_inflight();
  if ((pauses_ & kMoving) != 0) front_->move_soon(*this);
  if (!input_ended_) return;
  drop_input();
  finish_if_done();
}

void ClientConnection::go_on() {
  if (!open() || pauses_ != 0) return;
  if (postponed_ != nullptr && !Dispatcher::run_postponed(*this)) return;
  if (input_ended_) return finish_if_done();
  want_reading(true);
  if (Inbox::Span waiting = inbox_.again(); waiting.len > 0 && !awaiting_) consume(waiting);
}

void ClientConnection::pause(uint32_t why) {
  if (why == kOutput && (pauses_ & kOutput) == 0) ++front_->slow_clients;
  pauses_ |= why;
  if (why == kOutput) read_leases();
  if (linger_until_us_ == 0) want_reading(may_leave());
}

// One that waits for a command that blocks is listened to, whatever else it is paused for: it may go away, and must not
// be given what others wait for.
bool ClientConnection::may_leave() const {
  if (!is_blocked() || peer_ended_) return false;
  return input_ended_ || ((pauses_ & kFence) != 0 && inbox_.held() <= kMostWhileBlocked);
}

void ClientConnection::unpause(uint32_t why) {
  if ((pauses_ & why) == 0) return;
  bool was_slow = (pauses_ & why & kOutput) != 0;
  pauses_ &= ~why;
  if (was_slow) {
    --front_->slow_clients;
    read_leases();
  }
  if (pauses_ != 0 && linger_until_us_ == 0) want_reading(may_leave());
  if (pauses_ == 0 && (!input_ended_ || postponed_ != nullptr)) front_->resume_soon(*this);
}

// Up at once, down by and by: one large reply is a better warning than many small ones are a comfort.
void ClientConnection::weigh_reply(uint64_t size) {
  largest_reply_ = std::max<size_t>(largest_reply_, std::min(size, kLargestReply));
  if (size >= usual_reply_) {
    usual_reply_ = size;
  } else {
    usual_reply_ = std::max(usual_reply_ - (usual_reply_ - size + 7) / 8, front_->small_reply);
  }
  weigh_inflight();
}

void ClientConnection::weigh_inflight() {
  nothing_new_ = usual_reply_ == front_->small_reply ? usual_reply_ : 0;
  uint64_t most = front_->settings.client_inflight;
  uint64_t fitting = front_->settings.client_output_limit / 2 / std::max<uint64_t>(usual_reply_, 1);
  allowed_inflight_ = static_cast<uint32_t>(std::min(most, std::max(fitting, kLeastInflight)));
}

void ClientConnection::check_inflight() {
  if (order_.size() >= allowed_inflight_) {
    pause(kInflight);
  } else if (order_.size() <= allowed_inflight_ / 2) {
    unpause(kInflight);
  }
}

void ClientConnection::check_output() {
  size_t waiting = out_.size() + held_bytes_;
  uint64_t limit = front_->settings.client_output_limit;
  if (waiting > limit / 4) {
    pause(kOutput);
  } else if (waiting <= limit / 8) {
    unpause(kOutput);
  }
  // One reply, however large, is always allowed beside the limit: it is the server's to bound.
  if (waiting <= limit + largest_reply_) return;
  WEIR_LOG(warn, "pool %s: closing a client that does not read: %zu bytes wait for it, over client_output_limit",
           front_->settings.name.c_str(), waiting);
  front_->cells.client_err.add();
  close();
}

// ---- large commands
// --------------------------------------------------------------------------------------------------

void ClientConnection::begin_large(Request &request, LargeRequest::Content &&content) {
  large_ = std::make_unique<LargeRequest>(*this, request, std::move(content));
  pause(kBusy);
  front_->slices.add_dispatch(*this);
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

}  // namespace weir::client
