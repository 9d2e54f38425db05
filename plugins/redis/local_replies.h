// What weir answers itself: PING, AUTH, HELLO, CLIENT and the like. Worker's thread.
#pragma once

#include "arguments.h"
#include "client_state.h"
#include "settings.h"

namespace weir::redis {

// Source 0 of out is the whole request.
weir_status answer_locally(const Settings &settings, const weir_scope *scope, const weir_req *req, weir_out *out);

}  // namespace weir::redis
