// A client's requests in the order in which it made them, which is the order in which it gets its replies.
// Owner: the client connection. Thread: the worker's alone. No I/O here.
#pragma once

#include "core/message/request.h"

namespace weir::client {

class ReplyOrder {
 public:
  void push(Request &request) {
    request.next = nullptr;
    (tail_ != nullptr ? tail_->next : head_) = &request;
    tail_ = &request;
    ++size_;
  }
  Request *front() const { return head_; }
  Request *back() const { return tail_; }
  bool empty() const { return head_ == nullptr; }
  uint32_t size() const { return size_; }
  // The first one, taken out when its reply is complete and nothing holds it back; else null.
  Request *pop_ready() { return head_ != nullptr && head_->done && head_->held_back == 0 ? pop() : nullptr; }
  // The first one, whatever its state; null when empty.
  Request *pop() {
    Request *request = head_;
    if (request == nullptr) return nullptr;
    head_ = request->next;
    if (head_ == nullptr) tail_ = nullptr;
    --size_;
    return request;
  }

 private:
  Request *head_ = nullptr, *tail_ = nullptr;
  uint32_t size_ = 0;
};

}  // namespace weir::client
