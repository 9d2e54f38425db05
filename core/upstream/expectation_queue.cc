#include "core/upstream/expectation_queue.h"

#include <algorithm>

namespace weir::upstream {
namespace {

void show(Cell &cell, uint64_t &shown, uint64_t now) {
  if (now == shown) return;
  cell.add(now - shown);  // it may be less than nothing
  shown = now;
}

}  // namespace

void ExpectationQueue::push_front(size_t len) {
  for (Part *part = head_; part != nullptr; part = part->next_expected) part->sent_at += len;
  queued_ += len;
}

void ExpectationQueue::wrote(size_t len) {
  written_ += len;
  if (written_ == queued_) {
    unsent_ = nullptr;
    unsent_parts_ = 0;
  }
  for (; unsent_ != nullptr && unsent_->sent_at < written_; unsent_ = unsent_->next_expected) --unsent_parts_;
}

void ExpectationQueue::publish() {
  uint64_t unsent_from = unsent_ != nullptr ? unsent_->sent_at : queued_;
  uint64_t sent_from = head_ != nullptr ? std::min(head_->sent_at, unsent_from) : unsent_from;
  show(cells_.in_queue, shown_.in_queue, unsent_parts_);
  show(cells_.in_queue_bytes, shown_.in_queue_bytes, unsent_parts_ > 0 ? queued_ - unsent_from : 0);
  show(cells_.out_queue, shown_.out_queue, parts_ - unsent_parts_);
  show(cells_.out_queue_bytes, shown_.out_queue_bytes, parts_ > unsent_parts_ ? unsent_from - sent_from : 0);
}

Part *ExpectationQueue::next_overdue(uint64_t now_us) {
  Part *part = due_;
  if (part == nullptr || part->due_us == 0 || part->due_us > now_us) return nullptr;
  due_ = part->next_expected;
  return part;
}

void ExpectationQueue::put_off(uint64_t us) {
  for (Part *part = head_; part != nullptr; part = part->next_expected) part->due_us += part->due_us != 0 ? us : 0;
}

bool ExpectationQueue::bytes_before_unsent(size_t &len) const {
  if (unsent_ == nullptr) return false;
  len = unsent_->sent_at - written_;
  return true;
}

Part *ExpectationQueue::take(bool keep_unsent) {
  Part *kept = keep_unsent ? unsent_ : nullptr;
  return take_before(kept, kept != nullptr ? kept->sent_at : queued_);
}

void ExpectationQueue::put_ahead(Part *first) {
  uint64_t len = 0, parts = 0;
  Part *last = first;
  for (Part *part = first; part != nullptr; part = part->next_expected) {
    part->sent_at = len;
    len += part->kept->size();
    ++parts;
    last = part;
  }
  push_front(len);
  last->next_expected = head_;
  if (tail_ == nullptr) tail_ = last;
  head_ = unsent_ = due_ = at_ = first;
  parts_ += parts;
  unsent_parts_ += parts;
}

bool ExpectationQueue::is_awaited_before(const Part *end) const {
  for (const Part *part = head_; part != end; part = part->next_expected) {
    bool has_owner = part->request == nullptr || part->request->owner != nullptr;
    if (!part->abandoned && has_owner) return true;
  }
  return false;
}

// gone: how many bytes leave with the parts.
Part *ExpectationQueue::take_before(Part *kept, uint64_t gone) {
  Part *first = head_ == kept ? nullptr : head_;
  for (Part *part = first; part != nullptr; part = part->next_expected) {
    if (part->next_expected == kept) part->next_expected = nullptr;
  }
  if (kept == nullptr) unsent_parts_ = 0;
  parts_ = unsent_parts_;
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
  uint32_t left = at_->replies_left - (i - base_);
  expected_ = {req.tag, req.user, left, req.flags, req.cmd, req.reply, at_->want_items, at_->keys};
  return &expected_;
}

}  // namespace weir::upstream
