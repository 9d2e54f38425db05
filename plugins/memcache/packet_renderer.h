// Encodes a binary request for its server.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// As it came, but in the loud form of its opcode, and with the key a filter may have given it.
weir_status render_packet(const weir_scope *scope, const weir_render *r, weir_out *out);

}  // namespace weir::memcache
