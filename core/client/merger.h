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
};

}  // namespace weir::client
