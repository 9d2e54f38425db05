#include "core/client/merger.h"

#include <algorithm>
#include <vector>

#include "core/base/log.h"
#include "core/client/front.h"
#include "core/client/slices.h"

namespace weir::client {
namespace {

thread_local std::vector<weir_part> parts;
thread_local std::vector<weir_bytes> sources;

weir_bytes bytes_of(const Chunk *chunk) {
  return chunk == nullptr ? weir_bytes{nullptr, 0} : weir_bytes{chunk->data(), chunk->size()};
}

void describe(const Split &split, const Reach &reach) {
  parts.clear();
  sources.clear();
  sources.push_back(split.message);
  for (uint32_t i = 0; i < split.part_count; ++i) {
    const SplitPart &from = split.parts[i];
    bool ok = from.failure.status == WEIR_PART_OK;
    sources.push_back(ok ? bytes_of(from.bytes) : weir_bytes{nullptr, 0});
    weir_part part{};
    if (ok && from.rsps != nullptr) part.rsps = reinterpret_cast<const weir_rsp *>(from.rsps->data());
    if (ok && from.items != nullptr) part.items = reinterpret_cast<const weir_item *>(from.items->data());
    part.rsp_count = ok ? from.rsp_count : 0;
    part.item_count = ok ? from.item_count : 0;
    part.pick = split.key_count > 0 ? split.pick + from.first_pick : nullptr;
    part.pick_count = from.pick_count;
    part.server = reach.server_of(from.part.server);
    part.status = from.failure.status;
    part.error = ok ? 0 : from.failure.error;
    parts.push_back(part);
  }
}

weir_merge merge_of(const Request &request, const weir_part *its_parts) {
  const Split &split = *request.split;
  weir_merge merge{};
  merge.struct_size = sizeof merge;
  merge.part_count = split.part_count;
  merge.req = &request.req;
  merge.key_bytes = split.key_count > 0 ? split.key_bytes : nullptr;
  merge.parts = its_parts;
  merge.client_keys = split.client_keys;
  merge.part_of = split.key_count > 0 ? split.part_of : nullptr;
  merge.pos_in = split.key_count > 0 ? split.pos_in : nullptr;
  merge.key_count = split.key_count;
  merge.first = split.merged_keys;
  merge.count = std::min(kSlice, merge.key_count - merge.first);
  merge.changed = split.changes != nullptr ? split.changes->data() : nullptr;
  merge.changed_count = split.change_count;
  return merge;
}

bool may_be_empty(const Request &request) {
  return (request.req.flags & WEIR_REQ_MAY_BE_EMPTY) != 0;
}

void log_failure(const Front &front, weir_status status) {
  WEIR_LOG(err, "pool %s: the protocol plugin gave no legal merge (status %d)", front.settings.name.c_str(), status);
}

}  // namespace

Merger::Outcome Merger::run(const Front &front, const weir_scope &scope, const Request &request, Chain &to) {
  Split &split = *request.split;
  net::Reactor &reactor = front.reactor;
  describe(split, front.reach);
  const weir_merge merge = merge_of(request, parts.data());
  weir_out *out = reactor.out.open(sources);
  weir_status status = front.protocol.merge(&scope, &merge, out);
  split.merged_bytes += reactor.out.bytes();
  split.merged_keys += merge.count;
  bool last = split.merged_keys == split.key_count;
  bool ok = status == WEIR_OK && (!last || may_be_empty(request) || split.merged_bytes > 0) &&
            reactor.out.flatten(reactor.arena, reactor.chunks, to);
  reactor.arena.reset();
  if (ok) return last ? Outcome::merged : Outcome::unfinished;
  log_failure(front, status);
  return merge.first == 0 ? Outcome::failed : Outcome::broken;
}

Merger::Outcome Merger::run_at_hand(const Front &front, const weir_scope &scope, Request &request, const weir_rsp &rsp,
                                    const weir_item *items, const uint8_t *data, Chain &out, bool held) {
  const Split &split = *request.split;
  const SplitPart &from = split.parts[0];
  net::Reactor &reactor = front.reactor;
  weir_part part{};
  part.rsps = &rsp;
  part.items = rsp.item_count > 0 ? items : nullptr;
  part.rsp_count = 1;
  part.item_count = rsp.item_count;
  part.pick = split.key_count > 0 ? split.pick + from.first_pick : nullptr;
  part.pick_count = from.pick_count;
  part.server = front.reach.server_of(from.part.server);
  part.status = WEIR_PART_OK;
  const weir_merge merge = merge_of(request, &part);
  const weir_bytes all[] = {split.message, {data, rsp.size}};
  weir_out *list = reactor.out.open(all);
  const weir_status status = front.protocol.merge(&scope, &merge, list);
  const bool good = status == WEIR_OK && (may_be_empty(request) || reactor.out.bytes() > 0);
  const bool ok = good && (held ? reactor.out.flatten(reactor.arena, reactor.chunks, request.reply)
                                : reactor.out.flatten(reactor.arena, reactor.chunks, out));
  reactor.arena.reset();
  if (ok) return Outcome::merged;
  log_failure(front, status);
  return Outcome::failed;
}

}  // namespace weir::client
