#include "core/client/mirror.h"

#include <algorithm>
#include <numeric>
#include <span>

#include "core/client/lease.h"
#include "core/client/render.h"
#include "core/client/request_kinds.h"
#include "core/client/split_plan.h"

namespace weir::client {
namespace {

class Copier {
 public:
  Copier(Front &front, const weir_scope &scope, uint32_t lane, const Original &original, uint32_t way)
      : front_(front),
        reach_(front.reach),
        arrays_(front.arrays),
        scope_(scope),
        lane_(lane),
        original_(original),
        way_(way) {}

  void run() {
    const weir_req &req = original_.req;
    // What is left belongs to those who wait for an answer.
    const net::Reactor &reactor = front_.reactor;
    if (reactor.memory_in_use() + req.size > reactor.memory_limit / 4 * 3) return drop();
    switch (req.route) {
      case WEIR_ROUTE_KEY:
      case WEIR_ROUTE_SPLIT:
        return by_keys();
      case WEIR_ROUTE_ALL:
        return to_all();
      case WEIR_ROUTE_ANY:
        return whole_to(reach_.any(way_, lane_));
      default:
        return whole_to(reach_.place(way_, req.route_arg));
    }
  }

 private:
  using Picks = std::span<const uint32_t>;

  void drop() { front_.cells.mirror_dropped.add(); }

  void by_keys() {
    uint32_t n = original_.req.key_count;
    if (n == 0 || n > kMostCopiedKeys) return drop();
    arrays_.copy_servers.resize(n);
    uint32_t *places = arrays_.copy_servers.data();
    reach_.route_in(way_, original_.key_bytes, n, places, front_.reactor.now_us);
    bool together = std::all_of(places, places + n, [places](uint32_t place) { return place == places[0]; });
    if (together) return whole_to(places[0]);
    if (original_.req.route == WEIR_ROUTE_KEY) return drop();
    by_server(places, n);
  }

  // Each server gets its keys, in their order. part_sizes and part_index are free until the original is sent.
  void by_server(const uint32_t *places, uint32_t n) {
    const uint32_t none = reach_.places();
    PartSizes &sizes = arrays_.part_sizes;
    sizes.assign(none + 1, 0);
    for (uint32_t i = 0; i < n; ++i) ++sizes[std::min(places[i], none)];
    std::vector<uint32_t> &ends = arrays_.part_index;
    ends.resize(none + 1);
    std::exclusive_scan(sizes.begin(), sizes.end(), ends.begin(), uint32_t{0});
    arrays_.copy_picks.resize(n);
    for (uint32_t i = 0; i < n; ++i) arrays_.copy_picks[ends[std::min(places[i], none)]++] = i;
    for (uint32_t place = 0; place <= none; ++place) {
      if (sizes[place] == 0) continue;
      const Picks picks(arrays_.copy_picks.data() + ends[place] - sizes[place], sizes[place]);
      send(place == none ? WEIR_NO_SERVER : place, &picks);
    }
  }

  void to_all() {
    reach_.all(way_, arrays_.part_sizes);
    const PartSizes &wanted = arrays_.part_sizes;
    for (uint32_t place = 0; place + 1 < wanted.size(); ++place) {
      if (wanted[place] > 0) whole_to(place);
    }
  }

  void whole_to(uint32_t place) { send(place, nullptr); }

  // picks: which of the keys; null: all, and the request as it is.
  void send(uint32_t place, const Picks *picks) {
    const weir_req &req = original_.req;
    if (place == WEIR_NO_SERVER || !reach_.serves(front_.pool.ring(), place)) return drop();
    upstream::ServerConnection *to = reach_.connection(place, lane_, req.profile);
    if (to == nullptr || !to->takes_copies(req.size)) return drop();
    size_t len = write(*to, place, picks);
    if (len == 0) return drop();
    front_.cells.mirrored.add();
    if (req.reply == WEIR_REPLY_NONE) return to->queued(nullptr, len, 0);
    Request &request = *front_.reactor.requests.get(nullptr, req);
    request.holders = 1;
    init_part(request.part, request, place, 0);
    request.part.keys = picks == nullptr ? req.key_count : static_cast<uint32_t>(picks->size());
    request.part.abandoned = true;
    to->queued(&request.part, len, reach_.due_us(place));
  }

  size_t write(upstream::ServerConnection &to, uint32_t place, const Picks *picks) {
    const weir_req &req = original_.req;
    Chain &out = to.output();
    size_t before = out.size();
    ChunkPool &chunks = front_.reactor.chunks;
    if (picks != nullptr || original_.rekeyed != nullptr || (req.flags & WEIR_REQ_RENDER) != 0) {
      if (!render_to(out, place, picks)) return 0;
    } else if (original_.pieces == nullptr) {
      out.append(chunks, original_.message.ptr, original_.message.len);
    } else {
      copy_pieces(out);
    }
    return out.size() - before;
  }

  void copy_pieces(Chain &out) {
    Chunk *copy = front_.reactor.chunks.get(original_.pieces->size());
    copy->end = copy->begin + original_.pieces->size();
    original_.pieces->copy_last(original_.pieces->size(), copy->bytes() + copy->begin);
    out.append(copy);
  }

  bool render_to(Chain &out, uint32_t place, const Picks *picks) {
    uint32_t n = original_.req.key_count;
    weir_render what{};
    what.struct_size = sizeof what;
    what.purpose = picks == nullptr ? WEIR_RENDER_REKEY : WEIR_RENDER_SPLIT;
    what.req = &original_.req;
    what.keys = original_.keys;
    what.key_bytes = original_.key_bytes;
    what.rekeyed = original_.rekeyed;
    what.pick = picks == nullptr ? arrays_.all_keys(n) : picks->data();
    what.pick_count = what.count = picks == nullptr ? n : static_cast<uint32_t>(picks->size());
    what.server = reach_.server_of(place);
    return render(front_, scope_, what, original_.message, out);
  }

  Front &front_;
  Reach &reach_;
  RequestArrays &arrays_;
  const weir_scope &scope_;
  const uint32_t lane_;
  const Original &original_;
  const uint32_t way_;
};

}  // namespace

bool may_be_mirrored(const weir_req &req) {
  return goes_to_servers(req) && req.route != WEIR_ROUTE_LEASED &&
         (req.flags & (kOutOfTurn | WEIR_REQ_STREAM_RSP)) == 0;
}

void mirror(Front &front, const weir_scope &scope, uint32_t lane, const Original &original, uint32_t way) {
  Copier(front, scope, lane, original, way).run();
}

}  // namespace weir::client
