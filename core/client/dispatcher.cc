#include "core/client/dispatcher.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

#include "core/client/client_scope.h"
#include "core/client/large_request.h"
#include "core/client/render.h"
#include "core/client/split_plan.h"
#include "core/message/kept.h"

namespace weir::client {
namespace {

constexpr uint32_t kCopiedKeys = 4 * kSlice;
constexpr std::string_view kNoServer = "Connection refused";  // what twemproxy's clients know
constexpr std::string_view kServerDown = "the server is down";
constexpr std::string_view kQueueFull = "the server's queue is full";

// A request with any of these does not take the short way.
constexpr uint32_t kUnusual = kOutOfTurn | WEIR_REQ_OPEN | WEIR_REQ_KEEP | WEIR_REQ_TRANSFORM | WEIR_REQ_RENDER |
                              WEIR_REQ_FENCE | WEIR_REQ_CLOSE | WEIR_REQ_CODED_KEYS;

const uint32_t *all_keys(RequestArrays &arrays, uint32_t n) {
  if (size_t had = arrays.all_keys.size(); had < n) {
    arrays.all_keys.resize(n);
    std::iota(arrays.all_keys.begin(), arrays.all_keys.end(), 0);
  }
  return arrays.all_keys.data();
}

// What most requests are: one key, one server, the bytes as they came.
inline bool is_plain(const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY && req.key_count == 1 && req.reply == WEIR_REPLY_EXACT &&
         (req.flags & kUnusual) == 0 && req.profile == 0;
}

// Whether its key alone says which server it belongs to.
inline bool is_by_one_key(const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY && req.key_count == 1;
}

// Whether each key belongs to one of its parts; else all of them belong to every part.
bool has_keyed_parts(const weir_req &req) {
  bool everywhere = req.route == WEIR_ROUTE_LEASED && req.route_arg == WEIR_ALL_LEASES;
  return req.route != WEIR_ROUTE_ALL && !everywhere && req.key_count > 0;
}

}  // namespace

[[gnu::always_inline]] inline void Dispatcher::expect_reply(const weir_req &req, upstream::ServerConnection &connection,
                                                            uint32_t place, size_t len, uint64_t due_us) {
  Request &request = *client_.enqueue(req);
  init_part(request.part, request, place, 0);
  request.part.keys = req.key_count;
  request.parts_open = 1;
  request.holders = 2;  // the client and the part
  connection.queued(&request.part, len, due_us);
}

// The len bytes just written are the part, which its connection may have to send again. key: NULLABLE
[[gnu::noinline]] void Dispatcher::keep(Part &part, upstream::ServerConnection &connection, size_t len,
                                        const weir_bytes *key) {
  if ((part.request->req.flags & (WEIR_REQ_RETRY_SAFE | WEIR_REQ_KEEP)) == 0 || len > Kept::kMost) return;
  part.again |= Part::kKept;
  part.kept = Kept::make(client_.reactor_.chunks, connection.output(), len, key);
}

// The short way of a plain request. server: of its key. False: it takes the long one.
[[gnu::always_inline]] inline bool Dispatcher::send_at_once(const weir_req &req, const uint8_t *message,
                                                            uint32_t server) {
  if (req.size > request_limit_ || server == WEIR_NO_SERVER) return false;
  upstream::ServerConnection &connection = front_.upstream.connection(server, client_.lane_);
  size_t size = req.size;
  if (connection.is_crowded_by(size)) return false;
  if (size >= RequestBody::kFrom) [[unlikely]] {
    put_large(message, size, connection.output());
  } else {
    connection.output().append(client_.reactor_.chunks, message, size);
  }
  expect_reply(req, connection, server, size, due_us_);
  return true;
}

// With its chunk, where it fills one.
[[gnu::noinline]] void Dispatcher::put_large(const uint8_t *message, size_t size, Chain &to) {
  client_.body_.expect(size);
  if (client_.inbox_.is_filled_by(message, size)) return to.append(client_.inbox_.take());
  to.append(client_.reactor_.chunks, message, size);
}

bool Dispatcher::run_one(ClientConnection &client, const weir_req &req, const uint8_t *message, weir_bytes key) {
  Dispatcher dispatcher(client);
  if (!is_plain(req) || !dispatcher.quick_ || client.front_->apart[req.cmd] != 0) return false;
  uint32_t server = client.front_->router.route_one(dispatcher.ring_, key, client.reactor_.now_us);
  return dispatcher.send_at_once(req, message, server);
}

bool Dispatcher::done() {
  if (client_.order_.size() >= client_.allowed_inflight_) client_.check_inflight();
  client_.note_output();  // local answers count, too
  return client_.open() && client_.pauses_ == 0;
}

bool Dispatcher::takes_pieces(const Front &front, const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY && req.key_count == 1 && (req.flags & kUnusual) == 0 && req.profile == 0 &&
         front.hooked[req.cmd] == 0;
}

bool Dispatcher::run_pieces(ClientConnection &client, const weir_req &req, const weir_key &key, Chain &pieces) {
  if (client.front_->hooked[req.cmd] != 0) return run_joined(client, req, key, pieces);
  Dispatcher dispatcher(client);
  weir_bytes key_bytes{pieces.front() + key.off, key.len};
  uint32_t server = WEIR_NO_SERVER;
  client.front_->reach.route(dispatcher.ring_, &key_bytes, 1, &server, client.reactor_.now_us);
  Chunk *whole = nullptr;
  One one{req, {nullptr, 0}, &key, &key_bytes, &server, &whole, nullptr, &pieces};
  return dispatcher.dispatch_with_care(one) && dispatcher.done();
}

bool Dispatcher::run(ClientConnection &client, Batch &batch) {
  Dispatcher dispatcher(client);
  const bool quick = batch.whole == nullptr && dispatcher.quick_;
  const uint8_t *const apart = client.front_->apart.data();
  RequestArrays &arrays = client.front_->arrays;
  if (batch.key_count > 0) {
    client.front_->reach.route(dispatcher.ring_, arrays.key_bytes.data(), batch.key_count, arrays.servers.data(),
                               client.reactor_.now_us);
  }
  const uint8_t *message = batch.bytes;
  uint32_t key = 0;
  for (uint32_t i = 0; i < batch.count; ++i) {
    const weir_req &req = batch.reqs[i];
    bool sent =
        quick && is_plain(req) && apart[req.cmd] == 0 && dispatcher.send_at_once(req, message, arrays.servers[key]);
    if (!sent) {
      One one{req,
              {message, req.size},
              batch.keys + key,
              arrays.key_bytes.data() + key,
              arrays.servers.data() + key,
              &batch.whole,
              i + 1 == batch.count && batch.large_keys != nullptr ? &batch : nullptr};
      if (!dispatcher.dispatch_with_care(one)) return false;
    }
    message += req.size;
    key += req.key_count;
  }
  arrays.shrink(batch.key_count);
  return dispatcher.done();
}

bool Dispatcher::dispatch_with_care(One &one) {
  dispatch(one);
  if (!client_.open()) return false;
  if ((one.req.flags & WEIR_REQ_CLOSE) != 0) client_.end_input();
  if (client_.input_ended_) return false;
  // It is the last of its batch; unless it was answered at once, it is the last in the order too.
  if ((one.req.flags & WEIR_REQ_FENCE) != 0 && !client_.order_.empty() &&
      (client_.order_.back()->req.flags & WEIR_REQ_FENCE) != 0) {
    client_.pause(ClientConnection::kFence);
  }
  return true;
}

void Dispatcher::dispatch(One &one) {
  const weir_req &req = one.req;
  if ((req.flags & WEIR_REQ_OPEN) != 0) {
    return refuse(one, WEIR_ERR_INTERNAL, "the command needs what this version of weir does not have");
  }
  if ((req.flags & kOutOfTurn) != 0 && !is_its_turn(one)) return;
  if (!is_within_limits(one)) return;
  if (front_.routed[req.cmd] != 0 && !steer(one)) return;
  if (front_.hooked[req.cmd] != 0) return filter(one);
  send(one);
}

bool Dispatcher::leaves_topics(const One &one) const {
  return (one.req.flags & WEIR_REQ_TOPICS_OFF) != 0 && front_.protocol.merge != nullptr &&
         one.req.route != WEIR_ROUTE_LOCAL;
}

bool Dispatcher::is_within_limits(const One &one) {
  const weir_req &req = one.req;
  if (req.route == WEIR_ROUTE_LOCAL || req.route == WEIR_ROUTE_DROP || leaves_topics(one)) return true;
  if (req.size > front_.settings.request_limit) {
    refuse(one, WEIR_ERR_TOO_BIG, "the request is larger than request_limit");
  } else if (req.key_count > front_.settings.max_keys) {
    refuse(one, WEIR_ERR_TOO_BIG, "the request has more keys than max_keys");
  } else if (no_memory_) {
    refuse(one, WEIR_ERR_OVERLOAD, "memory_limit is reached");
  } else {
    return true;
  }
  return false;
}

// What became of its keys is known.
void Dispatcher::send(const One &one) {
  const weir_req &req = one.req;
  if (leaves_topics(one)) return leave_topics(one);
  switch (req.route) {
    case WEIR_ROUTE_LOCAL:
      return answer(one, WEIR_ERR_NONE, {});
    case WEIR_ROUTE_DROP:
      return;
    default:
      break;
  }
  if (one.mirror != Reach::kNoWay) mirror(one, one.mirror);
  if (ring_.empty() && !one.steered) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  if (one.large != nullptr && req.route != WEIR_ROUTE_LEASED) return in_slices(one);
  switch (req.route) {
    case WEIR_ROUTE_KEY:
      return by_key(one);
    case WEIR_ROUTE_LEASED:
      return over_leases(one);
    case WEIR_ROUTE_SPLIT:
      return by_split(one);
    case WEIR_ROUTE_ANY:
      return to_any(one);
    case WEIR_ROUTE_ALL:
      return to_all(one);
    default:
      return to_numbered(one);
  }
}

void Dispatcher::refuse(const One &one, uint32_t error, std::string_view text) {
  front_.cells.forward_error.add();
  client_.break_lease(one.req);
  if (one.decision != nullptr && one.decision->watch != nullptr) {
    one.decision->watch->failed(WEIR_PART_NO_SERVER, error);
  }
  if (one.req.reply == WEIR_REPLY_NONE) return;
  client_.fail(enqueue(one), error, text);
}

// Without a server.
void Dispatcher::answer(const One &one, uint32_t error, std::string_view text) {
  if (error == WEIR_ERR_NONE && (one.req.flags & WEIR_REQ_TOPICS_OFF) != 0) client_.leave_topics();
  Request &request = enqueue(one);
  Chain &to = client_.reply_chain(request);
  size_t before = to.size();
  if ((one.req.flags & WEIR_REQ_MUTE) == 0) {
    if (!client_.render_reply(&one.req, error, text, one.message, to)) return client_.close();
    if (&to != &client_.out_) client_.hold(before, to.size());
  }
  client_.finish(request);
}

// ---- one server
// ------------------------------------------------------------------------------------------------------

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

bool Dispatcher::may_send(const One &one, upstream::ServerConnection &connection) {
  if (connection.has_room()) return true;
  refuse(one, WEIR_ERR_OVERLOAD, kQueueFull);
  return false;
}

void Dispatcher::send_again(ClientConnection &client, Part &part) {
  Dispatcher dispatcher(client);
  Reach &reach = dispatcher.front_.reach;
  weir_bytes key = Kept::key(*part.kept);
  uint32_t place = WEIR_NO_SERVER;
  reach.route_in(reach.way_of(part.server), &key, 1, &place, client.reactor_.now_us);
  if (place == WEIR_NO_SERVER || !reach.serves(dispatcher.ring_, place)) {
    std::string_view why = place == WEIR_NO_SERVER ? kNoServer : kServerDown;
    client.part_failed(part, {WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, why}, false);
    client.reactor_.requests.release(part);
    return;
  }
  upstream::ServerConnection *to = reach.connection(place, client.lane_, part.request->req.profile);
  if (to == nullptr) {
    client.part_failed(part, {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kProfilesOut}, false);
    client.reactor_.requests.release(part);
    return;
  }
  upstream::ServerConnection &connection = *to;
  part.server = place;
  connection.output().append(client.reactor_.chunks, part.kept->data(), part.kept->size());
  connection.queued(&part, part.kept->size(), part.due_us);
  connection.look_when_due(part);
  ease(client, connection);
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
  if (len == 0) return refuse(one, WEIR_ERR_INTERNAL, "the command could not be encoded");
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

size_t Dispatcher::write(const One &one, upstream::ServerConnection &connection, uint32_t place,
                         const SplitPart *part) {
  if (part != nullptr && one.req.route == WEIR_ROUTE_SPLIT && part->pick_count < one.req.key_count) {
    const uint32_t *pick = part->part.request->split->pick + part->first_pick;
    return render(one, connection, WEIR_RENDER_SPLIT, pick, part->pick_count, place);
  }
  if ((one.req.flags & WEIR_REQ_RENDER) != 0 || one.rekeyed() != nullptr) {
    return render(one, connection, WEIR_RENDER_REKEY, all_keys(arrays_, one.req.key_count), one.req.key_count, place);
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

// ---- many keys
// -----------------------------------------------------------------------------------------------------

void Dispatcher::in_slices(const One &one) {
  // The only server there is gets it as it is, whatever its keys are.
  bool as_it_is = (one.req.flags & (WEIR_REQ_TRANSFORM | WEIR_REQ_RENDER)) == 0 && one.rekeyed() == nullptr;
  if (ring_.size() == 1 && as_it_is && !diverts_ && !one.steered) return to_server(one, 0);
  Request &request = enqueue(one);
  LargeRequest::Content content{take_message(one), take_keys(one), {}, one.way, FilterChain::kUnchanged, false};
  if (one.rekeyed() != nullptr) content.rewritten = front_.filters.take_rewritten();
  if (one.decision != nullptr) {
    content.server = one.decision->server;
    content.chosen = one.decision->moves();
  }
  client_.begin_large(request, std::move(content));
}

// Its keys, copied unless there are very many: then the worker's array, which is made anew.
LargeRequest::Keys Dispatcher::take_keys(const One &one) {
  LargeRequest::Keys keys;
  if (one.req.key_count <= kCopiedKeys) {
    keys.all.put(one.keys, one.req.key_count);
    return keys;
  }
  keys.first = static_cast<size_t>(one.keys - one.large->large_keys->data());
  keys.all.resize(RequestArrays::kFirstKeys);
  keys.all.swap(*one.large->large_keys);
  return keys;
}

// The request's bytes, in a chunk of their own: what they lie in, or the smaller part of that copied.
Chunk *Dispatcher::take_message(const One &one) {
  if (*one.whole != nullptr) return std::exchange(*one.whole, nullptr);
  Inbox::Span all = one.large->all;
  auto end = static_cast<size_t>(one.message.ptr + one.message.len - all.data);
  if (client_.inbox_.owns(all) && all.len - end < one.message.len) {
    Chunk *chunk = client_.inbox_.take();  // what is left behind it stays readable until it is kept
    chunk->begin = static_cast<size_t>(one.message.ptr - chunk->bytes());
    chunk->end = chunk->begin + one.message.len;
    return chunk;
  }
  Chunk *copy = client_.reactor_.chunks.get(one.message.len);
  std::memcpy(copy->bytes(), one.message.ptr, one.message.len);
  copy->end = one.message.len;
  return copy;
}

// ---- several servers
// -------------------------------------------------------------------------------------------------

void Dispatcher::by_split(const One &one) {
  uint32_t n = one.req.key_count;
  if (n == 0) return refuse(one, WEIR_ERR_INTERNAL, "a split command without a key");
  uint32_t servers = front_.reach.places();
  arrays_.part_sizes.assign(servers + 1, 0);
  for (uint32_t i = 0; i < n; ++i) ++arrays_.part_sizes[std::min(one.servers[i], servers)];
  uint32_t parts = count_parts(arrays_.part_sizes);
  if (parts > 1 && one.req.reply == WEIR_REPLY_NONE) {
    return refuse(one, WEIR_ERR_INTERNAL, "a command without a reply cannot be split");
  }
  if (parts > 1) return to_parts(one, parts);
  if (one.servers[0] == WEIR_NO_SERVER) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  to_server(one, one.servers[0]);
}

void Dispatcher::to_all(const One &one) {
  if (one.way == Reach::kOwnWay && ring_.size() == 1 && (!diverts_ || front_.reach.spare() == nullptr)) {
    return to_server(one, 0);
  }
  front_.reach.all(one.way, arrays_.part_sizes);
  const PartSizes &wanted = arrays_.part_sizes;
  if (one.req.reply == WEIR_REPLY_NONE) {
    for (uint32_t place = 0; place + 1 < wanted.size(); ++place) {
      if (wanted[place] > 0) to_server(one, place);
    }
    return;
  }
  uint32_t parts = count_parts(wanted);
  if (parts == 0) return refuse(one, WEIR_ERR_NO_SERVER, kNoServer);
  to_parts(one, parts);
}

// One part for each server that arrays_.part_sizes counts keys for, in the order of the servers.
void Dispatcher::to_parts(const One &one, uint32_t part_count) {
  if (front_.protocol.merge == nullptr) {
    return refuse(one, WEIR_ERR_INTERNAL, "the protocol cannot merge replies");
  }
  net::Reactor &reactor = client_.reactor_;
  uint32_t n = has_keyed_parts(one.req) ? one.req.key_count : 0;
  weir_bytes kept = (one.req.flags & WEIR_REQ_KEEP) != 0 ? one.message : weir_bytes{nullptr, 0};
  Request &request = enqueue(one);
  Split &split = *Split::make(reactor.chunks, part_count, one.key_bytes, n, kept, one.client_keys());
  request.split = &split;
  request.parts_open = part_count;
  front_.cells.fragments.add(part_count);

  lay_out_parts(split, request, arrays_.part_sizes, arrays_.part_index);
  assign_keys(split, arrays_.part_index, 0, one.servers, n);

  // First everything that can be sent, then the failures: the last of them may end the request.
  bool failing = false;
  for (uint32_t i = 0; i < part_count; ++i) {
    SplitPart &part = split.parts[i];
    if (part.part.server == WEIR_NO_SERVER) {
      part.failure = {WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, kNoServer};
    } else if (may_be_down(part.part.server) && !front_.reach.serves(ring_, part.part.server)) {
      front_.cells.refused_down.add();
      part.failure = {WEIR_PART_NO_SERVER, WEIR_ERR_NO_SERVER, kServerDown};
    } else if (auto *to = connection_for(one, part.part.server, part.failure); to == nullptr) {
      // It says why.
    } else if (!to->has_room()) {
      part.failure = {WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD, kQueueFull};
    } else if (size_t len = write(one, *to, part.part.server, &part); len == 0) {
      part.failure = {WEIR_PART_PROTO, WEIR_ERR_INTERNAL, "the command could not be encoded"};
    } else {
      ++request.holders;
      if (front_.keeps_reads) keep(part.part, *to, len, nullptr);
      to->queued(&part.part, len, due_us(one.req, part.part.server));
      ease(client_, *to);
      continue;
    }
    failing = true;
  }
  if ((one.req.flags & WEIR_REQ_TOPICS_ON) != 0) join_topics(one, split);  // a new feed asked for those before
  if (!failing) return;
  ++request.holders;
  for (uint32_t i = 0; i < part_count; ++i) {
    SplitPart &part = split.parts[i];
    if (part.failure.status != WEIR_PART_OK) client_.part_failed(part.part, part.failure, false);
    if (request.owner == nullptr) break;
  }
  reactor.requests.release(&request);
}

}  // namespace weir::client
