// How a server connection ends: who is told, what is sent again on the next one, and what is counted and logged.
#include <cerrno>
#include <cstring>

#include "core/base/log.h"
#include "core/upstream/server_connection.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

constexpr uint32_t kMostResends = 3;
constexpr uint64_t kLogEveryUs = 1'000'000;

// Numbers without a pattern from numbers with one (splitmix64).
uint64_t scattered(uint64_t n) {
  n += 0x9e3779b97f4a7c15;
  n = (n ^ (n >> 30)) * 0xbf58476d1ce4e5b9;
  n = (n ^ (n >> 27)) * 0x94d049bb133111eb;
  return n ^ (n >> 31);
}

}  // namespace

const ServerConnection::Ending ServerConnection::kServerEnds{"the server ends the connection", WEIR_PART_CLOSED,
                                                             WEIR_ERR_UPSTREAM, false};

ServerConnection::Ending ServerConnection::ending_of(int error) {
  return {std::strerror(error), WEIR_PART_CLOSED, WEIR_ERR_UPSTREAM, false};
}

void ServerConnection::on_broken(int error) {
  close(ending_of(error));
}

void ServerConnection::close(const Ending &ending) {
  bool had_work = !queue_.empty();
  count_end(ending);
  log_end(ending, had_work);
  note_end(ending, had_work);
  // What it stood still on may be answered by the next one, as may what it lost.
  bool lost = is_up() && (ending.status == WEIR_PART_CLOSED || ending.status == WEIR_PART_TIMEOUT);
  if (state_ == State::leaving) out_.append(reactor_.chunks, waiting_);  // they are one stream
  waiting_.clear(reactor_.chunks);
  // Requests of which not a byte was written cannot have been carried out: they go to a new connection.
  size_t before_unsent = 0;
  config::Retry retry = upstream_.with.pool.resends();
  bool resend = lost && !lease_.is_one && retry != config::Retry::none && resends_ < kMostResends;
  bool keep_unsent = resend && queue_.bytes_before_unsent(before_unsent);
  if (keep_unsent) {
    out_.consume(reactor_.chunks, before_unsent);
    waiting_.append(reactor_.chunks, out_);
  }
  take_down();
  // One event is one failure, however many requests it takes with it; losing an idle connection is none.
  bool held = (had_work || ending.counts) && !ending.ours && upstream_.failed(server_);
  backend_.address_in_doubt();
  if (lease_.is_one) closing_soon_ = true;  // whatever those who hear of it do, it does not come back
  fail_all(ending, {keep_unsent, resend && retry == config::Retry::reads, held});
  note_queue();
  queue_.publish();
  if (lease_.is_one) return upstream_.leases.lost(*this);
  if (queue_.empty()) return;
  ++resends_;
  // Not at once: whoever is working with the old connection's bytes must find it closed.
  resends_soon_ = true;
  reactor_.later([this] {
    resends_soon_ = false;
    connect();
  });
}

void ServerConnection::count_end(const Ending &ending) {
  if (open()) {
    bool timed_out = ending.status == WEIR_PART_TIMEOUT;
    (timed_out ? cells_.server_timedout : ending.eof ? cells_.server_eof : cells_.server_err).add();
  } else if (state_ != State::closed) {
    cells_.server_err.add();
  }
}

void ServerConnection::log_end(const Ending &ending, bool had_work) {
  LogLevel level = had_work || ending.counts ? LogLevel::warn : LogLevel::info;
  // A server that is down is reported once a second, not once a request.
  bool quiet = reactor_.now_us < logged_us_ + kLogEveryUs && level == LogLevel::warn;
  if (quiet || !log::enabled(level)) return;
  logged_us_ = reactor_.now_us;
  log::format(level, "pool %s: server %s: %s", upstream_.with.pool.name.c_str(), backend_.config.name.c_str(),
              ending.logged != nullptr ? ending.logged : ending.why);
}

// One that never answered is a try that failed, whether or not it came up. A server may close an idle one, though.
void ServerConnection::note_end(const Ending &ending, bool had_work) {
  bool idle = is_up() && !had_work;
  if (answered_ || responses_ != 0 || idle) return;
  back_off_.failed(reactor_.now_us, is_up(), upstream_.reconnect_delay_us(), scattered(reactor_.now_us ^ conn_id_));
  down_why_ = ending.why;
  down_error_ = ending.error;
}

// The socket goes, and what belongs to it alone.
void ServerConnection::take_down() {
  if (open()) {
    cells_.server_connections.sub();
    reactor_.stats.curr_connections.sub();
  }
  if (state_ == State::preparing || is_up()) {
    if (auto closed = upstream_.with.protocol.protocol().closed; closed != nullptr) {
      weir_scope with = scope();
      closed(&with, 1);
    }
  }
  count_requests();
  count_replies();
  state_ = State::closed;
  prepare_due_us_ = 0;
  detach();
  inbox_.clear(reactor_.chunks);
  carried_.clear();
  body_left_ = 0;
  drop_push();
  body_closes_ = false;
}

void ServerConnection::end() {
  closing_soon_ = true;  // it never connects again
  take_down();
  waiting_.clear(reactor_.chunks);
  for (Part *part = queue_.take(false); part != nullptr;) {
    Part *next = part->next_expected;
    reactor_.requests.release(*part);
    part = next;
  }
  note_queue();
  queue_.publish();
}

}  // namespace weir::upstream
