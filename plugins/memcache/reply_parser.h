// Cuts a server's stream into replies. One ServerState a connection, kept by the core; used by the worker that owns it.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// Where the parser stands inside an unfinished reply; all but watched is zero between replies.
struct ServerState {
  uint32_t scanned;  // bytes of the line known to hold no line feed
  uint32_t items;    // appended for this reply so far
  uint8_t data_end;  // a value's bytes were stepped over: its CRLF comes next
  uint8_t blocks;    // a VALUE or STAT was seen, perhaps in an earlier part of the reply
  uint8_t watched;   // by a client: it is a log, a line at a time
  uint8_t reserved;
};

inline constexpr uint32_t kKeyInValue = 6;  // behind "VALUE "
inline constexpr uint64_t kEndLine = 5;     // "END\r\n"

// weir_rsp.user is the offset of the reply's last line. weir_item.user tells where the key lies in its VALUE line:
inline uint64_t key_place(uint32_t off, uint32_t len) {
  return static_cast<uint64_t>(off) << 32 | len;
}
inline uint32_t key_off_of(const weir_item &item) {
  return static_cast<uint32_t>(item.user >> 32);
}
inline uint32_t key_len_of(const weir_item &item) {
  return static_cast<uint32_t>(item.user);
}

weir_status parse_replies(const weir_scope *scope, weir_parse *p);

}  // namespace weir::memcache
