// Joins the replies of several servers into the one the client would have got from a single server.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

weir_status merge_replies(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
