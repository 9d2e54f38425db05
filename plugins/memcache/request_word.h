// What the request parser leaves in weir_req.user for reply(), render(), merge() and the reply parser. Pure functions.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// The kind of server connection that speaks the binary protocol: memcached goes by a connection's first byte.
inline constexpr uint64_t kBinaryProfile = 1;
// The kind on which keys are dumped: memcached refuses that on a connection where other replies are under way.
inline constexpr uint64_t kDumpProfile = 2;

// An ascii request that goes to servers: where the word begins that weir leaves out (0 = there is none), which is the
// "noreply" of a classic command or the "q" of a meta command, and where its first key lies.
struct RequestWord {
  uint32_t left_out = 0;
  uint32_t key_off = 0;
  uint32_t key_len = 0;
};

inline constexpr uint64_t kBinaryMark = 0x8000;  // no line is so long that left_out reaches it

inline uint64_t pack(const RequestWord &word) {
  return static_cast<uint64_t>(word.left_out & 0x7fff) | static_cast<uint64_t>(word.key_off) << 16 |
         static_cast<uint64_t>(word.key_len & 0xffff) << 48;
}
inline RequestWord unpack(uint64_t user) {
  return {static_cast<uint32_t>(user & 0x7fff), static_cast<uint32_t>(user >> 16), static_cast<uint32_t>(user >> 48)};
}

// A binary request: what its reply must repeat, and what weir answers by itself if it does.
struct PacketWord {
  uint32_t opaque = 0;  // as on the wire, which has it in no order
  uint8_t opcode = 0;   // what the client sent
  uint8_t local = 0;    // LocalPacket
};

inline uint64_t pack(const PacketWord &word) {
  return kBinaryMark | word.local | static_cast<uint64_t>(word.opcode) << 24 | static_cast<uint64_t>(word.opaque) << 32;
}
inline PacketWord unpack_packet(uint64_t user) {
  return {static_cast<uint32_t>(user >> 32), static_cast<uint8_t>(user >> 24), static_cast<uint8_t>(user)};
}
inline bool is_binary(uint64_t user) {
  return (user & kBinaryMark) != 0;
}

// Of a stats request: how the answers of several servers become one. In the place of the key's offset.
enum class StatsKind : uint32_t {
  kNumbers,   // counters and sizes: sums where a sum makes sense
  kSettings,  // the same everywhere, or else each server's
  kLists,     // what each server says, one behind the other
  kAction     // nothing to join: OK, RESET
};
inline uint64_t pack(StatsKind kind) {
  return pack(RequestWord{0, static_cast<uint32_t>(kind), 0});
}
inline StatsKind stats_kind(uint64_t user) {
  return is_binary(user) ? static_cast<StatsKind>(user >> 16 & 0xff) : static_cast<StatsKind>(unpack(user).key_off);
}
inline uint64_t with_stats_kind(uint64_t packet_word, StatsKind kind) {
  return packet_word | static_cast<uint64_t>(kind) << 16;
}

inline constexpr uint32_t kNoReplyLen = 7;

}  // namespace weir::memcache
