// INFO of several servers: one text in which what counts something is the sum, and a section of weir's own.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

// false: no server gave one, or there is no memory; nothing was written.
bool merge_info(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
