// How requests that filters want to see get on their way: shown to them, and then sent as they decided.
#include <algorithm>
#include <utility>

#include "core/base/log.h"
#include "core/client/dispatcher.h"

namespace weir::client {
namespace {

// Whether all of it is one server's, whichever its keys may name.
bool has_no_keyed_server(const weir_req &req) {
  return req.route == WEIR_ROUTE_ANY || req.route == WEIR_ROUTE_ALL || req.route == WEIR_ROUTE_SERVER;
}

}  // namespace

// It came in pieces, before somebody wanted to see it whole.
bool Dispatcher::run_joined(ClientConnection &client, const weir_req &req, const weir_key &key, Chain &pieces) {
  Dispatcher dispatcher(client);
  Chunk *message = client.reactor_.chunks.get(req.size);
  pieces.copy_last(req.size, message->bytes());
  message->end = req.size;
  weir_bytes key_bytes{message->data() + key.off, key.len};
  uint32_t server = WEIR_NO_SERVER;
  client.front_->reach.route(dispatcher.ring_, &key_bytes, 1, &server, client.reactor_.now_us);
  One one{req, {message->data(), req.size}, &key, &key_bytes, &server, &message};
  bool more = dispatcher.dispatch_with_care(one) && dispatcher.done();
  if (message != nullptr) client.reactor_.chunks.put(message);
  return more;
}

// The keys of one that is dispatched in slices are not looked at yet. Null: one lies outside of its request.
const weir_bytes *Dispatcher::keys_to_show(const One &one) {
  if (one.large == nullptr) return one.key_bytes;
  weir_bytes *keys = front_.filters.room_for_keys(one.req.key_count);
  const weir_bytes &text = one.message;
  return place_keys(one.keys, one.req.key_count, text.ptr, text.len, text.len, keys) ? keys : nullptr;
}

// Routes have not looked at the keys of one that is dispatched in slices: the first one speaks for all.
uint32_t Dispatcher::way_to_show(const One &one, const weir_bytes *keys) {
  if (one.large == nullptr || !one.steered) return way_of(one);
  const route::Routes::Entry *entry = client_.route_of(one.req, keys);
  return entry != nullptr ? entry->way : one.way;
}

// It is its turn. One that is asked about is asked about once.
void Dispatcher::filter(const One &one) {
  const weir_bytes *keys = keys_to_show(one);
  if (keys == nullptr) {
    WEIR_LOG(err, "pool %s: the protocol plugin broke its contract: a key or unit outside its request",
             front_.settings.name.c_str());
    refuse(one, WEIR_ERR_INTERNAL, "internal error");
    return client_.open() ? client_.end_input() : void();
  }
  const weir_req &req = one.req;
  const uint32_t shown = way_to_show(one, keys);
  FilterChain::Decision &decision = front_.filters.ask(client_, req, one.message, keys, front_.reach.pool_of(shown));
  bool silent = req.reply == WEIR_REPLY_NONE || req.route == WEIR_ROUTE_DROP;
  switch (decision.action) {
    case WEIR_V_CONTINUE:
      follow(one, decision, shown);
      break;
    case WEIR_V_DROP_CLIENT:
      client_.close();
      break;
    case WEIR_V_REJECT:
      client_.break_lease(req);
      if (!silent) client_.fail(*client_.enqueue(req), decision.answer, decision.text);
      break;
    default:
      client_.break_lease(req);
      if (!silent) answer(one, decision.answer, decision.text);
  }
  front_.filters.done(req.key_count);
}

// shown: where filters were told that it goes.
void Dispatcher::follow(const One &one, FilterChain::Decision &decision, uint32_t shown) {
  weir_req req = one.req;
  const bool rekeyed = decision.rekeyed != nullptr;
  const uint32_t echoes = front_.protocol.cmds[req.cmd].flags & WEIR_CMD_ECHO;
  if (rekeyed && echoes != 0 && req.reply != WEIR_REPLY_NONE) req.flags |= WEIR_REQ_TRANSFORM | WEIR_REQ_KEEP;
  if (is_only_renamed(one, decision) && send_renamed(one, req, decision)) return;
  const uint32_t n = req.key_count;
  const uint32_t way = decision.pool != FilterChain::kUnchanged ? front_.reach.way(decision.pool)
                       : decision.moves()                       ? shown
                                                                : one.way;
  uint32_t *servers = one.servers;
  if (decision.server != FilterChain::kUnchanged && has_no_keyed_server(req)) {
    req.route = WEIR_ROUTE_SERVER;
    req.route_arg = decision.server;
  }
  if (one.large == nullptr && n > 0 && (rekeyed || decision.moves())) {
    servers = front_.filters.servers(n);
    if (decision.server != FilterChain::kUnchanged) {
      std::fill_n(servers, n, front_.reach.place(way, decision.server));
    } else {
      const uint64_t now_us = client_.reactor_.now_us;
      front_.reach.route_in(way, decision.keys, n, servers, now_us);
      bool by_routes = one.steered && !decision.moves();
      if (by_routes) client_.route_keys(req, one.key_bytes, decision.keys, n, servers, now_us);
    }
  }
  One now{req, one.message, one.keys, decision.keys, servers, one.whole, one.large, one.pieces, way, one.mirror};
  if (decision.mirror_pool != FilterChain::kUnchanged) now.mirror = front_.reach.way(decision.mirror_pool);
  now.steered = one.steered || way != one.way;
  now.decision = &decision;
  send(now);
  if (decision.watch == nullptr) return;
  // Nothing is waited for.
  front_.filters.ended(client_, req, std::exchange(decision.watch, nullptr), WEIR_NO_SERVER);
}

// Who wants to hear how it ends will.
void Dispatcher::watch(const One &one, Request &request) {
  request.watch = std::exchange(one.decision->watch, nullptr);
}

Request &Dispatcher::enqueue(const One &one) {
  Request &request = *client_.enqueue(one.req);
  if (one.decision != nullptr) {
    request.part.server = WEIR_NO_SERVER;  // until it is sent
    watch(one, request);
  }
  return request;
}

}  // namespace weir::client
