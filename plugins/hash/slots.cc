#include "plugins/hash/slots.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "plugins/hash/build.h"
#include "plugins/hash/hashes.h"
#include "plugins/hash/rendezvous.h"
#include "plugins/hash/servers.h"
#include "plugins/hash/slot_ranges.h"

namespace weir::hash {
namespace {

void select(const weir_scope *, const void *ring, const uint64_t *, const weir_bytes *keys, uint32_t n,
            uint32_t *server_out) {
  const auto &slots = *static_cast<const SlotRing *>(ring);
  for (uint32_t i = 0; i < n; ++i) server_out[i] = slots.find(keys[i]);
}

void *build(void *inst, const weir_server *servers, uint32_t n, const void *, weir_errbuf *err) {
  static const std::vector<SlotRange> kNone;
  const auto *ranges = static_cast<const std::vector<SlotRange> *>(inst);
  return build_with<SlotRing>(err, servers, n, ranges == nullptr ? kNone : *ranges);
}

constexpr weir_schema_key kKeys[] = {
    {"ranges", WEIR_T_ANY, 0, nullptr, nullptr, 0, 0,
     "The slots of each server by its name, such as `\"10.0.0.1:6379\": 0-5460`, several separated by commas; together "
     "they are 0-16383, each once. Without it the slots are dealt out in the order of the servers, as `redis-cli "
     "--cluster create` does."},
};

}  // namespace

SlotRing::SlotRing(const weir_server *servers, uint32_t n, const std::vector<SlotRange> &ranges)
    : owners_(kClusterSlots, WEIR_NO_SERVER) {
  if (ranges.empty()) {
    deal(servers, n);
  } else {
    take(servers, n, ranges);
  }
  leave_the_dead(servers, n);
}

// In single precision and rounded as redis-cli does: other arithmetic puts some borders elsewhere.
void SlotRing::deal(const weir_server *servers, uint32_t n) {
  refuse_unequal_weights("slots", servers, n,
                         "write the slots of each server under \"ranges\", or use ketama, "
                         "rendezvous or maglev, which have weights");
  if (n > kClusterSlots) throw std::invalid_argument("slots: there are 16384, and the pool has more servers than that");
  const float share = static_cast<float>(kClusterSlots) / static_cast<float>(n);
  float cursor = 0;
  uint32_t first = 0;
  for (uint32_t i = 0; i < n; ++i) {
    auto last = static_cast<uint32_t>(std::max(0l, std::lround(cursor + share - 1)));
    if (i == n - 1 || last >= kClusterSlots) last = kClusterSlots - 1;
    if (last < first) last = first;
    for (; first <= last && first < kClusterSlots; ++first) owners_[first] = servers[i].index;
    cursor += share;
  }
}

void SlotRing::take(const weir_server *servers, uint32_t n, const std::vector<SlotRange> &ranges) {
  for (const SlotRange &range : ranges) {
    const weir_server *server =
        std::find_if(servers, servers + n, [&](const weir_server &s) { return name_of(s) == range.server; });
    if (server == servers + n) {
      throw std::invalid_argument("ranges: the pool has no server named " + range.server +
                                  "; write names as under servers, without weights");
    }
    for (uint32_t slot = range.first; slot <= range.last; ++slot) {
      if (owners_[slot] != WEIR_NO_SERVER) {
        throw std::invalid_argument("ranges: slot " + std::to_string(slot) + " is given twice, the second time to " +
                                    range.server);
      }
      owners_[slot] = server->index;
    }
  }
  const auto nobody = std::find(owners_.begin(), owners_.end(), WEIR_NO_SERVER);
  if (nobody != owners_.end()) {
    throw std::invalid_argument("ranges: slot " + std::to_string(nobody - owners_.begin()) +
                                " has no server; together they must be 0-16383");
  }
}

// Slots of dead servers go, one by one, to whom rendezvous hashing of the slot says among the living. All others stay.
void SlotRing::leave_the_dead(const weir_server *servers, uint32_t n) {
  std::vector<uint8_t> is_dead;
  for (uint32_t i = 0; i < n; ++i) {
    if (is_dead.size() <= servers[i].index) is_dead.resize(servers[i].index + 1, 0);
    is_dead[servers[i].index] = servers[i].alive == 0 ? 1 : 0;
  }
  serving_ = owners_;
  if (std::find(is_dead.begin(), is_dead.end(), 1) == is_dead.end()) return;
  const RendezvousRing living(servers, n);
  for (uint32_t slot = 0; slot < kClusterSlots; ++slot) {
    if (owners_[slot] != WEIR_NO_SERVER && is_dead[owners_[slot]] != 0) serving_[slot] = living.find(slot);
  }
}

uint32_t SlotRing::find(weir_bytes key) const {
  return serving_[cluster_slot(key.ptr, key.len)];
}

std::string SlotRing::explain(uint64_t, weir_bytes key) const {
  const uint32_t slot = cluster_slot(key.ptr, key.len);
  return "slot " + std::to_string(slot) + (serving_[slot] == owners_[slot] ? "" : ", whose server is down");
}

const weir_schema kSlotsSchema = {sizeof(weir_schema), sizeof(kKeys) / sizeof(kKeys[0]), kKeys, nullptr};

const weir_dist kSlots = {.struct_size = sizeof(weir_dist),
                          .flags = WEIR_D_KEYS | WEIR_D_NO_HASH,
                          .create = read_slot_ranges,
                          .destroy = drop_slot_ranges,
                          .worker_init = nullptr,
                          .worker_fini = nullptr,
                          .build = build,
                          .drop = drop_ring<SlotRing>,
                          .select = select,
                          .explain = explain_choice<SlotRing>};

}  // namespace weir::hash
