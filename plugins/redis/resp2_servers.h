// Replies of servers that refused HELLO 3, to clients that asked weir for it: which requests need a translation of
// their reply, and where it is made. Worker's thread.
#pragma once

#include "client_state.h"
#include "settings.h"

namespace weir::redis {

// Asks for the translation of the reply to a RESP3 client's request.
void expect_resp2(weir_req &req);
// Whether a merge is nothing but that: there is one reply, and it is the command's.
bool is_translation(const Settings &settings, const weir_merge *m);
weir_status translate(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
