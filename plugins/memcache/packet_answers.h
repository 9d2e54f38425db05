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

// A filter's value, as the reply to a get would carry it; to anything else it is no more than a success.
weir_status answer_packet_value(const weir_scope *scope, const PacketWord &word, weir_bytes text, weir_out *out);

}  // namespace weir::memcache
