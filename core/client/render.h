// Has the protocol encode a request anew, or a slice of it.
// Thread: the worker's alone.
#pragma once

#include "core/client/front.h"

namespace weir::client {

// Appends what the plugin's render() makes of `what` to `to`. False, with nothing appended: it could not, or not
// legally, which is logged.
bool render(const Front &front, const weir_scope &scope, const weir_render &what, weir_bytes message, Chain &to);

}  // namespace weir::client
