// Lays out the parts of a split request: which server gets which of its keys.
// Thread: the worker's alone. No I/O here.
#pragma once

#include <algorithm>
#include <vector>

#include "core/client/request_kinds.h"
#include "core/message/split.h"

namespace weir::client {

inline void init_part(Part &part, Request &request, uint32_t server, uint32_t index) {
  part.request = &request;
  part.server = server;
  part.index = index;
  part.replies_left = std::max<uint32_t>(request.req.replies, 1);
}

// Whether each key belongs to one of its parts; else all of them belong to every part.
inline bool has_keyed_parts(const weir_req &req) {
  return req.route != WEIR_ROUTE_ALL && !is_over_all_leases(req) && req.key_count > 0;
}

// How many keys lie on each server; the last place is for keys without one.
using PartSizes = std::vector<uint32_t>;

// How many parts the sizes make.
uint32_t count_parts(const PartSizes &sizes);
// One part for each server that has keys, in the order of the servers. index: by server, which part it became.
void lay_out_parts(Split &split, Request &request, const PartSizes &sizes, std::vector<uint32_t> &index);
// Gives the request's keys [from, from + n), which lie on servers[0..n), to their parts.
void assign_keys(Split &split, const std::vector<uint32_t> &index, uint32_t from, const uint32_t *servers, uint32_t n);

}  // namespace weir::client
