// How long the replies of two servers take to become one. Items are keys. The bytes are put together by the core, so
// that what is measured is the plugin's list of segments.
#include <benchmark/benchmark.h>

#include <algorithm>

#include "bench/micro_protocol.h"

namespace weir::bench {
namespace {

std::string command(const char *word, uint32_t keys) {
  std::vector<std::string> words{word};
  for (uint32_t i = 0; i < keys; ++i) words.push_back(key(i));
  return resp(words);
}
std::string get_line(const char *, uint32_t keys) {
  std::string line = "get";
  for (uint32_t i = 0; i < keys; ++i) line += " " + key(i);
  return line + "\r\n";
}

std::string array_reply(const std::vector<uint32_t> &pick) {
  std::string reply = "*" + std::to_string(pick.size()) + "\r\n";
  for (size_t i = 0; i < pick.size(); ++i) reply += "$3\r\nxxx\r\n";
  return reply;
}
std::string number_reply(const std::vector<uint32_t> &pick) {
  return ":" + std::to_string(pick.size()) + "\r\n";
}
std::string value_reply(const std::vector<uint32_t> &pick) {
  std::string reply;
  for (uint32_t i : pick) reply += "VALUE " + key(i) + " 0 3\r\nxxx\r\n";
  return reply + "END\r\n";
}

struct Kind {
  const char *protocol, *word;
  std::string (*request)(const char *word, uint32_t keys);
  std::string (*reply)(const std::vector<uint32_t> &pick);
};

// A request of many keys, and both servers' replies as merge() gets them.
struct Gathered {
  Gathered(Protocol &protocol, const Kind &kind, uint32_t keys)
      : request(protocol, kind.request(kind.word, keys), 1), part_of(keys), pos_in(keys) {
    for (uint32_t i = 0; i < keys; ++i) {
      part_of[i] = i % 3 % 2;
      pos_in[i] = static_cast<uint32_t>(picks[part_of[i]].size());
      picks[part_of[i]].push_back(i);
      key_bytes.push_back({bytes(request.window()).ptr + request.keys()[i].off, request.keys()[i].len});
    }
    for (uint32_t i = 0; i < 2; ++i) {
      const auto count = static_cast<uint32_t>(picks[i].size());
      replies.push_back(std::make_unique<Replies>(protocol, kind.reply(picks[i]), request, count, true));
      const Replies &reply = *replies.back();
      parts.push_back({reply.list().data(), reply.items().data(), 1, reply.item_count(), picks[i].data(), count, i,
                       WEIR_PART_OK, 0});
    }
  }
  Requests request;
  std::vector<uint32_t> part_of, pos_in, picks[2];
  std::vector<weir_bytes> key_bytes;
  std::vector<std::unique_ptr<Replies>> replies;
  std::vector<weir_part> parts;
};

void time_merge(benchmark::State &state, const Kind &kind) {
  const auto keys = static_cast<uint32_t>(state.range(0));
  Protocol protocol(kind.protocol, kind.protocol);
  const Gathered from(protocol, kind, keys);
  std::string whole;  // what one server would have answered: as long as what merge() must write
  std::vector<uint32_t> all(keys);
  for (uint32_t i = 0; i < keys; ++i) all[i] = i;
  whole = kind.reply(all);
  Output out({bytes(from.request.window()), bytes(from.replies[0]->window()), bytes(from.replies[1]->window())});
  const weir_scope scope = protocol.client();
  for (auto _ : state) {
    weir_merge merge{sizeof(weir_merge),
                     2,
                     from.request.list().data(),
                     from.key_bytes.data(),
                     from.parts.data(),
                     from.part_of.data(),
                     from.pos_in.data(),
                     keys,
                     0,
                     0,
                     0,
                     nullptr,
                     nullptr};
    uint64_t written = 0;
    for (; merge.first < keys; merge.first += merge.count) {
      merge.count = std::min(kSlice, keys - merge.first);
      const weir_status status = protocol.ops().merge(&scope, &merge, out.open());
      if (status != WEIR_OK) fail("merge: " + std::to_string(status));
      written += out.size();
      protocol.scratch.reset();
      benchmark::ClobberMemory();
    }
    if (written != whole.size()) fail("merge wrote " + std::to_string(written) + " bytes, not what was asked for");
  }
  state.SetItemsProcessed(state.iterations() * keys);
}

void register_all() {
  const Kind kinds[] = {{"redis", "MGET", command, array_reply},
                        {"redis", "DEL", command, number_reply},
                        {"memcache", "get", get_line, value_reply}};
  for (const Kind &kind : kinds) {
    const std::string name = std::string(kind.protocol) + "/" + kind.word;
    benchmark::RegisterBenchmark(name.c_str(), time_merge, kind)->ArgName("keys")->Arg(100)->Arg(10'000);
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
