// A server that came back without its scripts is given the one that an EVALSHA asks for; see script_memory.h.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

// WEIR_RENDER_RESEND of an EVALSHA: SCRIPT LOAD, whose reply is swallowed.
weir_status render_script(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out);

// What all servers say to SCRIPT LOAD and SCRIPT FLUSH is remembered. Before merge() writes anything.
void note_scripts(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
