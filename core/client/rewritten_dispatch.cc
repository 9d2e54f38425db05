// The short way of what most requests are whose key a filter rewrote: one key, one server, and nothing else decided.
// What does not fit goes the way of all requests, which does the same.
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/plain_request.h"
#include "core/client/render.h"
#include "core/client/split_plan.h"

namespace weir::client {
namespace {

constexpr uint32_t kOnlyKey = 0;

}  // namespace

// Whether nothing but the key of it is other than usual.
bool Dispatcher::is_only_renamed(const One &one, const FilterChain::Decision &decision) const {
  const bool stays = !decision.moves() && decision.mirror_pool == FilterChain::kUnchanged && !one.steered &&
                     one.way == Reach::kOwnWay && one.mirror == Reach::kNoWay;
  return quick_ && stays && is_plain(one.req) && decision.rekeyed != nullptr && decision.watch == nullptr &&
         one.large == nullptr && one.pieces == nullptr && !client_.is_apart();
}

// req: the request as it is to be answered. False: nothing was done.
bool Dispatcher::send_renamed(const One &one, const weir_req &req, const FilterChain::Decision &decision) {
  const weir_bytes &key = decision.keys[0];
  const uint32_t server = front_.router.route_one(ring_, key, client_.reactor_.now_us);
  if (server == WEIR_NO_SERVER) return false;
  const bool merged = (req.flags & WEIR_REQ_TRANSFORM) != 0;
  if (merged && front_.protocol.merge == nullptr) return false;
  upstream::ServerConnection &connection = front_.upstream.connection(server, client_.lane_);
  if (connection.is_crowded_by(req.size + key.len)) return false;

  weir_render what{};
  what.struct_size = sizeof what;
  what.purpose = WEIR_RENDER_REKEY;
  what.req = &req;
  what.keys = one.keys;
  what.key_bytes = decision.keys;
  what.rekeyed = decision.rekeyed;
  what.pick = &kOnlyKey;
  what.pick_count = what.count = 1;
  what.server = server;
  Chain &to = connection.output();
  const size_t before = to.size();
  if (!client::render(front_, client_.scope(), what, one.message, to) || to.size() == before) return false;
  const size_t len = to.size() - before;

  Request &request = *client_.enqueue(req);
  request.parts_open = 1;
  request.holders = 2;  // the client and the part
  Part *part = &request.part;
  if (merged) {
    request.split = Split::make_one(client_.reactor_.chunks, key, one.message, decision.client_keys[0]);
    part = &request.split->parts[0].part;
    front_.cells.fragments.add();
  }
  init_part(*part, request, server, 0);
  part->keys = 1;
  connection.queued(part, len, due_us_);
  return true;
}

}  // namespace weir::client
