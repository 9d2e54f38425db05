// A server connection that is one client's alone: what the server says unasked, and how it comes to its end.
#include <algorithm>
#include <cstring>
#include <utility>

#include "core/upstream/server_connection.h"
#include "core/upstream/upstream.h"

namespace weir::upstream {

// Nothing is under way on it, so that another client may have it next.
bool ServerConnection::is_as_new() const {
  return state_ == State::ready && queue_.empty() && backlog() == 0 && body_left_ == 0 && push_left_ == 0 &&
         inbox_.held() == 0 && !closing_soon_;
}

void ServerConnection::keep_reading(bool on) {
  if (!on && lease_.unread_since_us == 0) lease_.unread_since_us = reactor_.now_us;
  if (on && lease_.unread_since_us != 0) {
    // The time that its client took is not the server's.
    queue_.put_off(reactor_.now_us - std::exchange(lease_.unread_since_us, 0));
    upstream_.check_at(reactor_.now_us);
  }
  if (is_up()) want_reading(on);
}

// A message begins that no request asked for. False when the connection was closed over it.
bool ServerConnection::push_begins(const weir_rsp &rsp, const weir_item *items, const uint8_t *data, size_t have) {
  response_bytes_ += rsp.size;
  if (rsp.size > upstream_.with.pool.client_output_limit) {
    close({"a message is larger than client_output_limit", WEIR_PART_PROTO, WEIR_ERR_TOO_BIG, false});
    return false;
  }
  weir_rsp described = rsp;
  bool shown = rsp.item_count > 0 && items[0].off <= have && items[0].len <= have - items[0].off;
  if (!shown) described.item_count = 0;
  if (lease_.holder != nullptr) lease_.holder->push_begins(described, items, data);
  push_left_ = rsp.size - have;
  if (push_left_ > 0) {
    push_ = reactor_.chunks.get(std::min<size_t>(rsp.size, Inbox::kMostAtOnce));
    gather_push(data, have);
  } else if (lease_.holder != nullptr) {
    lease_.holder->pushed(data, have);
  }
  return open();
}

void ServerConnection::gather_push(const uint8_t *data, size_t len) {
  if (push_->room() < len) push_ = reactor_.chunks.grow(push_, std::max(push_->end + len, push_->cap * 2));
  std::memcpy(push_->bytes() + push_->end, data, len);
  push_->end += len;
}

// How many of the bytes belong to it.
size_t ServerConnection::push_goes_on(const uint8_t *data, size_t len) {
  size_t n = std::min(len, push_left_);
  push_left_ -= n;
  gather_push(data, n);
  if (push_left_ > 0) return n;
  Chunk *whole = std::exchange(push_, nullptr);
  if (lease_.holder != nullptr) lease_.holder->pushed(whole->data(), whole->size());
  reactor_.chunks.put(whole);
  return n;
}

void ServerConnection::drop_push() {
  if (push_ != nullptr) reactor_.chunks.put(push_);
  push_ = nullptr;
  push_left_ = 0;
}

// What goes ahead of a lease's first request was not taken.
bool ServerConnection::refuses_prelude(const Part &part, const weir_rsp &rsp) const {
  return lease_.is_one && (part.again & Part::kSwallowed) != 0 && (rsp.flags & WEIR_RF_ERROR) != 0;
}

void ServerConnection::end_lease_if_done() {
  if (!lease_.ends || !queue_.empty() || lease_.holder == nullptr) return;
  lease_.ends = false;
  lease_.holder->lease_ends(*this);
}

}  // namespace weir::upstream
