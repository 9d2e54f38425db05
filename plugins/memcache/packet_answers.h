// What weir answers by itself to a client that speaks the binary protocol, and the shape of every error. Any thread.
#pragma once

#include <weir/out.h>
#include <weir/protocol.h>

#include "request_word.h"

namespace weir::memcache {

// In the PacketWord of a WEIR_ROUTE_LOCAL request.
enum class LocalPacket : uint8_t {
  kOk,       // noop, quit
  kUnknown,  // no such opcode, or not here
  kInvalid   // its lengths are not those of its opcode
};

weir_status answer_packet(const weir_scope *scope, const PacketWord &word, weir_out *out);

// An error from the core in the form of a reply to this request.
weir_status answer_packet_error(const weir_scope *scope, const PacketWord &word, uint32_t err, weir_bytes text,
                                weir_out *out);

// What a filter answers (WEIR_ERR_ANSWER*), as the reply to the packet, which is source 0 of out, would carry it.
weir_status answer_packet_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, weir_bytes text,
                                     weir_out *out);

}  // namespace weir::memcache
