// Cuts a client's stream into requests. One ClientState a connection, kept by the core; used by the worker that owns
// it.
#pragma once

#include <weir/protocol.h>

namespace weir::memcache {

// What the client speaks is decided by the first byte it sends, for good. kLost: nobody knows where in its stream the
// next request begins; the connection is being closed. kWatching: it gets a server's log; what it sends is not looked
// at.
enum class Dialect : uint8_t { kUnknown, kAscii, kBinary, kLost, kWatching };

// Where the ascii parser stands inside an unfinished line; all but the dialect is zero between requests.
struct ClientState {
  uint32_t scanned;  // bytes of the line known to hold no line feed
  uint16_t cmd;      // of the get or gets whose keys are taken as they arrive
  uint8_t in_keys;
  Dialect dialect;
  uint32_t name_off, keys, first_off, first_len;
  uint8_t bad;  // one of its keys cannot be: what follows is only skipped
};

// A lease for "watch" was got, or is over.
void watch_lease(const weir_scope *client, const weir_req *begin, uint32_t server, uint32_t on);

weir_status parse_requests(const weir_scope *scope, weir_parse *p);

}  // namespace weir::memcache
