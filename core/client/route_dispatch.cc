// How requests go to other pools, as the pool's routes say.
#include "core/client/client_scope.h"
#include "core/client/dispatcher.h"
#include "core/client/mirror.h"
#include "core/client/request_kinds.h"

namespace weir::client {
namespace {

constexpr std::string_view kOtherCount =
    "the command goes to a server by its number, and the pool that its route names has another number of servers";
constexpr std::string_view kPoolGone = "the pool that its route names is gone";

bool is_keyed(const weir_req &req) {
  return req.route == WEIR_ROUTE_KEY || req.route == WEIR_ROUTE_SPLIT || req.route == WEIR_ROUTE_LEASED;
}

}  // namespace

// Within a transaction, and from WATCH on, a client's requests belong together.
route::Routes::Query ClientConnection::route_query(const weir_req &req) {
  bool bound = !leases_.empty() || req.route == WEIR_ROUTE_LEASED || (req.flags & WEIR_REQ_LEASE_BEGIN) != 0;
  if (front_->pool.routes.ask_for_clients() && address_.kind == config::ClientAddress::Kind::not_asked) ask_address();
  return {req.cmd, address_, bound};
}

bool ClientConnection::route_keys(const weir_req &req, const weir_bytes *by, const weir_bytes *keys, uint32_t n,
                                  uint32_t *places, uint64_t now_us) {
  const route::Routes &routes = front_->pool.routes;
  const route::Routes::Query query = route_query(req);
  bool elsewhere = false;
  for (uint32_t i = 0; i < n; ++i) {
    const route::Routes::Entry *entry = routes.find(query, by[i]);
    if (entry == nullptr || entry->way == Reach::kOwnWay) continue;
    front_->reach.route_in(entry->way, keys + i, 1, places + i, now_us);
    elsewhere = true;
  }
  return elsewhere;
}

const route::Routes::Entry *ClientConnection::route_of(const weir_req &req, const weir_bytes *keys) {
  const route::Routes &routes = front_->pool.routes;
  if (!follows_routes(req)) return nullptr;
  const route::Routes::Query query = route_query(req);
  return is_keyed(req) && req.key_count > 0 ? routes.find(query, keys[0]) : routes.find(query);
}

// Where routes want a copy of it, by its first key; kNoWay: nowhere. Keys of one that is dispatched in slices are not
// looked at yet.
uint32_t Dispatcher::mirror_of(const One &one) {
  weir_bytes first{};
  const weir_bytes &text = one.message;
  if (one.large != nullptr && !place_keys(one.keys, 1, text.ptr, text.len, text.len, &first)) return Reach::kNoWay;
  const route::Routes::Entry *entry = client_.route_of(one.req, one.large != nullptr ? &first : one.key_bytes);
  return entry != nullptr && entry->mirror != route::Routes::kNone ? entry->mirror : Reach::kNoWay;
}

// False: it was refused.
bool Dispatcher::steer(One &one) {
  const weir_req &req = one.req;
  if (!follows_routes(req)) return true;
  if (front_.pool.routes.mirrors() && may_be_mirrored(req)) one.mirror = mirror_of(one);
  if (one.large != nullptr) {
    one.steered = true;  // its keys are looked at slice by slice
    return true;
  }
  if (is_keyed(req)) {
    one.steered =
        client_.route_keys(req, one.key_bytes, one.key_bytes, req.key_count, one.servers, client_.reactor_.now_us);
    return true;
  }
  const route::Routes::Entry *entry = front_.pool.routes.find(client_.route_query(req));
  if (entry == nullptr || entry->way == Reach::kOwnWay) return true;
  const Reach &reach = front_.reach;
  const uint32_t servers = reach.servers(entry->way);
  if (servers == 0) return refuse(one, WEIR_ERR_NO_SERVER, kPoolGone), false;
  if (req.route == WEIR_ROUTE_SERVER && servers != reach.servers(Reach::kOwnWay)) {
    if (entry->names_commands) return true;
    return refuse(one, WEIR_ERR_INTERNAL, kOtherCount), false;
  }
  one.way = entry->way;
  one.steered = true;
  return true;
}

// Where it goes as things stand; by its first key, if it has any.
uint32_t Dispatcher::way_of(const One &one) const {
  bool by_key = is_keyed(one.req) && one.large == nullptr && one.req.key_count > 0 && follows_routes(one.req);
  return by_key && one.steered ? front_.reach.way_of(one.servers[0]) : one.way;
}

void Dispatcher::mirror(const One &one, uint32_t way) {
  const bool too_many = one.large != nullptr && one.req.key_count > kMostCopiedKeys;
  if (too_many || !may_be_mirrored(one.req)) return front_.cells.mirror_dropped.add();
  // Filters have seen the keys; else those of one that is dispatched in slices are not looked at yet.
  const weir_bytes *keys = one.decision != nullptr ? one.key_bytes : keys_to_show(one);
  if (keys == nullptr) return front_.cells.mirror_dropped.add();  // the slices will find out, too, and say so
  Original original{one.req, one.message, one.pieces, one.keys, keys, one.rekeyed()};
  client::mirror(front_, client_.scope(), client_.lane_, original, way);
}

}  // namespace weir::client
