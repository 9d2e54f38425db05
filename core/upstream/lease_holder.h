// The client that a server connection is leased to, as seen from the server's side. Implemented by the client
// connection. Thread: the worker's alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/buffer/chain.h"

namespace weir::upstream {

class ServerConnection;

class LeaseHolder {
 public:
  virtual ~LeaseHolder() = default;
  // A message that no request asked for, whole; in one piece, or in several that are taken out of the chain.
  virtual void pushed(const uint8_t *data, size_t len) = 0;
  virtual void pushed(Chain &bytes) = 0;
  // The server's reply ended the lease. It is the holder's to give back.
  virtual void lease_ends(ServerConnection &connection) = 0;
  // The connection is gone; it is forgotten at the end of the turn.
  virtual void lease_lost(ServerConnection &connection) = 0;
};

}  // namespace weir::upstream
