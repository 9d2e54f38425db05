#include "packet_answers.h"

#include <weir/inline.h>

#include <cstring>
#include <string_view>

#include "command_table.h"
#include "local_replies.h"
#include "opcode_table.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kMaxText = 1024;  // an error longer than this helps nobody

// A reply of a header, zeroed extras, and text.
weir_status push_packet(const weir_scope *scope, const PacketWord &word, Status status, uint8_t extras,
                        std::string_view text, weir_out *out) {
  const uint64_t size = kHeader + extras + text.size();
  auto *block = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, size, 1));
  if (!block) return WEIR_E_NOMEM;
  Packet packet;
  packet.opcode = word.opcode;
  packet.status = status;
  packet.extras = extras;
  packet.body = static_cast<uint32_t>(extras + text.size());
  packet.opaque = word.opaque;
  write_reply_header(packet, block);
  std::memset(block + kHeader, 0, extras);
  if (!text.empty()) std::memcpy(block + kHeader + extras, text.data(), text.size());
  return weir_push_mem(out, block, size);
}

Status status_of(uint32_t err) {
  switch (err) {
    case WEIR_ERR_TOO_BIG:
      return kStatusTooLarge;
    case WEIR_ERR_REJECTED:
    case WEIR_ERR_AUTH:
      return kStatusAuth;
    case WEIR_ERR_BAD_REQUEST:
    case WEIR_ERR_CROSS:
      return kStatusInvalid;
    case WEIR_ERR_OVERLOAD:
      return kStatusBusy;
    case WEIR_ERR_INTERNAL:
      return kStatusInternal;
    default:
      return kStatusTemporary;
  }
}

}  // namespace

weir_status answer_packet(const weir_scope *scope, const PacketWord &word, weir_out *out) {
  switch (static_cast<LocalPacket>(word.local)) {
    case LocalPacket::kOk:
      return push_packet(scope, word, kStatusOk, 0, {}, out);
    case LocalPacket::kInvalid:
      return push_packet(scope, word, kStatusInvalid, 0, "Invalid arguments", out);
    case LocalPacket::kUnknown:
      break;
  }
  return push_packet(scope, word, kStatusUnknown, 0, "Unknown command", out);
}

weir_status answer_packet_error(const weir_scope *scope, const PacketWord &word, uint32_t err, weir_bytes text,
                                weir_out *out) {
  std::string_view words = err == WEIR_ERR_TOO_BIG ? "Too large." : default_text(err);
  if (text.len > 0 && err != WEIR_ERR_TOO_BIG)
    words = {reinterpret_cast<const char *>(text.ptr), text.len < kMaxText ? text.len : kMaxText};
  return push_packet(scope, word, status_of(err), 0, words, out);
}

weir_status answer_packet_value(const weir_scope *scope, const PacketWord &word, weir_bytes text, weir_out *out) {
  const uint16_t cmd = opcode_row(word.opcode).cmd;
  constexpr uint8_t kFlags = 4;
  if (cmd != kGet && cmd != kGat) return push_packet(scope, word, kStatusOk, 0, {}, out);
  if (text.len > UINT32_MAX - kFlags) return WEIR_E_LIMIT;
  return push_packet(scope, word, kStatusOk, kFlags, {reinterpret_cast<const char *>(text.ptr), text.len}, out);
}

}  // namespace weir::memcache
