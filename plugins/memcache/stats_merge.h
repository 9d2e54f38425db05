// The statistics of several servers as those of one. Used by the workers; it allocates, which is no matter for a
// command that an operator gives now and then.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// All parts have been answered, and none with an error.
weir_status merge_stats(const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::memcache
