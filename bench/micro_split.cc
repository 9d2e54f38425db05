// How long a request of 100 keys takes to be rendered for the two servers its keys lie on. Items are keys.
#include <benchmark/benchmark.h>

#include "bench/micro_protocol.h"

namespace weir::bench {
namespace {

constexpr uint32_t kKeys = 100;

std::string mget() {
  std::vector<std::string> words{"MGET"};
  for (uint32_t i = 0; i < kKeys; ++i) words.push_back(key(i));
  return resp(words);
}
std::string mset() {
  std::vector<std::string> words{"MSET"};
  for (uint32_t i = 0; i < kKeys; ++i) words.insert(words.end(), {key(i), "xxx"});
  return resp(words);
}
std::string get() {
  std::string line = "get";
  for (uint32_t i = 0; i < kKeys; ++i) line += " " + key(i);
  return line + "\r\n";
}

void time_render(benchmark::State &state, const char *file, const std::string &request) {
  Protocol protocol(file, file);
  const Requests parsed(protocol, request, 1);
  const weir_req &req = parsed.list()[0];
  if (req.route != WEIR_ROUTE_SPLIT || req.key_count != kKeys) fail("the plugin does not split this request");
  std::vector<weir_bytes> key_bytes;
  std::vector<uint32_t> picks[2];
  for (uint32_t i = 0; i < kKeys; ++i) {
    key_bytes.push_back({bytes(request).ptr + parsed.keys()[i].off, parsed.keys()[i].len});
    picks[i % 3 % 2].push_back(i);  // one gets two thirds
  }
  Output out({bytes(request)});
  weir_render render{};
  render.struct_size = sizeof render;
  render.purpose = WEIR_RENDER_SPLIT;
  render.req = &req;
  render.keys = parsed.keys().data();
  render.key_bytes = key_bytes.data();
  const weir_scope scope = protocol.client();
  for (auto _ : state) {
    for (render.server = 0; render.server < 2; ++render.server) {
      render.pick = picks[render.server].data();
      render.pick_count = render.count = static_cast<uint32_t>(picks[render.server].size());
      const weir_status status = protocol.ops().render(&scope, &render, out.open());
      if (status != WEIR_OK || out.size() < render.count * key(0).size()) fail("render: " + std::to_string(status));
      protocol.scratch.reset();
      benchmark::ClobberMemory();
    }
  }
  state.SetItemsProcessed(state.iterations() * kKeys);
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char **argv) {
  using namespace weir::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RegisterBenchmark("redis/mget/keys:100", time_render, "redis", mget());
  benchmark::RegisterBenchmark("redis/mset/keys:100", time_render, "redis", mset());
  benchmark::RegisterBenchmark("memcache/get/keys:100", time_render, "memcache", get());
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
