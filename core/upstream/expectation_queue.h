// What a server connection still has to answer, in the order of the bytes it was sent.
//
// Each part is *unsent* until the first of its bytes is written, then waits for its reply. A part that was abandoned
// keeps its place: its reply has to be recognised to be swallowed. The queue knows positions, not sockets: bytes are
// counted from the connection's first request on.
//
// Owner: the server connection; a part's request stays alive while the part is here. Thread: the worker's alone.
#pragma once

#include "core/base/stats.h"
#include "core/message/request.h"

namespace weir::upstream {

class ExpectationQueue {
 public:
  explicit ExpectationQueue(ServerCells &cells) : cells_(cells) {}

  bool empty() const { return head_ == nullptr; }
  uint64_t size() const { return parts_; }
  Part *head() const { return head_; }
  const Part *unsent() const { return unsent_; }  // the first of which not a byte was written; null = none
  // Not a byte of the oldest part was written: whatever comes cannot be its reply.
  bool head_is_unsent() const { return head_ != nullptr && head_->sent_at >= written_; }

  // len more bytes are to be sent; part is what they ask for, or null when they ask for no reply.
  void push(Part *part, size_t len, uint64_t due_us) {
    if (part != nullptr) {
      part->sent_at = queued_;
      part->due_us = due_us;
      part->next_expected = nullptr;
      (tail_ != nullptr ? tail_->next_expected : head_) = part;
      tail_ = part;
      if (unsent_ == nullptr) unsent_ = part;
      if (due_ == nullptr) due_ = part;
      ++parts_;
      ++unsent_parts_;
    }
    queued_ += len;
  }
  // len bytes go out ahead of everything that is here.
  void push_front(size_t len);
  void wrote(size_t len);
  // The oldest part, of which something was sent, is answered: it leaves.
  Part *pop() {
    Part *part = head_;
    head_ = part->next_expected;
    if (head_ == nullptr) tail_ = nullptr;
    if (due_ == part) due_ = head_;
    --parts_;
    return part;
  }

  // The next part whose time has run out by now_us, each only once; null when there is none.
  Part *next_overdue(uint64_t now_us);
  // All have so much more time.
  void put_off(uint64_t us);
  uint64_t next_due_us() const { return due_ == nullptr ? 0 : due_->due_us; }

  // How many bytes at the front of the output belong to parts that cannot be sent again; false when nothing can.
  bool bytes_before_unsent(size_t &len) const;
  // Everything leaves, or, with keep_unsent, all that was (partly) sent; what stays begins the count of bytes anew. The
  // parts that left, linked by next_expected.
  Part *take(bool keep_unsent);
  // The same, when all bytes that were to be written before what stays are written.
  Part *take_written() { return take_before(unsent_, written_); }
  // Nothing here was written yet: these parts, linked by next_expected and each with what is kept of it, go ahead of
  // it.
  void put_ahead(Part *first);
  // Whether an answer to anything that was (partly) sent is still waited for.
  bool sent_is_awaited() const { return is_awaited_before(unsent_); }
  // The same of anything here.
  bool is_awaited() const { return is_awaited_before(nullptr); }

  // Shows in the cells how many parts there are; once a turn, so that a part costs no store to memory that others read.
  // A server's connections share the cells: each puts what has changed about its own.
  void publish();

  // For weir_parse.expect(): rewind() before a call of the parser, then what the i-th outstanding reply answers.
  void rewind() {
    at_ = head_;
    base_ = 0;
  }
  const weir_expect *expect(uint32_t i);

 private:
  Part *take_before(Part *kept, uint64_t gone);
  bool is_awaited_before(const Part *end) const;

  ServerCells &cells_;
  struct Shown {
    uint64_t in_queue = 0, in_queue_bytes = 0, out_queue = 0, out_queue_bytes = 0;
  };
  Shown shown_;  // of this queue, in the cells
  uint64_t parts_ = 0, unsent_parts_ = 0;
  Part *head_ = nullptr, *tail_ = nullptr;
  Part *unsent_ = nullptr;  // the first of which not a byte was written
  Part *due_ = nullptr;     // the first whose time has not run out
  uint64_t queued_ = 0, written_ = 0;

  Part *at_ = nullptr;  // expect() walks along
  uint32_t base_ = 0;   // replies before at_
  weir_expect expected_{};
};

}  // namespace weir::upstream
