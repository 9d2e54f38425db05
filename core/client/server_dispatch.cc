// How requests that one server answers get on their way to it, whether a key, a number or nothing says which one.
#include <algorithm>

#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/reasons.h"
#include "core/client/render.h"
#include "core/message/kept.h"

namespace weir::client {
namespace {

// Whether its key alone says which server it belongs to.
inline bool is_by_one_key(const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY && req.key_count == 1;
}

}  // namespace

// ---- which server
// ----------------------------------------------------------------------------------------------------

void Dispatcher::by_key(const One &one) {
  if (one.req.key_count == 0) return refuse(one, WEIR_ERR_INTERNAL, "a routed command without a key");
  uint32_t server = one.servers[0];
  for (uint32_t i = 1; i < one.req.key_count; ++i) {
    if (one.servers[i] != server) return refuse(one, WEIR_ERR_CROSS, "the keys lie on different servers");
  }
  if (server == WEIR_NO_SERVER) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  to_server(one, server);
}

void Dispatcher::to_any(const One &one) {
  uint32_t place = front_.reach.any(one.way, client_.lane_);
  if (place == WEIR_NO_SERVER) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  to_server(one, place);
}

void Dispatcher::to_numbered(const One &one) {
  uint32_t place = front_.reach.place(one.way, one.req.route_arg);
  if (place == WEIR_NO_SERVER) return refuse(one, WEIR_ERR_INTERNAL, "no such server");
  if (!diverts_ && !front_.reach.serves(ring_, place)) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  to_server(one, place);
}

// ---- whether, and until when
// -----------------------------------------------------------------------------------------

bool Dispatcher::may_send(const One &one, upstream::ServerConnection &connection) {
  if (connection.has_room()) return true;
  refuse(one, WEIR_ERR_OVERLOAD, kQueueFull);
  return false;
}

void Dispatcher::ease(ClientConnection &client, upstream::ServerConnection &connection) {
  if (!connection.is_crowded()) return;
  connection.note_queue();
  if ((client.pauses_ & ClientConnection::kServerQueue) != 0) return;
  client.pause(ClientConnection::kServerQueue);
  client.front_->wait_for_room(client, connection);
}

// Whether requests may be sent there; if not, this one is refused.
bool Dispatcher::serves(const One &one, uint32_t place) {
  if (front_.reach.serves(ring_, place)) return true;
  front_.cells.refused_down.add();
  refuse(one, WEIR_ERR_NO_SERVER, kServerDown);
  return false;
}

uint64_t Dispatcher::due_us(const weir_req &req, uint32_t place) {
  uint64_t due = front_.reach.is_own(place) ? due_us_ : front_.reach.due_us(place);
  if ((req.flags & WEIR_REQ_BLOCKING) == 0 || due == 0) return due;
  return req.timeout_ms == 0 ? 0 : due + uint64_t{req.timeout_ms} * 1000;
}

// ---- on its way
// ------------------------------------------------------------------------------------------------------

void Dispatcher::to_server(const One &one, uint32_t place) {
  if (may_be_down(place) && one.req.route != WEIR_ROUTE_LEASED && !serves(one, place)) return;
  bool transform = (one.req.flags & WEIR_REQ_TRANSFORM) != 0;
  if (transform && one.req.reply != WEIR_REPLY_NONE) {
    arrays_.part_sizes.assign(front_.reach.places() + 1, 0);
    arrays_.part_sizes[place] = has_keyed_parts(one.req) ? one.req.key_count : 1;
    return to_parts(one, 1);
  }
  Failure why{};
  upstream::ServerConnection *to = connection_for(one, place, why);
  if (to == nullptr) return refuse(one, why.error, why.text);
  upstream::ServerConnection &connection = *to;
  if (!may_send(one, connection)) return;
  size_t len = write(one, connection, place, nullptr);
  if (len == 0) return refuse(one, WEIR_ERR_INTERNAL, kNotEncoded);
  if (one.req.reply == WEIR_REPLY_NONE) {
    connection.queued(nullptr, len, due_us(one.req, place));
  } else {
    const weir_bytes *key = is_by_one_key(one.req) ? one.key_bytes : nullptr;
    expect_reply(one.req, connection, place, len, due_us(one.req, place));
    if (one.decision != nullptr) watch(one, *client_.order_.back());
    if (front_.keeps_reads || (one.req.flags & WEIR_REQ_KEEP) != 0)
      keep(client_.order_.back()->part, connection, len, key);
  }
  ease(client_, connection);
}

// The len bytes just written are the part, which its connection may have to send again. key: NULLABLE
[[gnu::noinline]] void Dispatcher::keep(Part &part, upstream::ServerConnection &connection, size_t len,
                                        const weir_bytes *key) {
  if ((part.request->req.flags & (WEIR_REQ_RETRY_SAFE | WEIR_REQ_KEEP)) == 0 || len > Kept::kMost) return;
  part.again |= Part::kKept;
  part.kept = Kept::make(client_.reactor_.chunks, connection.output(), len, key);
}

size_t Dispatcher::write(const One &one, upstream::ServerConnection &connection, uint32_t place,
                         const SplitPart *part) {
  if (part != nullptr && one.req.route == WEIR_ROUTE_SPLIT && part->pick_count < one.req.key_count) {
    const uint32_t *pick = part->part.request->split->pick + part->first_pick;
    return render(one, connection, WEIR_RENDER_SPLIT, pick, part->pick_count, place);
  }
  if ((one.req.flags & WEIR_REQ_RENDER) != 0 || one.rekeyed() != nullptr) {
    return render(one, connection, WEIR_RENDER_REKEY, arrays_.all_keys(one.req.key_count), one.req.key_count, place);
  }
  if (one.pieces != nullptr) {
    size_t len = one.pieces->size();
    connection.output().append(*one.pieces);
    return len;
  }
  if (*one.whole != nullptr && part == nullptr) {
    connection.output().append(*one.whole);
    *one.whole = nullptr;
  } else {
    connection.output().append(client_.reactor_.chunks, one.message.ptr, one.message.len);
  }
  return one.message.len;
}

size_t Dispatcher::render(const One &one, upstream::ServerConnection &connection, uint32_t purpose,
                          const uint32_t *pick, uint32_t pick_count, uint32_t server) {
  weir_render what{};
  what.struct_size = sizeof what;
  what.purpose = purpose;
  what.req = &one.req;
  what.keys = one.keys;
  what.key_bytes = one.key_bytes;
  what.rekeyed = one.rekeyed();
  what.pick = pick;
  what.pick_count = pick_count;
  what.server = front_.reach.server_of(server);
  // Large ones are put together aside: half a request must not get into the connection's stream.
  Chain aside;
  Chain &to = pick_count <= kSlice ? connection.output() : aside;
  size_t before = to.size();
  bool ok = true;
  do {
    what.count = std::min(kSlice, pick_count - what.first);
    ok = client::render(front_, client_.scope(), what, one.message, to);
    what.first += what.count;
  } while (ok && what.first < pick_count);
  size_t len = ok ? to.size() - before : 0;
  if (&to == &aside && ok) {
    connection.output().append(client_.reactor_.chunks, aside);
  } else {
    aside.clear(client_.reactor_.chunks);
  }
  return len;
}

}  // namespace weir::client
