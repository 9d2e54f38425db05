#include "core/client/dispatcher.h"

#include "core/client/client_scope.h"
#include "core/client/plain_request.h"
#include "core/client/reasons.h"
#include "core/client/request_kinds.h"

namespace weir::client {

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
  bool quick = batch.whole == nullptr && dispatcher.quick_;
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
      quick = quick && !client.is_apart();
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
  if (!goes_to_servers(req) || leaves_topics(one)) return true;
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

}  // namespace weir::client
