// How long a window of 64 keys takes from bytes to servers: the core's router with the plugins that are shipped, as a
// worker calls it.
#include <benchmark/benchmark.h>

#include "bench/micro_protocol.h"
#include "core/config/load.h"
#include "core/plugin/registry.h"
#include "core/route/router.h"

namespace weir::bench {
namespace {

constexpr uint32_t kWindow = 64;
constexpr uint32_t kKeys = 64 * kWindow;  // few enough to stay in the cache

// A pool, and all that it refers to.
struct Routed {
  Routed(const std::string &hash, const std::string &distribution, int64_t servers, const std::string &tag) {
    for (const char *file : {"hash", "redis"}) {
      if (Status loaded = registry.load(test::plugin_path(file)); !loaded) fail(loaded.error().text);
    }
    std::string text = "pools:\n  p:\n    listen: 127.0.0.1:1\n    protocol: redis\n    hash: " + hash +
                       "\n    distribution: " + distribution + "\n" + tag + "    servers:\n";
    for (int64_t i = 0; i < servers; ++i) text += "      - 127.0.0.1:" + std::to_string(10'000 + i) + ":1\n";
    config::Complaints found;
    const auto root = config::read_text(text, "bench", found);
    auto checked = root == nullptr ? std::nullopt : config::check(root, registry.catalog(), found);
    if (!checked) fail(found.text());
    settings = std::move(*checked);
    names = {{"p", static_cast<uint32_t>(servers)}};
    pool = route::Pool::make(settings.pools[0], 0, registry, names, 1, found);
    if (pool == nullptr) fail(found.text());
  }
  plugin::Registry registry;
  plugin::PoolNames names;
  config::Settings settings;
  std::unique_ptr<route::Pool> pool;
};

void time_route(benchmark::State &state, const char *hash, const char *distribution, const char *tag) {
  const Routed routed(hash, distribution, state.range(0), tag);
  void *worker = routed.pool->dist->worker_init(0);
  Scratch scratch;
  route::Router router(*routed.pool, 0, scratch.get(), worker);
  std::vector<std::string> keys;
  std::vector<weir_bytes> views;
  for (uint32_t i = 0; i < kKeys; ++i) keys.push_back(key(i * 7919));
  for (const std::string &k : keys) views.push_back(bytes(k));
  uint32_t servers[kWindow];
  uint32_t at = 0;
  for (auto _ : state) {
    router.route(routed.pool->ring(), &views[at], kWindow, servers, 1);
    at = (at + kWindow) % kKeys;
    benchmark::ClobberMemory();
    for (uint32_t server : servers) {
      if (server == WEIR_NO_SERVER) fail("a key found no server though all are alive");
    }
  }
  routed.pool->dist->worker_fini(worker);
  state.SetItemsProcessed(state.iterations() * kWindow);
}

void register_all() {
  const auto sizes = [](benchmark::internal::Benchmark *b) { b->ArgName("servers")->Arg(2)->Arg(16)->Arg(200); };
  for (const char *hash : {"fnv1a_64", "murmur", "md5"}) {
    sizes(benchmark::RegisterBenchmark((std::string(hash) + "/ketama").c_str(), time_route, hash, "ketama", ""));
  }
  sizes(benchmark::RegisterBenchmark("fnv1a_64/modula", time_route, "fnv1a_64", "modula", ""));
  sizes(
      benchmark::RegisterBenchmark("fnv1a_64/ketama/tag", time_route, "fnv1a_64", "ketama", "    hash_tag: \"{}\"\n"));
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  weir::bench::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
