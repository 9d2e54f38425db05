// What a client connection remembers between calls of the parser. Zeroed by the core when the connection opens.
#pragma once

#include <weir/protocol.h>

#include <cstring>
#include <type_traits>

#include "subscription.h"
#include "transaction.h"
#include "verdict.h"

namespace weir::redis {

enum class Phase : uint8_t { kStart, kArguments, kClosing };
// What else than a key the parser looks for in the arguments.
enum class Watch : uint8_t {
  kNone,
  kSubcommand,
  kTail,
  kNumkeys,
  kStreams,
  kSort,
  kGeo,
  kCursor,
  kScript,
  kTimeout,
  kBlock
};

// Commands that are arranged once all of them is known.
enum class Family : uint8_t { kOrdinary, kTransaction, kSubscription };

// What a connection is in that no request of its may be taken by the short way (bits).
enum Special : uint8_t {
  kRepliesOff = 1,     // CLIENT REPLY OFF
  kSkipThis = 2,       // CLIENT REPLY SKIP: no reply to the request under way,
  kSkipNext = 4,       // nor to the one after it
  kInTransaction = 8,  // after MULTI
  kSubscribed = 16,    // in RESP2, where little else is allowed
};

constexpr uint32_t kNever = UINT32_MAX;
constexpr uint32_t kMaxClientName = 128;

struct ClientState;

// What a client chooses for its connection, as it was before a command that changes it.
struct Choices {
  uint64_t profile;
  bool authed, no_evict;
  uint8_t special, name_len;
  char name[kMaxClientName];

  void keep(const ClientState &state);
  // A reply that was to be skipped has been.
  void restore(ClientState &state) const;
};

struct ClientState {
  // the message under way
  uint32_t argc, argi;          // how many arguments, and which comes next
  uint32_t look;                // the next argument whose bytes matter
  uint32_t next_key, last_key;  // the next key argument, and the last one
  uint32_t step;
  uint32_t option;   // Watch: the next argument that may be an option
  uint32_t scanned;  // bytes of the unfinished token already searched for its end
  uint32_t key_count;
  uint32_t req_flags;   // WEIR_REQ_*
  uint32_t route_arg;   // WEIR_ROUTE_SERVER: which
  uint32_t timeout_ms;  // WEIR_REQ_BLOCKING
  uint32_t replies;     // final replies of the servers to it; 0 is one
  uint32_t value;       // goes to UserWord
  uint16_t cmd, arg;
  uint8_t sub, route;
  Family family;
  bool events;  // SUBSCRIBE: one of the channels is on every server
  Phase phase;
  Watch watch;
  Verdict verdict;
  // the connection
  bool authed;       // the right password was given
  bool no_evict;     // CLIENT NO-EVICT ON, which changes nothing
  uint8_t special;   // Special: why its requests take the long way
  uint64_t profile;  // of what it sends, see session.h
  uint8_t name_len;
  char name[kMaxClientName];
  Choices before;  // the last request that has WEIR_REQ_FENCE and is judged by its arguments
  Transaction tx;
  Subscriptions subscriptions;
};
inline void Choices::keep(const ClientState &state) {
  profile = state.profile;
  authed = state.authed;
  no_evict = state.no_evict;
  special = state.special;
  name_len = state.name_len;
  std::memcpy(name, state.name, sizeof(name));
}
inline void Choices::restore(ClientState &state) const {
  state.profile = profile;
  state.authed = authed;
  state.no_evict = no_evict;
  state.special = static_cast<uint8_t>(special & ~kSkipThis);
  state.name_len = name_len;
  std::memcpy(state.name, name, sizeof(name));
}
static_assert(sizeof(ClientState) <= 1024 && std::is_trivially_copyable_v<ClientState>);

}  // namespace weir::redis
