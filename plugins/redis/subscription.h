// Subscriptions of a client. pubsub: private: it has a lease on each server it listens to. A channel is a key and
// lives on its server; patterns, and the channels of keyspace events, are on every server. Each server counts what it
// knows of, so the counts in the confirmations are written anew. pubsub: shared: they are topics, which the core has
// for all clients of a worker; what is said to servers about those is rendered here, too. Worker's thread.
#pragma once

#include <weir/protocol.h>

#include "settings.h"

namespace weir::redis {

struct ClientState;
struct SeenArg;

struct Subscriptions {
  uint32_t leases;    // servers it listens to
  uint32_t channels;  // and patterns, with several servers: each once, wherever it is
  uint32_t shards;    // shard channels, likewise

  bool any() const { return leases || channels || shards; }
};

// weir_req.user, UserWord::value: how many channels are named; with the last one gone the lease goes on.
constexpr uint32_t kKeepLease = 1u << 31;

// Whether every server publishes events of its own on this channel.
bool is_event_channel(const uint8_t *name, uint64_t len);

// [parse] The way of SUBSCRIBE and the like, once it is planned and nothing is wrong with it.
void arrange_subscription(const Settings &settings, ClientState &st);
// [parse] Any other command of a client that listens, in RESP2.
void arrange_subscribed(const Settings &settings, ClientState &st);
// [reply] What is answered without a server.
weir_status answer_subscription(const weir_scope *scope, const weir_req *req, weir_out *out);
// [merge] Confirmations of several servers.
weir_status merge_subscriptions(const Settings &settings, const weir_scope *scope, const weir_merge *m, weir_out *out);
// [render] What asks for topics, or gives them up: SUBSCRIBE and the like.
weir_status render_topics(const weir_scope *scope, const weir_render *r, weir_out *out);
// lease(), for subscriptions.
void subscription_lease(ClientState &st, bool on);

}  // namespace weir::redis
