// The replies that nearly all traffic consists of: values, END and STORED. Used by the worker that owns the connection.
#pragma once

#include <weir/protocol.h>

#include "reply_parser.h"

namespace weir::memcache {

// Where a parse stands in its window.
struct ReplyPlace {
  uint64_t pos;         // up to where everything is done with; past the window's end once a size is known
  uint64_t origin;      // the first byte of the reply under way; wraps when that is before the window
  uint32_t finals = 0;  // how many replies ended
  const weir_expect *asked = nullptr;  // what the one under way answers, once that was looked up
};

// Takes whole values with something behind them, END and STORED from place on, where a line begins, as long as they
// come and there is room. Of what it leaves it has touched nothing: that may be good all the same, and is for the
// general parser, which gives the same for what is taken here.
void take_usual_replies(weir_parse *p, ServerState &state, ReplyPlace &place);

}  // namespace weir::memcache
