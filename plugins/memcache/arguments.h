// Requests as filters and the router see them. Pure functions; any thread.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// The words of the line, the command's name first, and then the data of a storage command. Of a packet: the name, the
// key and the value.
uint32_t args(const weir_scope *scope, const weir_req *req, weir_bytes message, weir_bytes *out, uint32_t cap);

// A key in base64 as it is without that.
uint32_t decode_key(const weir_scope *scope, const weir_req *req, weir_bytes wire, uint8_t *out);

}  // namespace weir::memcache
