// How a server connection changes over to another address, with no request lost, doubled or out of order: what was sent
// is answered by the old address, what was not goes to the new one, and the second begins when the first has ended.
#include <cerrno>

#include "core/base/log.h"
#include "core/upstream/server_connection.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {
namespace {

// How long those whose pool has no timeout are waited for.
constexpr uint64_t kMostLeavingUs = 10'000'000;
constexpr uint64_t kRenewEveryUs = 1'000'000;

}  // namespace

void ServerConnection::addresses_changed() {
  if (!open() || state_ == State::leaving || backend_.is_at(address_)) return;
  if (lease_.is_one) {
    return close({"the server is at another address now", WEIR_PART_CLOSED, WEIR_ERR_UPSTREAM, false});
  }
  if (state_ != State::ready) return connect_anew();  // no request has been sent
  start_leaving();
  if (!check_leaving()) upstream_.check_at(reactor_.now_us);
}

// The server says that another one has its part now: its name is looked up again, and whoever is there, at another
// address or the same, is asked on a new connection. A server that is what it is gets no more than one a second.
void ServerConnection::renew() {
  backend_.address_in_doubt();
  if (lease_.is_one) return;  // it goes when its client gives it up, or the address is gone
  if (state_ != State::ready || (renewed_us_ != 0 && reactor_.now_us < renewed_us_ + kRenewEveryUs)) return;
  renewed_us_ = reactor_.now_us;
  start_leaving();
  upstream_.check_at(reactor_.now_us);  // not at once: its replies are being read
}

void ServerConnection::start_leaving() {
  state_ = State::leaving;
  leave_due_us_ = reactor_.now_us + kMostLeavingUs;
  WEIR_LOG(info, "pool %s: server %s: leaving %s", upstream_.with.pool.name.c_str(), backend_.config.name.c_str(),
           net::to_text(address_).c_str());
}

// Whether it has left: it does when nobody waits for an answer from the old address any more.
bool ServerConnection::check_leaving() {
  if (state_ != State::leaving) return true;
  if (out_.empty() && !queue_.sent_is_awaited()) {
    leave();
  } else if (reactor_.now_us >= leave_due_us_) {
    close({"the server is at another address now", WEIR_PART_CLOSED, WEIR_ERR_UPSTREAM, false});
  }
  return state_ != State::leaving;
}

void ServerConnection::leave() {
  Part *swallowed = queue_.take_written();
  take_down();
  while (swallowed != nullptr) {
    Part *next = swallowed->next_expected;
    reactor_.requests.release(*swallowed);
    swallowed = next;
  }
  note_queue();
  queue_.publish();
  if (!waiting_.empty() || upstream_.with.pool.preconnect) connect();
}

void ServerConnection::connect_anew() {
  take_down();
  connect();
}

// The address refused: the next one, if there is one that was not tried, before anybody hears of it.
bool ServerConnection::try_next_address() {
  if (++tried_ >= backend_.address_count()) {
    tried_ = 0;
    return false;
  }
  backend_.address_in_doubt();
  WEIR_LOG(info, "pool %s: server %s: %s does not answer; trying its next address", upstream_.with.pool.name.c_str(),
           backend_.config.name.c_str(), net::to_text(address_).c_str());
  take_down();
  // Not at once: this is the old socket's event.
  reactor_.later([this] { connect(); });
  return true;
}

}  // namespace weir::upstream
