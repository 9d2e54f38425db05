// Joins the replies of a split request into one, by the protocol's merge().
// Thread: the worker's alone.
#pragma once

#include "core/client/front.h"
#include "core/message/split.h"

namespace weir::client {

class Merger {
 public:
  enum class Outcome {
    merged,
    unfinished,  // there are more keys: call it again
    failed,      // nothing was appended
    broken       // half a reply was appended: only closing helps
  };

  // All parts of the request are answered or failed. Appends the reply to `to`, at most kSlice keys of it a call.
  static Outcome run(const Front &front, const weir_scope &scope, const Request &request, Chain &to);
  // The same where the only part's only reply is at hand, which nobody gathered. held: it waits for its turn.
  static Outcome run_at_hand(const Front &front, const weir_scope &scope, Request &request, const weir_rsp &rsp,
                             const weir_item *items, const uint8_t *data, Chain &out, bool held);
};

}  // namespace weir::client
