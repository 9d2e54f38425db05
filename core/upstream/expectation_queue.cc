#include "core/upstream/expectation_queue.h"

namespace weir::upstream {

void ExpectationQueue::push_front(size_t len) {
  for (Part *part = head_; part != nullptr; part = part->next_expected) part->sent_at += len;
  queued_ += len;
}

void ExpectationQueue::wrote(size_t len) {
  written_ += len;
  for (; unsent_ != nullptr && unsent_->sent_at < written_; unsent_ = unsent_->next_expected) {
    unsent_load_.sub(unsent_->bytes);
    sent_load_.add(unsent_->bytes);
  }
}

void ExpectationQueue::publish() {
  cells_.in_queue.set(unsent_load_.parts);
  cells_.in_queue_bytes.set(unsent_load_.bytes);
  cells_.out_queue.set(sent_load_.parts);
  cells_.out_queue_bytes.set(sent_load_.bytes);
}

Part *ExpectationQueue::next_overdue(uint64_t now_us) {
  Part *part = due_;
  if (part == nullptr || part->due_us == 0 || part->due_us > now_us) return nullptr;
  due_ = part->next_expected;
  return part;
}

bool ExpectationQueue::bytes_before_unsent(size_t &len) const {
  if (unsent_ == nullptr) return false;
  len = unsent_->sent_at - written_;
  return true;
}

Part *ExpectationQueue::take(bool keep_unsent) {
  Part *kept = keep_unsent ? unsent_ : nullptr;
  Part *first = head_ == kept ? nullptr : head_;
  bool sent = true;
  for (Part *part = first; part != nullptr; part = part->next_expected) {
    if (part == unsent_) sent = false;
    (sent ? sent_load_ : unsent_load_).sub(part->bytes);
    if (part->next_expected == kept) part->next_expected = nullptr;
  }
  uint64_t gone = kept != nullptr ? kept->sent_at : queued_;
  queued_ -= gone;
  written_ = 0;
  head_ = unsent_ = due_ = at_ = kept;
  if (kept == nullptr) tail_ = nullptr;
  for (Part *part = kept; part != nullptr; part = part->next_expected) part->sent_at -= gone;
  // Those that ran out of time while they waited were told already.
  while (due_ != nullptr && due_->abandoned) due_ = due_->next_expected;
  return first;
}

const weir_expect *ExpectationQueue::expect(uint32_t i) {
  if (i < base_) rewind();
  while (at_ != nullptr && i - base_ >= at_->replies_left) {
    base_ += at_->replies_left;
    at_ = at_->next_expected;
  }
  if (at_ == nullptr) return nullptr;
  const weir_req &req = at_->request->req;
  expected_ = {req.tag, req.user, at_->replies_left, req.flags, req.cmd, req.reply, at_->want_items, at_->keys};
  return &expected_;
}

}  // namespace weir::upstream
