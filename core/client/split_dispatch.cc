// How requests get on their way to several servers: in parts by their keys, or to all of them.
#include <algorithm>

#include "core/client/dispatcher.h"
#include "core/client/reasons.h"
#include "core/client/split_plan.h"

namespace weir::client {

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
      part.failure = {WEIR_PART_PROTO, WEIR_ERR_INTERNAL, kNotEncoded};
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
