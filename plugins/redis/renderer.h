// Encodes a request for one server: a share of its keys, or all of it with other keys, or an inline line as RESP.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

weir_status render_request(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out);

}  // namespace weir::redis
