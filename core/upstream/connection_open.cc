// How a connection to a server comes up: it is connected, and prepared as the protocol says, until requests may go out.
#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/log.h"
#include "core/upstream/server_connection.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {

void ServerConnection::connect() {
  if (state_ != State::closed || closing_soon_) return;
  conn_id_ = next_connection_id();
  std::fill(protocol_state_.begin(), protocol_state_.end(), 0);
  state_ = State::connecting;
  answered_ = false;
  moved_us_ = reactor_.now_us;
  uint64_t timeout = upstream_.with.pool.connect_timeout_us;
  prepare_due_us_ = timeout == 0 ? 0 : reactor_.now_us + timeout;
  if (timeout != 0) upstream_.check_at(prepare_due_us_);

  if (!start_connect()) return fail_soon(errno);
  reactor_.stats.total_connections.add();
  reactor_.stats.curr_connections.add();
  cells_.server_connections.add();
}

// To the first of the server's addresses that the system does not refuse at once. False: errno says why.
bool ServerConnection::start_connect() {
  size_t addresses = backend_.address_count();
  errno = EHOSTDOWN;  // when its name is not known
  for (size_t i = 0; i < addresses; ++i) {
    auto address = backend_.address();
    if (!address) break;
    address_ = *address;
    int fd = net::start_connect(address_);
    if (fd >= 0) {
      net::watch_peer(fd, upstream_.with.pool);
      return attach(fd, net::Loop::kWrite);
    }
    int error = errno;
    backend_.try_another(address_);
    errno = error;
  }
  return false;
}

// The caller is in the middle of queueing: it hears of the failure at the end of the turn.
void ServerConnection::fail_soon(int error) {
  closing_soon_ = true;
  reactor_.later([this, error] {
    closing_soon_ = false;
    Ending ending{std::strerror(error), WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, true};
    ending.ours = error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS || error == EADDRNOTAVAIL;
    close(ending);
  });
}

void ServerConnection::connected() {
  if (int error = net::connect_error(transport_.fd); error != 0) {
    backend_.try_another(address_);
    if (try_next_address()) return;
    return close({std::strerror(error), WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, true});
  }
  state_ = State::preparing;
  step_ = steps_pending_ = 0;
  want_reading(true);
  moved_us_ = reactor_.now_us;
  if (upstream_.with.protocol.protocol().handshake == nullptr) return became_ready();
  next_step(nullptr, {nullptr, 0});
}

void ServerConnection::next_step(const weir_rsp *prev, weir_bytes prev_bytes) {
  char text[256];
  weir_errbuf why{text, sizeof text, 0};
  const weir_bytes sources[] = {prev_bytes};
  weir_out *out = reactor_.out.open(sources);
  weir_scope with = scope();
  weir_status status = upstream_.with.protocol.protocol().handshake(&with, profile_, step_++, prev, out, &why);
  bool legal = status >= 0 && reactor_.out.flatten(reactor_.arena, reactor_.chunks, out_);
  steps_pending_ += reactor_.out.swallow();
  reactor_.arena.reset();
  if (!legal) {
    refusal_.assign(text, std::min(why.len, why.cap));
    if (refusal_.empty()) refusal_ = "the connection could not be prepared";
    Ending ending{refusal_.c_str(), WEIR_PART_NO_SERVER, WEIR_ERR_AUTH, true};
    ending.ours = profile_ != 0;  // what a client wanted of it; the server may be well
    return close(ending);
  }
  if (status == WEIR_HS_READY && steps_pending_ == 0) return became_ready();
  if (steps_pending_ == 0) {
    return close({"the protocol plugin waits for nothing", WEIR_PART_PROTO, WEIR_ERR_INTERNAL, true});
  }
  output_grew();
}

void ServerConnection::became_ready() {
  state_ = State::ready;
  prepare_due_us_ = 0;
  tried_ = 0;
  if (lease_.unread_since_us != 0) want_reading(false);
  // What is left of the protocol's own words goes ahead of the requests, and counts from here on as they do.
  queue_.push_front(out_.size());
  out_.append(reactor_.chunks, waiting_);
  output_grew();
  WEIR_LOG(info, "pool %s: connected to server %s", upstream_.with.pool.name.c_str(), backend_.config.name.c_str());
}

bool ServerConnection::reply_to_step(const weir_rsp &rsp, const uint8_t *data, size_t have) {
  if (rsp.kind != WEIR_RSP_FINAL || have < rsp.size || steps_pending_ == 0) {
    close({"an unexpected answer while the connection was prepared", WEIR_PART_PROTO, WEIR_ERR_UPSTREAM, true});
    return false;
  }
  --steps_pending_;
  next_step(&rsp, {data, have});
  return open();
}

}  // namespace weir::upstream
