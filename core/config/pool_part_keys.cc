// The keys of what a pool has in maps of their own: filters, probes, routes.
#include "core/config/schema.h"
#include "core/config/schema_bounds.h"

namespace weir::config {
namespace {

const Key<FilterUse> kFilter[] = {
    {"on_error",
     {Type::choice, 0, 0, "reject|continue"},
     "reject",
     kOptional,
     kWeirOnly,
     &FilterUse::on_error,
     "What becomes of a request on which the filter fails: `reject` answers it with an error, `continue` lets it go on "
     "as "
     "if the filter had not been asked. Either is counted."},
};

const Key<HealthCheck> kHealthCheck[] = {
    {"interval",
     {Type::duration, 10'000, kYearUs},
     "2s",
     kOptional,
     kWeirOnly,
     &HealthCheck::interval_us,
     "From one probe of a server to the next, up to a tenth more or less."},
    {"timeout",
     {Type::duration, 1'000, kYearUs},
     "1s",
     kOptional,
     kWeirOnly,
     &HealthCheck::timeout_us,
     "How long a probe may take, with the connection it may have to open."},
    {"rise",
     {Type::integer, 1, kInt},
     "2",
     kOptional,
     kWeirOnly,
     &HealthCheck::rise,
     "How many good probes in a row bring a server back."},
    {"fall",
     {Type::integer, 1, kInt},
     "3",
     kOptional,
     kWeirOnly,
     &HealthCheck::fall,
     "How many bad ones in a row take it down."},
};

const Key<Route> kRoute[] = {
    {"commands",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::commands,
     "`read`, `write`, `admin`, `multikey`, `all`, or names of the protocol's commands. Not set: all."},
    {"prefix",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::prefix,
     "What the key begins with. Of several entries that fit, the one with the longest prefix is taken, and of those "
     "the "
     "first. Requests without a key fit none."},
    {"client",
     {Type::texts},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::client,
     "Where the client comes from: networks like `10.0.0.0/8` or `\"fd00::/8\"`, addresses, or `unix` for unix "
     "sockets. "
     "Not set: anywhere."},
    {"pool",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::pool,
     "The pool that takes such requests; it has the same protocol, and its own `routes` are not looked at. `self`: "
     "they "
     "stay. May only be left out beside `mirror`."},
    {"mirror",
     {Type::text},
     nullptr,
     kOptional,
     kWeirOnly,
     &Route::mirror,
     "A pool that gets a copy. Its replies are thrown away, and a copy that would have to wait is dropped."},
};

}  // namespace

std::span<const Key<FilterUse>> filter_keys() {
  return kFilter;
}

std::span<const Key<HealthCheck>> health_check_keys() {
  return kHealthCheck;
}

std::span<const Key<Route>> route_keys() {
  return kRoute;
}

}  // namespace weir::config
