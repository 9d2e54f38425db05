// The client that a server connection is leased to, as seen from the server's side. Implemented by the client
// connection. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include <cstddef>
#include <cstdint>

namespace weir::upstream {

class ServerConnection;

class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  // A message begins that no request asked for: its description, and its items, whose bytes are there (offsets from
  // data).
  virtual void push_begins(const weir_rsp &, const weir_item * /*items*/, const uint8_t * /*data*/) {}
  // The whole message.
  virtual void pushed(const uint8_t *data, size_t len) = 0;
  // The server's reply ended the lease. It is the holder's to give back.
  virtual void lease_ends(ServerConnection &connection) = 0;
  // The connection is gone; it is forgotten at the end of the turn.
  virtual void lease_lost(ServerConnection &connection) = 0;
};

}  // namespace weir::upstream
