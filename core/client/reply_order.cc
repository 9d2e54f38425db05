#include "core/client/reply_order.h"

namespace weir::client {

Request *ReplyOrder::pop() {
  Request *request = head_;
  if (request == nullptr) return nullptr;
  head_ = request->next;
  if (head_ == nullptr) tail_ = nullptr;
  request->next = nullptr;
  --size_;
  return request;
}

Request *ReplyOrder::pop_ready() {
  if (head_ == nullptr || !head_->done || head_->held_back > 0) return nullptr;
  return pop();
}

}  // namespace weir::client
