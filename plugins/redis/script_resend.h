// A server that came back without its scripts is given the one that an EVALSHA asks for; see script_memory.h.
#pragma once

#include <weir/protocol.h>

#include "settings.h"
#include "writer.h"

namespace weir::redis {

// WEIR_RENDER_RESEND of an EVALSHA: SCRIPT LOAD, whose reply is swallowed.
weir_status render_script(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out);

// Between MULTI and EXEC there is no sending again: an EVALSHA of a script that is known becomes the EVAL of its body.
// Writes the new beginning and returns where in the request its number of keys begins; 0 when nothing was written.
uint64_t write_script_body(const Settings &settings, const weir_scope *scope, const weir_render *r, weir_out *out,
                           Writer &w);

// What all servers say to SCRIPT LOAD and SCRIPT FLUSH is remembered. Before merge() writes anything.
void note_scripts(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);

}  // namespace weir::redis
