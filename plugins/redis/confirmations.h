// What a server connection knows of the subscriptions over it: tells confirmations, which answer SUBSCRIBE and the
// like, from messages, which answer nothing. All confirmations of one request are taken as one reply. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "command_table.h"

namespace weir::redis {

// Kinds of topics (pubsub: shared): weir_req.route_arg, and the user word of a message's first item.
enum : uint32_t { kChannelTopic, kPatternTopic, kShardTopic };

// The first word of an array from a server.
enum class PubsubWord : uint8_t {
  kShort,  // not all of it is there
  kOther,
  kMessage,  // pmessage, smessage
  kSubscribe,
  kPsubscribe,
  kSsubscribe,
  kUnsubscribe,
  kPunsubscribe,
  kSunsubscribe,
};
PubsubWord pubsub_word(const uint8_t *ptr, const uint8_t *end);

// Part of the state of a server connection.
struct Confirmations {
  uint32_t channels, patterns, shards;  // as its confirmations said
  uint32_t left;                        // confirmations to come of the reply under way
  uint64_t start;                       // of the one under way, in the message
  uint64_t number;                      // its count
  PubsubWord word;                      // what it says; kShort: none is under way
  bool wanted;                          // each is an item
  bool ends;                            // when nothing is left, the lease ends with the reply

  bool any() const { return channels || patterns || shards; }
  bool under_way() const { return word != PubsubWord::kShort; }
  // The first confirmation of the reply that this asks for.
  void begin_reply(const weir_expect &expect);
  // Of what the core asked for itself each confirmation is a reply.
  void begin_one();
  // One is complete. What it did: 0 one channel less, 1 nothing, 2 one more.
  uint64_t count();
};

// Whether a request is answered by confirmations.
inline bool is_subscription(const weir_expect *expect) {
  return expect && expect->cmd < kCommandCount && kCommands[expect->cmd].policy == Policy::kSubscription;
}

}  // namespace weir::redis
