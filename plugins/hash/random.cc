#include "plugins/hash/random.h"

#include <chrono>
#include <new>
#include <random>

#include "plugins/hash/build.h"
#include "plugins/hash/servers.h"

namespace weir::hash {
namespace {

// Differs at each start and from worker to worker, even where the system has no entropy to give.
uint64_t fresh_seed(uint32_t worker_id) {
  const auto now = static_cast<uint64_t>(std::chrono::system_clock::now().time_since_epoch().count());
  uint64_t seed = now ^ static_cast<uint64_t>(worker_id) << 48;
  try {
    std::random_device entropy;
    seed ^= static_cast<uint64_t>(entropy()) << 32 | entropy();
  } catch (const std::exception &) {
  }
  return seed;
}

void *worker_init(void *, uint32_t worker_id) {
  return new (std::nothrow) Generator(fresh_seed(worker_id));
}

void worker_fini(void *, void *worker) {
  delete static_cast<Generator *>(worker);
}

void select(const weir_scope *scope, const void *ring, const uint64_t *, const weir_bytes *, uint32_t n,
            uint32_t *server_out) {
  const auto &live = *static_cast<const RandomRing *>(ring);
  Generator spare(scope->now_us);  // for a worker that could not get a generator
  Generator &generator = scope->worker != nullptr ? *static_cast<Generator *>(scope->worker) : spare;
  for (uint32_t i = 0; i < n; ++i) server_out[i] = live.pick(generator);
}

}  // namespace

uint64_t Generator::next() {
  state_ += 0x9e3779b97f4a7c15;
  uint64_t mixed = state_;
  mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
  return mixed ^ mixed >> 31;
}

// The upper half of a product instead of a remainder: no division, and a bias of at most bound / 2^32.
uint32_t Generator::below(uint32_t bound) {
  return static_cast<uint32_t>((next() >> 32) * bound >> 32);
}

RandomRing::RandomRing(const weir_server *servers, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) {
    if (servers[i].alive != 0) live_.push_back(servers[i].index);
  }
}

uint32_t RandomRing::pick(Generator &generator) const {
  return live_.empty() ? WEIR_NO_SERVER : live_[generator.below(static_cast<uint32_t>(live_.size()))];
}

std::string RandomRing::explain(uint64_t, weir_bytes) const {
  return live_.empty() ? "no live server" : "any of " + std::to_string(live_.size());
}

const weir_dist kRandom = {.struct_size = sizeof(weir_dist),
                           .flags = WEIR_D_NO_HASH,
                           .create = nullptr,
                           .destroy = nullptr,
                           .worker_init = worker_init,
                           .worker_fini = worker_fini,
                           .build = build_ring<RandomRing>,
                           .drop = drop_ring<RandomRing>,
                           .select = select,
                           .explain = explain_choice<RandomRing>};

}  // namespace weir::hash
