// SELECT of another database than the pool's. How many there are only the servers know, so each is asked: it gets
// SELECT twice in a row, to the new database and back to the one that its connection, which others share, is in. When
// all that answer say yes, what the client sends from then on has another profile.
#pragma once

#include <weir/protocol.h>

#include "client_state.h"
#include "settings.h"
#include "verdict.h"

namespace weir::redis {

// [worker] While it is parsed. Says what to answer, or makes it a request to every server.
UserWord evaluate_select(const Settings &settings, ClientState &state, const weir_bytes &number);
// What each server gets.
weir_status render_select(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out);
// scope->state: the client's.
weir_status merge_select(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
