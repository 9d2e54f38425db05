#include "packet_answers.h"

#include <weir/inline.h>

#include <cstring>
#include <string_view>

#include "command_table.h"
#include "line_tokens.h"
#include "local_replies.h"
#include "opcode_table.h"

namespace weir::memcache {
namespace {

constexpr uint64_t kMaxText = 1024;  // an error longer than this helps nobody

constexpr uint64_t kMostValue = 16 * 1024 * 1024;

struct PacketAnswer {
  Status status = kStatusOk;
  uint8_t extras = 0;  // zeroed
  std::string_view key, text;
};

weir_status push_answer(const weir_scope *scope, const PacketWord &word, const PacketAnswer &answer, weir_out *out) {
  const uint64_t body = answer.extras + answer.key.size() + answer.text.size();
  auto *block = static_cast<uint8_t *>(scope->arena->alloc(scope->arena, kHeader + body, 1));
  if (!block) return WEIR_E_NOMEM;
  Packet packet;
  packet.opcode = word.opcode;
  packet.status = answer.status;
  packet.extras = answer.extras;
  packet.key = static_cast<uint16_t>(answer.key.size());
  packet.body = static_cast<uint32_t>(body);
  packet.opaque = word.opaque;
  write_reply_header(packet, block);
  uint8_t *at = block + kHeader;
  std::memset(at, 0, answer.extras);
  at += answer.extras;
  for (std::string_view piece : {answer.key, answer.text}) {
    if (!piece.empty()) std::memcpy(at, piece.data(), piece.size());
    at += piece.size();
  }
  return weir_push_mem(out, block, kHeader + body);
}

weir_status push_packet(const weir_scope *scope, const PacketWord &word, Status status, uint8_t extras,
                        std::string_view text, weir_out *out) {
  return push_answer(scope, word, {status, extras, {}, text}, out);
}

// Whether the reply repeats the key.
bool names_key(uint8_t opcode) {
  return opcode == kOpGetK || opcode == kOpGetKQ || opcode == kOpGatK || opcode == kOpGatKQ;
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

weir_status answer_packet_for_filter(const weir_scope *scope, const weir_req *req, uint32_t answer, weir_bytes text,
                                     weir_out *out) {
  const PacketWord word = unpack_packet(req->user);
  const OpcodeRow &row = opcode_row(word.opcode);
  const bool none = answer == WEIR_ERR_ANSWER_NONE;
  const bool reads = row.cmd == kGet || row.cmd == kGat, counts = row.cmd == kIncr || row.cmd == kDecr;
  const bool stores = row.layout == Layout::kStore || row.layout == Layout::kJoin;
  if (row.hides == (none ? Hides::kMiss : Hides::kSuccess)) return WEIR_OK;
  PacketAnswer packet;
  if (counts && !none) {
    const Decimal number = read_unsigned({text.ptr, static_cast<uint32_t>(text.len < 32 ? text.len : 32)});
    if (answer != WEIR_ERR_ANSWER_DONE && number.reading != Reading::kGood) {
      const std::string_view why = "a filter answered with a number that is none";
      return push_packet(scope, word, kStatusInternal, 0, why, out);
    }
    uint8_t value[8];
    store_be32(value, static_cast<uint32_t>(number.value >> 32));
    store_be32(value + 4, static_cast<uint32_t>(number.value));
    return push_packet(scope, word, kStatusOk, 0, {reinterpret_cast<const char *>(value), sizeof(value)}, out);
  }
  if (none) packet.status = stores ? kStatusNotStored : kStatusNotFound;
  if (reads && names_key(word.opcode)) {
    const uint8_t *head = out->peek(out, 0, 0, kHeader);
    const Packet asked = head ? read_packet(head) : Packet{};
    const uint8_t *key = head ? out->peek(out, 0, uint64_t{kHeader} + asked.extras, asked.key) : nullptr;
    if (!key) return WEIR_E_FAIL;
    packet.key = {reinterpret_cast<const char *>(key), asked.key};
  }
  if (reads && !none) {
    if (text.len > kMostValue) return push_packet(scope, word, kStatusTooLarge, 0, "Too large.", out);
    packet.extras = 4;  // the client's flags
    packet.text = {reinterpret_cast<const char *>(text.ptr), text.len};
  } else if (none && packet.key.empty()) {
    packet.text = stores ? "Not stored." : "Not found";
  }
  return push_answer(scope, word, packet, out);
}

}  // namespace weir::memcache
