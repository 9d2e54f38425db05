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
  bool was_open = open();
  bool had_work = !queue_.empty();
  if (was_open) {
    bool timed_out = ending.status == WEIR_PART_TIMEOUT;
    (timed_out ? cells_.server_timedout : ending.eof ? cells_.server_eof : cells_.server_err).add();
  } else if (state_ != State::closed) {
    cells_.server_err.add();
  }
  const auto &server = backend_.config;
  LogLevel level = had_work || ending.counts ? LogLevel::warn : LogLevel::info;
  // A server that is down is reported once a second, not once a request.
  bool quiet = reactor_.now_us < logged_us_ + kLogEveryUs && level == LogLevel::warn;
  if (!quiet && log::enabled(level)) {
    logged_us_ = reactor_.now_us;
    log::format(level, "pool %s: server %s: %s", upstream_.with.pool.name.c_str(), server.name.c_str(),
                ending.logged != nullptr ? ending.logged : ending.why);
  }
  bool worked = is_up() && ending.status == WEIR_PART_CLOSED;
  if (state_ == State::leaving) out_.append(reactor_.chunks, waiting_);  // they are one stream
  waiting_.clear(reactor_.chunks);
  // Requests of which not a byte was written cannot have been carried out: they go to a new connection.
  size_t before_unsent = 0;
  bool resend = worked && resends_ < kMostResends && queue_.bytes_before_unsent(before_unsent);
  if (resend) {
    ++resends_;
    out_.consume(reactor_.chunks, before_unsent);
    waiting_.append(reactor_.chunks, out_);
  }
  take_down();
  // One event is one failure, however many requests it takes with it; losing an idle connection is none.
  bool held = (had_work || ending.counts) && upstream_.failed(server_);
  backend_.address_in_doubt();
  note_queue();
  fail_all(ending, resend, held);
  queue_.publish();
  // Not at once: whoever is working with the old connection's bytes must find it closed.
  if (resend) reactor_.later([this] { connect(); });
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
  body_closes_ = false;
}

void ServerConnection::end() {
  closing_soon_ = true;  // it never connects again
  take_down();
  waiting_.clear(reactor_.chunks);
  for (Part *part = queue_.take(false); part != nullptr;) {
    Part *next = part->next_expected;
    reactor_.requests.release(part->request);
    part = next;
  }
  note_queue();
  queue_.publish();
}

void ServerConnection::fail_all(const Ending &ending, bool keep_unsent, bool held) {
  for (Part *part = queue_.take(keep_unsent); part != nullptr;) {
    Part *next = part->next_expected;
    RequestOwner *owner = part->request->owner;
    bool tell = !part->abandoned && owner != nullptr;
    part->abandoned = true;
    if (tell) owner->part_failed(*part, {ending.status, ending.error, ending.why}, held);
    reactor_.requests.release(part->request);
    part = next;
  }
}

}  // namespace weir::upstream
