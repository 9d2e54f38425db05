// How long a message takes to parse, request or reply, by how many of them a window holds: what the parser does for
// each message, and what it does once a call.
#include <benchmark/benchmark.h>

#include <functional>

#include "bench/micro_protocol.h"

namespace weir::bench {
namespace {

// One kind of request and what a server answers.
struct Kind {
  const char *protocol, *name;
  std::function<std::string(uint32_t)> request, reply;
};

std::string repeated(const std::function<std::string(uint32_t)> &message, uint32_t count) {
  std::string window;
  for (uint32_t i = 0; i < count; ++i) window += message(i);
  return window;
}

std::vector<Kind> kinds() {
  const auto always = [](const char *text) { return [text](uint32_t) { return std::string(text); }; };
  const std::string kib(1024, 'x');
  const auto value = [](uint32_t i) { return "VALUE " + key(i) + " 0 3\r\nxxx\r\nEND\r\n"; };
  return {
      {"redis", "get",
       [](uint32_t i) {
         return resp({"GET", key(i)});
       },
       always("$3\r\nxxx\r\n")},
      {"redis", "get_missing",
       [](uint32_t i) {
         return resp({"GET", key(i)});
       },
       always("$-1\r\n")},
      {"redis", "set",
       [](uint32_t i) {
         return resp({"SET", key(i), "xxx"});
       },
       always("+OK\r\n")},
      {"redis", "set_1KiB",
       [kib](uint32_t i) {
         return resp({"SET", key(i), kib});
       },
       always("+OK\r\n")},
      {"redis", "incr",
       [](uint32_t i) {
         return resp({"INCR", key(i)});
       },
       always(":42\r\n")},
      {"memcache", "get", [](uint32_t i) { return "get " + key(i) + "\r\n"; }, value},
      {"memcache", "get_missing", [](uint32_t i) { return "get " + key(i) + "\r\n"; }, always("END\r\n")},
      {"memcache", "set", [](uint32_t i) { return "set " + key(i) + " 0 0 3\r\nxxx\r\n"; }, always("STORED\r\n")},
  };
}

void time_requests(benchmark::State &state, const Kind &kind) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Protocol protocol(kind.protocol, kind.protocol);
  Requests requests(protocol, repeated(kind.request, count), count);
  for (auto _ : state) {
    requests.parse();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * count);
}

void time_replies(benchmark::State &state, const Kind &kind) {
  const auto count = static_cast<uint32_t>(state.range(0));
  Protocol protocol(kind.protocol, kind.protocol);
  const Requests requests(protocol, repeated(kind.request, count), count);
  Replies replies(protocol, repeated(kind.reply, count), requests);
  for (auto _ : state) {
    replies.parse();
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * count);
}

void register_all() {
  for (const Kind &kind : kinds()) {
    const std::string name = std::string(kind.protocol) + "/" + kind.name;
    const auto windows = [](benchmark::internal::Benchmark *b) { b->ArgName("window")->Arg(1)->Arg(16)->Arg(64); };
    windows(benchmark::RegisterBenchmark((name + "/request").c_str(), time_requests, kind));
    windows(benchmark::RegisterBenchmark((name + "/reply").c_str(), time_replies, kind));
  }
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
