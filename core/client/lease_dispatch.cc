// How requests get on server connections that are their client's alone, and wait for their turn before they do.
#include <cstring>
#include <utility>

#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/put_ahead.h"
#include "core/client/reasons.h"
#include "core/client/request_parser.h"

namespace weir::client {
namespace {

constexpr std::string_view kLeasesOut = "lease_limit connections to the server are in use by other clients";
constexpr std::string_view kNoPrelude = "what has to come first could not be encoded";

}  // namespace

// What begins or ends a lease is sent when everything before it is answered. False: it was put off, or refused.
bool Dispatcher::is_its_turn(const One &one) {
  if ((one.req.flags & WEIR_REQ_FENCE) == 0 || one.req.reply == WEIR_REPLY_NONE) {
    refuse(one, WEIR_ERR_INTERNAL, "a request that changes a lease without a fence, or without a reply");
    return false;
  }
  if (one.req.key_count > kSlice) {
    refuse(one, WEIR_ERR_TOO_BIG, "a request over a connection of its own has too many keys");
    return false;
  }
  if (client_.order_.empty()) return true;
  postpone(one);
  return false;
}

void Dispatcher::postpone(const One &one) {
  Chunk *message = std::exchange(*one.whole, nullptr);
  if (message == nullptr) {
    message = client_.reactor_.chunks.get(one.req.size);
    std::memcpy(message->bytes(), one.message.ptr, one.req.size);
    message->end = one.req.size;
  }
  std::vector<weir_key> keys(one.keys, one.keys + one.req.key_count);
  client_.postponed_ = std::make_unique<Postponed>(Postponed{one.req, std::move(keys), message});
  client_.pause(ClientConnection::kTurn);
}

// Everything before it is answered. False when the client wants no more now.
bool Dispatcher::run_postponed(ClientConnection &client) {
  std::unique_ptr<Postponed> now = std::move(client.postponed_);
  Dispatcher dispatcher(client);
  RequestArrays &arrays = client.front_->arrays;
  const uint8_t *data = now->message->data();
  auto n = static_cast<uint32_t>(now->keys.size());
  arrays.have_room_for(n);
  for (uint32_t i = 0; i < n; ++i) arrays.key_bytes[i] = {data + now->keys[i].off, now->keys[i].len};
  if ((now->req.flags & WEIR_REQ_CODED_KEYS) != 0) {
    RequestParser::decode_keys(client, now->req, {data, now->req.size}, arrays.key_bytes.data());
  }
  if (n > 0) {
    client.front_->reach.route(dispatcher.ring_, arrays.key_bytes.data(), n, arrays.servers.data(),
                               client.reactor_.now_us);
  }
  One one{now->req,     {data, now->req.size}, now->keys.data(), arrays.key_bytes.data(), arrays.servers.data(),
          &now->message};
  bool more = dispatcher.dispatch_with_care(one) && dispatcher.done();
  if (now->message != nullptr) client.reactor_.chunks.put(now->message);
  return more;
}

// The connection for a request, or part, of a client; null: `why` says why there is none.
upstream::ServerConnection *Dispatcher::connection_for(const One &one, uint32_t place, Failure &why) {
  if (!client_.leases_.empty()) [[unlikely]] {
    if (Lease *lease = client_.lease_at(place); lease != nullptr) return lease->connection;
  }
  if ((one.req.flags & kTakesLease) != 0) [[unlikely]]
    return new_lease(one, place, why);
  if ((one.req.flags & WEIR_REQ_TOPICS_ON) != 0) [[unlikely]] {
    auto *feed = front_.topics.feed(place, one.req.profile);
    if (feed == nullptr) why = {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kLeasesOut};
    return feed;
  }
  if (client_.order_.empty()) client_.apart_ = (one.req.flags & WEIR_REQ_APART) != 0;
  auto *shared = client_.shared_connection(place, one.req.profile);
  if (shared == nullptr) why = {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kProfilesOut};
  return shared;
}

upstream::ServerConnection *Dispatcher::new_lease(const One &one, uint32_t place, Failure &why) {
  const Lease *lease = client_.take_lease(one.req, place);
  if (lease == nullptr) {
    why = {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kLeasesOut};
    return nullptr;
  }
  upstream::ServerConnection *connection = lease->connection;
  bool ready =
      (one.req.flags & WEIR_REQ_PRELUDE) == 0 || put_ahead(one.req, one, *connection, place, WEIR_RENDER_PRELUDE);
  if (ready) return connection;
  client_.end_lease(client_.leases_.size() - 1, false);
  why = {WEIR_PART_PROTO, WEIR_ERR_INTERNAL, kNoPrelude};
  return nullptr;
}

bool Dispatcher::put_ahead(const weir_req &req, const One &one, upstream::ServerConnection &connection, uint32_t place,
                           uint32_t purpose) {
  weir_render what{};
  what.struct_size = sizeof what;
  what.purpose = purpose;
  what.req = &req;
  what.keys = one.keys;
  what.key_bytes = one.key_bytes;
  what.server = front_.reach.server_of(place);
  return client::put_ahead(front_, client_.scope(), what, one.message, connection, due_us(req, place));
}

// ---- over leases that the client has
// --------------------------------------------------------------------------------------------------------------

void Dispatcher::over_leases(const One &one) {
  if (client_.ends_broken_lease(one.req)) {
    return refuse(one, WEIR_ERR_ABORTED, "a command before it was refused");
  }
  if (one.req.route_arg == WEIR_ALL_LEASES) {
    if (client_.leases_.empty()) return refuse(one, WEIR_ERR_INTERNAL, "the client has no connection of its own");
    arrays_.part_sizes.assign(front_.reach.places() + 1, 0);
    for (const Lease &lease : client_.leases_) arrays_.part_sizes[lease.place] = 1;
    return to_parts(one, static_cast<uint32_t>(client_.leases_.size()));
  }
  uint32_t place = one.req.route_arg;
  if (client_.lease_at(place) == nullptr) {
    return refuse(one, WEIR_ERR_ABORTED, "the connection to the server was lost");
  }
  for (uint32_t i = 0; i < one.req.key_count; ++i) {
    if (one.servers[i] != place) return refuse(one, WEIR_ERR_CROSS, "the keys lie on different servers");
  }
  to_server(one, place);
}

// ---- topics
// --------------------------------------------------------------------------------------------------------------

// The request is about to be sent: its client listens from now on, and hears nothing before the reply.
void Dispatcher::join_topics(const One &one, Split &split) {
  client_.joined_.clear();
  uint8_t *changed = split.add_changes(client_.reactor_.chunks, one.req.key_count);
  for (uint32_t i = 0; i < one.req.key_count; ++i) {
    uint32_t place = one.req.route == WEIR_ROUTE_ALL ? WEIR_NO_SERVER : one.servers[i];
    Topic *topic = front_.topics.join(client_, one.req.profile, one.req.route_arg, one.key_bytes[i], place);
    changed[i] = topic != nullptr ? 1 : 0;
    if (topic == nullptr) continue;
    client_.topics_.push_back(topic);
    client_.joined_.push_back(topic);
  }
}

// Answered at once, by merge(): no server is waited for.
void Dispatcher::leave_topics(const One &one) {
  std::vector<weir_bytes> names(one.key_bytes, one.key_bytes + one.req.key_count);
  std::vector<Topic *> all;
  std::erase_if(client_.topics_, [&](Topic *topic) {  // at once: there may be very many
    bool of_kind = one.req.route_arg == WEIR_ALL_TOPICS || topic->kind == one.req.route_arg;
    if (one.req.key_count > 0 || !of_kind) return false;
    names.push_back({reinterpret_cast<const uint8_t *>(topic->name.data()), topic->name.size()});
    all.push_back(topic);
    return true;
  });
  Request &request = enqueue(one);
  auto n = static_cast<uint32_t>(names.size());
  Split &split = *Split::make(client_.reactor_.chunks, 0, names.data(), n, {nullptr, 0});
  request.split = &split;
  request.parts_open = 1;
  uint8_t *changed = split.add_changes(client_.reactor_.chunks, n);
  for (uint32_t i = 0; i < n; ++i) {
    split.part_of[i] = split.pos_in[i] = 0;
    changed[i] = 1;
    if (i < one.req.key_count) {
      changed[i] = front_.topics.leave(client_, one.req.profile, one.req.route_arg, names[i]) ? 1 : 0;
    } else {
      front_.topics.leave(client_, *all[i]);
    }
  }
  client_.part_answered(request);
}

}  // namespace weir::client
