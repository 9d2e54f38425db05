// One packet of the binary protocol: its 24 bytes of header, its opcodes and statuses. Pure functions over bytes.
#pragma once

#include <cstdint>
#include <cstring>

namespace weir::memcache {

inline constexpr uint8_t kRequestMagic = 0x80, kReplyMagic = 0x81;
inline constexpr uint32_t kHeader = 24;
inline constexpr uint32_t kOpcodeAt = 1, kOpaqueAt = 12;

enum Opcode : uint8_t {
  kOpGet = 0x00,
  kOpSet = 0x01,
  kOpAdd = 0x02,
  kOpReplace = 0x03,
  kOpDelete = 0x04,
  kOpIncrement = 0x05,
  kOpDecrement = 0x06,
  kOpQuit = 0x07,
  kOpFlush = 0x08,
  kOpGetQ = 0x09,
  kOpNoop = 0x0a,
  kOpVersion = 0x0b,
  kOpGetK = 0x0c,
  kOpGetKQ = 0x0d,
  kOpAppend = 0x0e,
  kOpPrepend = 0x0f,
  kOpStat = 0x10,
  kOpSetQ = 0x11,
  kOpAddQ = 0x12,
  kOpReplaceQ = 0x13,
  kOpDeleteQ = 0x14,
  kOpIncrementQ = 0x15,
  kOpDecrementQ = 0x16,
  kOpQuitQ = 0x17,
  kOpFlushQ = 0x18,
  kOpAppendQ = 0x19,
  kOpPrependQ = 0x1a,
  kOpTouch = 0x1c,
  kOpGat = 0x1d,
  kOpGatQ = 0x1e,
  kOpSaslList = 0x20,
  kOpSaslAuth = 0x21,
  kOpSaslStep = 0x22,
  kOpGatK = 0x23,
  kOpGatKQ = 0x24
};

enum Status : uint16_t {
  kStatusOk = 0x00,
  kStatusNotFound = 0x01,
  kStatusTooLarge = 0x03,
  kStatusInvalid = 0x04,
  kStatusNotStored = 0x05,
  kStatusAuth = 0x20,
  kStatusUnknown = 0x81,
  kStatusInternal = 0x84,
  kStatusBusy = 0x85,
  kStatusTemporary = 0x86
};

inline uint16_t load_be16(const uint8_t *p) {
  return static_cast<uint16_t>(p[0] << 8 | p[1]);
}
inline uint32_t load_be32(const uint8_t *p) {
  return static_cast<uint32_t>(p[0]) << 24 | static_cast<uint32_t>(p[1]) << 16 | static_cast<uint32_t>(p[2]) << 8 |
         p[3];
}
inline void store_be16(uint8_t *p, uint32_t value) {
  p[0] = static_cast<uint8_t>(value >> 8);
  p[1] = static_cast<uint8_t>(value);
}
inline void store_be32(uint8_t *p, uint32_t value) {
  store_be16(p, value >> 16);
  store_be16(p + 2, value);
}

// A header of either direction; a request has no status.
struct Packet {
  uint8_t magic = 0, opcode = 0, extras = 0;
  uint16_t key = 0, status = 0;
  uint32_t body = 0;    // extras, key and value
  uint32_t opaque = 0;  // in the order of its bytes
};

inline Packet read_packet(const uint8_t *p) {
  Packet out{p[0], p[1], p[4], load_be16(p + 2), load_be16(p + 6), load_be32(p + 8), 0};
  std::memcpy(&out.opaque, p + kOpaqueAt, sizeof(out.opaque));
  return out;
}

// A reply's header, with neither cas nor data type.
inline void write_reply_header(const Packet &packet, uint8_t *p) {
  std::memset(p, 0, kHeader);
  p[0] = kReplyMagic;
  p[1] = packet.opcode;
  store_be16(p + 2, packet.key);
  p[4] = packet.extras;
  store_be16(p + 6, packet.status);
  store_be32(p + 8, packet.body);
  std::memcpy(p + kOpaqueAt, &packet.opaque, sizeof(packet.opaque));
}

}  // namespace weir::memcache
