// The side of a client connection that has to do with server connections of its own: how they come and go, and what
// servers say on them unasked.
#include <algorithm>
#include <cstring>

#include "core/base/log.h"
#include "core/client/client_connection.h"
#include "core/client/client_scope.h"
#include "core/client/front.h"
#include "core/message/split.h"

namespace weir::client {
namespace {

constexpr size_t kMostPushed = 256 << 10;  // of messages wait for a client, before its servers have to keep them

bool has_failed(const SplitPart &part) {
  if (part.failure.status != WEIR_PART_OK) return true;
  if (part.rsps == nullptr) return false;
  const auto *rsps = reinterpret_cast<const weir_rsp *>(part.rsps->data());
  return std::any_of(rsps, rsps + part.rsp_count, [](const weir_rsp &r) { return (r.flags & WEIR_RF_ERROR) != 0; });
}

}  // namespace

upstream::ServerConnection *ClientConnection::shared_connection(uint32_t place, uint64_t profile) {
  if (apart_) [[unlikely]] {
    if (auto *apart = front_->reach.connection_apart(place, lane_, profile); apart != nullptr) return apart;
  }
  return front_->reach.connection(place, lane_, profile);
}

Lease *ClientConnection::lease_at(uint32_t place) {
  for (Lease &lease : leases_) {
    if (lease.place == place) return &lease;
  }
  return nullptr;
}

// Null: it was refused, and the protocol was told.
Lease *ClientConnection::take_lease(const weir_req &req, uint32_t place) {
  upstream::ServerConnection *connection = front_->reach.lease(place, req.profile, *this);
  if (connection == nullptr) {
    tell_lease(req, place, 0);
    return nullptr;
  }
  bool for_request = (req.flags & WEIR_REQ_LEASE_BEGIN) == 0;
  leases_.push_back({connection, place, for_request, false, req});
  tell_lease(req, place, 1);
  return &leases_.back();
}

void ClientConnection::tell_lease(const weir_req &begin, uint32_t place, uint32_t on) {
  if (front_->protocol.lease == nullptr) return;
  weir_scope with = scope();
  front_->protocol.lease(&with, &begin, place, on);
}

// A request that was to go over a lease is refused: what the client meant to do as one can no longer be done.
void ClientConnection::break_lease(const weir_req &req) {
  if (req.route != WEIR_ROUTE_LEASED) return;
  for (Lease &lease : leases_) {
    if (req.route_arg == WEIR_ALL_LEASES || lease.place == req.route_arg) lease.broken = true;
  }
}

bool ClientConnection::ends_broken_lease(const weir_req &req) {
  if (req.route != WEIR_ROUTE_LEASED || (req.flags & WEIR_REQ_LEASE_END) == 0) return false;
  return std::any_of(leases_.begin(), leases_.end(), [&req](const Lease &lease) {
    return lease.broken && (req.route_arg == WEIR_ALL_LEASES || lease.place == req.route_arg);
  });
}

// A request that everything after it waited for is answered.
void ClientConnection::fence_passed(const weir_req &req) {
  for (size_t i = leases_.size(); (req.flags & kChangesLease) != 0 && i-- > 0;) {
    const Lease &lease = leases_[i];
    bool meant = req.route_arg == WEIR_ALL_LEASES || lease.place == req.route_arg;
    if (!lease.for_request && ((req.flags & WEIR_REQ_LEASE_END) == 0 || !meant)) continue;
    bool clean = !lease.broken && (lease.for_request || req.route == WEIR_ROUTE_LEASED);
    end_lease(i, clean);
  }
  unpause(kFence);
}

// clean: its connection is as new, for the next who needs one.
void ClientConnection::end_lease(size_t i, bool clean) {
  Lease lease = leases_[i];
  leases_.erase(leases_.begin() + static_cast<ptrdiff_t>(i));
  front_->forget_waiter(*lease.connection);
  upstream::Leases &all = lease.connection->upstream().leases;
  clean ? all.give_back(*lease.connection) : all.drop(*lease.connection);
  tell_lease(lease.begin, lease.place, 0);
  if (leases_.empty() && front_->successor() != nullptr) front_->move_soon(*this);
}

// The client is closing.
void ClientConnection::drop_leases() {
  leave_topics();
  for (Lease &lease : leases_) lease.connection->upstream().leases.drop(*lease.connection);
  leases_.clear();
  pushes_.clear(reactor_.chunks);
  if (postponed_ != nullptr && postponed_->message != nullptr) reactor_.chunks.put(postponed_->message);
  postponed_.reset();
}

void ClientConnection::lease_ends(upstream::ServerConnection &connection) {
  for (size_t i = leases_.size(); i-- > 0;) {
    if (leases_[i].connection == &connection) return end_lease(i, true);
  }
}

void ClientConnection::lease_lost(upstream::ServerConnection &connection) {
  front_->forget_waiter(connection);
  for (size_t i = leases_.size(); i-- > 0;) {
    if (leases_[i].connection != &connection) continue;
    Lease lease = leases_[i];
    leases_.erase(leases_.begin() + static_cast<ptrdiff_t>(i));
    tell_lease(lease.begin, lease.place, 0);
    if ((lease.begin.flags & WEIR_REQ_STREAM_RSP) == 0) return;
    WEIR_LOG(info, "pool %s: closing a client whose subscriptions were lost with a server connection",
             front_->settings.name.c_str());
    return end_input();
  }
}

bool ClientConnection::leases_elsewhere() const {
  return std::any_of(leases_.begin(), leases_.end(),
                     [this](const Lease &lease) { return !front_->reach.is_own(lease.place); });
}

void ClientConnection::ring_changed_under_leases() {
  auto streams = [](const Lease &lease) { return (lease.begin.flags & WEIR_REQ_STREAM_RSP) != 0; };
  if (input_ended_ || std::none_of(leases_.begin(), leases_.end(), streams)) return;
  WEIR_LOG(info, "pool %s: closing a client with subscriptions, since servers came or went",
           front_->settings.name.c_str());
  end_input();
}

// ---- what servers say unasked
// ---------------------------------------------------------------------------------------------------------------------

// Between two whole replies, and not before that of the request that began a lease.
bool ClientConnection::may_push() const {
  const Request *first = order_.front();
  if (first == nullptr) return true;
  return !first->begun && !first->to_merge && (first->req.flags & (WEIR_REQ_LEASE_BEGIN | WEIR_REQ_TOPICS_ON)) == 0;
}

void ClientConnection::pushed(const uint8_t *data, size_t len) {
  if (input_ended_) return;
  if (may_push() && pushes_.empty()) {
    put_out(data, len);
  } else {
    pushes_.append(reactor_.chunks, data, len);
    held_bytes_ += len;
  }
  if (out_.size() + pushes_.size() > kMostPushed && !leases_.empty()) hear_leases(false);
  if (open()) note_output();
}

void ClientConnection::put_out_pushes() {
  if (!may_push()) return;
  held_bytes_ -= std::min(held_bytes_, pushes_.size());
  out_.append(reactor_.chunks, pushes_);
  output_grew();
}

void ClientConnection::leave_topics() {
  while (!topics_.empty()) {
    Topic *topic = topics_.back();
    topics_.pop_back();
    front_->topics.leave(*this, *topic);
  }
}

// The answers of all servers that were asked are there. What one of them refused must not be asked for again with what
// others listen to, when its feed is taken anew.
void ClientConnection::end_joining(const Split &split) {
  if (std::any_of(split.parts, split.parts + split.part_count, has_failed)) {
    forget_joined();
    std::memset(split.changes->bytes(), 0, split.change_count);
  }
  joined_.clear();
}

// What the request under way has begun to listen to: not all of it could be had.
void ClientConnection::forget_joined() {
  for (Topic *topic : joined_) {
    std::erase(topics_, topic);
    front_->topics.leave(*this, *topic);
  }
  joined_.clear();
}

// A client that takes nothing is told nothing: what a server has to say to it alone waits there.
void ClientConnection::hear_leases(bool on) {
  hears_leases_ = on;
  read_leases();
}

void ClientConnection::read_leases() {
  // With nothing to take it may be waiting for what one of them has to say behind messages of the others.
  bool on = out_.empty() || (hears_leases_ && (pauses_ & kOutput) == 0);
  for (Lease &lease : leases_) lease.connection->keep_reading(on);
}

}  // namespace weir::client
