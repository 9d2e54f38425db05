// A request for one server: the keys that lie on it, keys that a filter rewrote, "noreply" taken out.
// Used by the workers; keeps nothing.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

weir_status render_request(const weir_scope *scope, const weir_render *r, weir_out *out);

}  // namespace weir::memcache
