// Bytes of the protocol's own on a server connection, whose replies nobody gets: what goes ahead of a lease's first
// request or of one that is sent again, and what is said about topics.
// Thread: the worker's alone.
#pragma once

#include "core/client/front.h"

namespace weir::client {

// Renders them onto the connection. message: source 0. False: the plugin failed, and nothing was written.
bool put_ahead(Front &front, const weir_scope &scope, const weir_render &what, weir_bytes message,
               upstream::ServerConnection &connection, uint64_t due_us);

}  // namespace weir::client
