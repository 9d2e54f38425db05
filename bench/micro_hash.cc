// How long a key takes to find its server: the hash functions, the distributions, and ketama's circle beside the binary
// search it replaces. Runs on the built hash.so, so that the call through the plugin surface is part of what is
// measured.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

constexpr size_t kKeys = 4096;       // few enough to stay in the cache
constexpr size_t kInputs = 1 << 20;  // so many hashes that no branch predictor learns the way each takes

void time_hash(benchmark::State &state, const std::string &name, size_t len, uint32_t batch) {
  const weir_hash &hash = hash_named(name);
  std::vector<std::string> keys(kKeys);
  std::vector<weir_bytes> views;
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i] = "user:" + std::to_string(i * 7919);
    keys[i].resize(len + i % 3, 'x');
    views.push_back(bytes(keys[i]));
  }
  const weir_scope scope = scope_of();
  std::vector<uint64_t> out(batch);
  size_t at = 0;
  for (auto _ : state) {
    hash.run(&scope, &views[at], batch, out.data());
    at = (at + batch) % (views.size() - batch);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * batch);
}

// All of weight 1, or of 1 to 4 in turn.
std::vector<Server> numbered(int64_t n, bool weighted = false) {
  std::vector<Server> servers;
  for (int64_t i = 0; i < n; ++i) {
    servers.push_back({"10.0.0." + std::to_string(i) + ":6379", weighted ? static_cast<uint32_t>(i % 4 + 1) : 1});
  }
  return servers;
}

void time_distribution(benchmark::State &state, const char *name, bool weighted) {
  const Ring ring(name, numbered(state.range(0), weighted));
  const std::vector<uint64_t> hashes = scattered_hashes(kInputs);
  for (auto _ : state) benchmark::DoNotOptimize(ring.select(hashes).data());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kInputs));
}

void time_slots(benchmark::State &state) {
  const Ring ring("slots", numbered(state.range(0)));
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) keys.push_back("user:" + std::to_string(1'000'000'000 + i * 7919));
  for (auto _ : state) benchmark::DoNotOptimize(ring.select_keys(keys).data());
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kKeys));
}

// A ring is built when a server dies or comes back.
void time_building(benchmark::State &state, const char *name) {
  const std::vector<Server> servers = numbered(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(Ring(name, servers).built());
}

// As many points as ketama would lay out, searched in the plain way.
void time_binary_search(benchmark::State &state) {
  const std::vector<uint64_t> hashes = scattered_hashes(kInputs);
  std::vector<uint32_t> points(static_cast<size_t>(state.range(0)) * 160), out(kInputs);
  const std::vector<uint64_t> values = scattered_hashes(points.size() + kInputs);
  std::copy(values.begin() + kInputs, values.end(), points.begin());
  std::sort(points.begin(), points.end());
  for (auto _ : state) {
    std::transform(hashes.begin(), hashes.end(), out.begin(), [&](uint64_t hash) {
      return static_cast<uint32_t>(std::lower_bound(points.begin(), points.end(), hash) - points.begin());
    });
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kInputs));
}

void register_all() {
  for (const std::string &name : all_hash_names()) {
    for (const size_t len : {16, 64}) {
      for (const uint32_t batch : {1u, 64u}) {
        const std::string title = name + "/length:" + std::to_string(len) + "/batch:" + std::to_string(batch);
        benchmark::RegisterBenchmark(title.c_str(), time_hash, name, len, batch);
      }
    }
  }
  const auto sizes = [](benchmark::internal::Benchmark *b) { b->ArgName("servers")->Arg(4)->Arg(100)->Arg(1000); };
  for (const char *name : {"ketama", "modula", "random", "jump", "rendezvous", "maglev"}) {
    sizes(benchmark::RegisterBenchmark(name, time_distribution, name, false));
  }
  sizes(benchmark::RegisterBenchmark("rendezvous/weighted", time_distribution, "rendezvous", true));
  sizes(benchmark::RegisterBenchmark("slots", time_slots));
  for (const char *name : {"ketama", "maglev"}) {
    auto *building = benchmark::RegisterBenchmark((std::string("build/") + name).c_str(), time_building, name);
    sizes(building->Unit(benchmark::kMillisecond));
  }
  sizes(benchmark::RegisterBenchmark("binary_search", time_binary_search));
}

}  // namespace
}  // namespace weir::test

int main(int argc, char **argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  weir::test::register_all();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
