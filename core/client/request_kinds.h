// What may become of a request by what it is, whatever pools, routes and filters say. Constant data, any thread.
#pragma once

#include <weir/protocol.h>

namespace weir::client {

constexpr uint32_t kTopics = WEIR_REQ_TOPICS_ON | WEIR_REQ_TOPICS_OFF;

// Whether servers get it, so that keys, pools and servers mean something for it.
inline bool goes_to_servers(const weir_req &req) {
  return req.route != WEIR_ROUTE_LOCAL && req.route != WEIR_ROUTE_DROP;
}

// Whether it goes over all connections that its client has.
inline bool is_over_all_leases(const weir_req &req) {
  return req.route == WEIR_ROUTE_LEASED && req.route_arg == WEIR_ALL_LEASES;
}

// Whether the pool's routes are about it. They are about what goes over one lease, too: its keys have to come out at
// that lease's server, as those did that began it.
inline bool follows_routes(const weir_req &req) {
  return goes_to_servers(req) && !is_over_all_leases(req) && (req.flags & (kTopics | WEIR_REQ_STREAM_RSP)) == 0;
}

// Whether a filter may not send it to another pool than it would go to: it begins or ends a lease, goes over one, or is
// about topics.
inline bool is_bound_to_pool(const weir_req &req) {
  return req.route == WEIR_ROUTE_LEASED || (req.flags & (WEIR_REQ_LEASE_BEGIN | WEIR_REQ_LEASE_END | kTopics)) != 0;
}

}  // namespace weir::client
