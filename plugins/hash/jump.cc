#include "plugins/hash/jump.h"

#include "plugins/hash/build.h"
#include "plugins/hash/murmur3.h"
#include "plugins/hash/servers.h"

namespace weir::hash {
namespace {

// How often a key whose server is dead tries another. With half of the servers dead one key in 10^19 is left over.
constexpr uint32_t kTries = 64;

// Another hash of the same key.
uint64_t again(uint64_t hash) {
  return mix64(hash + 0x9e3779b97f4a7c15);
}

}  // namespace

// The arithmetic is the paper's. A product, a quotient and sums of doubles round alike on all machines; nothing here
// can be contracted into one operation.
uint32_t jump_bucket(uint64_t hash, uint32_t buckets) {
  int64_t bucket = -1, next = 0;
  while (next < static_cast<int64_t>(buckets)) {
    bucket = next;
    hash = hash * 2862933555777941757u + 1;
    const double step = static_cast<double>(1ll << 31) / static_cast<double>((hash >> 33) + 1);
    next = static_cast<int64_t>(static_cast<double>(bucket + 1) * step);
  }
  return static_cast<uint32_t>(bucket);
}

JumpRing::JumpRing(const weir_server *servers, uint32_t n) {
  refuse_unequal_weights("jump", servers, n, "use ketama, rendezvous or maglev, which have weights");
  for (uint32_t i = 0; i < n; ++i) {
    servers_.push_back(servers[i].alive != 0 ? servers[i].index : WEIR_NO_SERVER);
    if (servers[i].alive != 0) live_.push_back(servers[i].index);
  }
}

uint32_t JumpRing::find(uint64_t hash) const {
  if (live_.empty()) return WEIR_NO_SERVER;
  const uint32_t server = servers_[jump_bucket(hash, static_cast<uint32_t>(servers_.size()))];
  return server != WEIR_NO_SERVER ? server : instead_of_dead(hash);
}

// The dead keep their buckets, so that nobody else's keys move. A key of theirs tries buckets in an order of its own:
// it moves again only when the one it found dies as well, or one that it tried before comes back.
uint32_t JumpRing::instead_of_dead(uint64_t hash) const {
  for (uint32_t i = 0; i < kTries; ++i) {
    hash = again(hash);
    const uint32_t server = servers_[jump_bucket(hash, static_cast<uint32_t>(servers_.size()))];
    if (server != WEIR_NO_SERVER) return server;
  }
  return live_[jump_bucket(again(hash), static_cast<uint32_t>(live_.size()))];
}

std::string JumpRing::explain(uint64_t hash, weir_bytes) const {
  if (live_.empty()) return "no live server";
  const uint32_t bucket = jump_bucket(hash, static_cast<uint32_t>(servers_.size()));
  std::string text = "bucket " + std::to_string(bucket) + " of " + std::to_string(servers_.size());
  if (servers_[bucket] == WEIR_NO_SERVER) text += ", whose server is down";
  return text;
}

const weir_dist kJump = dist_of<JumpRing>();

}  // namespace weir::hash
