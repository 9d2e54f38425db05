// Runs the hooks of one request, and of one reply.
#pragma once

#include "state.h"

namespace weir::lua {

weir_status run_request_hooks(State &state, const weir_scope *scope, const weir_view *view, weir_verdict *verdict);
bool run_response_hooks(State &state, const weir_scope *scope, const weir_view *view, const weir_outcome *outcome);

}  // namespace weir::lua
