// Cuts a server's bytes into replies: RESP2, and the framing of RESP3 so that a surprise does not cost the connection.
// One object a call of parse_rsp(), on the stack; what has to survive is in ServerState. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "confirmations.h"
#include "settings.h"

namespace weir::redis {

constexpr uint32_t kMaxDepth = 128;

// What a server connection remembers between calls. Zeroed by the core when it opens.
struct ServerState {
  uint32_t remaining[kMaxDepth];  // elements to come on each level of arrays
  uint64_t item_start;            // of the nested element under way on level 1
  uint32_t depth;                 // levels open; 0 = between replies
  uint32_t scanned;               // bytes of the unfinished token already searched for its end
  uint32_t flags;                 // WEIR_RF_*
  uint8_t kind;                   // WEIR_RSP_*
  uint8_t want;                   // items are wanted
  uint8_t long_line;              // inside a line too long to be kept in view
  uint8_t resp3;                  // its confirmations are pushes
  Confirmations subs;

  // Whether the next byte begins a reply.
  bool between() const { return depth == 0 && !long_line && subs.left == 0; }
};

// parse_rsp()
weir_status parse_replies(const Settings &settings, ServerState &state, weir_parse *p);

// Takes any reply, and stops at any byte.
class ReplyParser {
 public:
  ReplyParser(const Settings &settings, ServerState &state, weir_parse *p)
      : settings_(settings), st_(state), p_(p), cur_(p->data), end_(p->data + p->len), shift_(p->msg_off) {}
  // next: where to begin, once take_plain_replies() took `taken` replies in front of it.
  weir_status run(const uint8_t *next, uint32_t taken);

 private:
  enum class Step { kDone, kMore, kFailed };

  void go_on_at(const uint8_t *next);
  void take_plain();
  Step element();
  Step line();
  Step rest_of_line();
  Step bulk();
  Step aggregate();
  Step first_word(const uint8_t *next, const weir_expect *expect);
  Step confirmed(uint64_t stop);
  bool asked_by_core(const weir_expect *expect) const;
  void name_topic();
  void line_at_top(const uint8_t *cr);
  Step header(int64_t &value, const uint8_t *&next);
  Step find_line_end(const uint8_t *&cr);
  Step complete(uint64_t start, uint64_t stop, uint64_t user);
  Step emit(uint64_t size, uint8_t kind, uint64_t user);
  Step more(const uint8_t *used, uint64_t skip = 0);
  Step fail(const char *text);
  bool push_item(uint64_t start, uint64_t stop, uint64_t user);
  uint32_t line_flags(const uint8_t *cr) const;
  bool script_is_known() const;
  bool leaves_database() const;
  uint64_t offset(const uint8_t *ptr) const { return static_cast<uint64_t>(ptr - p_->data) + shift_; }

  const Settings &settings_;
  ServerState &st_;
  weir_parse *p_;
  const uint8_t *cur_, *end_;
  uint64_t shift_;  // offset of data[0] in the message under way, modulo 2^64
  uint32_t finals_ = 0, item_count_ = 0;
  weir_status failure_ = WEIR_E_PROTO;
};

}  // namespace weir::redis
