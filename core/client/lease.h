// What a client has beside its requests: server connections of its own, and a request that waits for its turn.
// Owner: the client connection. Thread: the worker's alone.
#pragma once

#include <weir/protocol.h>

#include <vector>

#include "core/buffer/chunk.h"
#include "core/upstream/server_connection.h"

namespace weir::client {

// A connection to a server that is this client's alone.
struct Lease {
  upstream::ServerConnection *connection;
  uint32_t place;    // of Reach
  bool for_request;  // it ends with the request that began it
  bool broken;       // a request that was to go over it was refused
  weir_req begin;    // the request that began it
};

// A request that may only be sent, or answered, when everything before it is answered.
struct Postponed {
  weir_req req;
  std::vector<weir_key> keys;
  Chunk *message;  // null once it was taken
};

// Requests with these begin or end a lease.
constexpr uint32_t kTakesLease = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_BLOCKING;
constexpr uint32_t kChangesLease = kTakesLease | WEIR_REQ_LEASE_END;
// These are sent, or answered, when everything before them is.
constexpr uint32_t kOutOfTurn = kChangesLease | WEIR_REQ_TOPICS_ON | WEIR_REQ_TOPICS_OFF;

}  // namespace weir::client
