// Any stream of commands, pipelined and cut anywhere, gets through weir what it gets from a server directly. Also when
// a filter puts a prefix before all its keys: clients must not notice. WEIR_TEST_SEED=n tries another stream than those
// that are always tried.
#include <algorithm>
#include <cstdlib>

#include "tests/integration/command_streams.h"
#include "tests/integration/story.h"

namespace weir::test {
namespace {

using Args = CommandStream::Args;

// Reads one RESP value at `at`; the elements of arrays sorted.
std::string sorted(const std::string &reply, size_t &at) {
  size_t line = reply.find('\n', at) + 1;
  std::string head = reply.substr(at, line - at);
  long n = std::atol(head.c_str() + 1);
  at = line;
  if ((head[0] == '$' || head[0] == '=') && n >= 0) {
    at += static_cast<size_t>(n) + 2;
    return head + reply.substr(line, static_cast<size_t>(n) + 2);
  }
  if (head.find_first_of("*~%") != 0 || n < 0) return head;
  if (head[0] == '%') n *= 2;
  std::vector<std::string> elements;
  while (n-- > 0) elements.push_back(sorted(reply, at));
  std::sort(elements.begin(), elements.end());
  for (const std::string &e : elements) head += e;
  return head;
}

// Channels are no keys.
const char kPrefixScript[] = R"(
local channels = { publish = true, spublish = true, pubsub = true }
weir.on_request(weir.ALL, function(req)
  if req.key and not channels[req.command] then req:prefix("p:") end
end)
)";

// What of a reply can be compared. rekeyed: replies that name the server's keys and not the client's only by their
// kind.
std::string comparable(const Args &args, const std::string &reply, bool rekeyed) {
  size_t at = 0;
  if (rekeyed && CommandStream::names_servers_keys(args)) return reply.substr(0, 1);
  if (CommandStream::timed(args) && reply[0] == ':') return reply[1] == '-' ? reply : "a time";
  return CommandStream::unordered(args) || CommandStream::ends_transaction(args) ? sorted(reply, at) : reply;
}

std::string text_of(const Args &args) {
  std::string text;
  for (const std::string &arg : args) text += shown(arg) + " ";
  return text;
}

// The last of what was told that has to do with an argument of the command.
std::string history(const std::vector<std::string> &told, const Args &args) {
  std::vector<std::string> lines;
  for (size_t i = told.size(); i-- > 0 && lines.size() < 15;) {
    bool touches = i + 1 == told.size() || told[i].find("flush") != std::string::npos;
    for (size_t a = 1; a < args.size(); ++a)
      touches |= args[a].size() > 1 && told[i].find(shown(args[a])) != told[i].npos;
    if (touches) lines.push_back(told[i]);
  }
  std::string text;
  for (size_t i = lines.size(); i-- > 0;) text += lines[i] + "\n";
  return text;
}

struct Scene {
  const char *name;
  Keys keys;
  size_t servers;
  const char *version = "2";  // of RESP
  bool rekeyed = false;       // by a filter
};

class AnyStream : public testing::TestWithParam<Scene> {
 protected:
  void play(uint32_t seed, int batches) {
    SCOPED_TRACE("WEIR_TEST_SEED=" + std::to_string(seed));
    CommandStream stream(GetParam().keys, seed, GetParam().rekeyed);
    RedisServer::Options quick;
    quick.more = {"--hz", "500"};  // how soon a blocked client's time is seen to be up
    RedisServers servers;
    while (servers.size() < GetParam().servers) servers.push_back(std::make_unique<RedisServer>(quick));
    RedisServer alone(quick);
    PoolText pool = redis_pool(servers).set("hash_tag", "\"{}\"");
    TempDir scripts;
    if (GetParam().rekeyed) {
      scripts.write("prefix.lua", kPrefixScript);
      pool.set("lua", "{file: " + scripts.file("prefix.lua") + "}");
    }
    Proxy proxy(pool);
    Stream through = proxy.connect(), direct = alone.connect();
    for (Stream *stream_of : {&through, &direct})
      ASSERT_THAT(stream_of->ask(resp({"HELLO", GetParam().version})), HasSubstr("proto"));
    std::vector<std::string> told;
    for (int batch = 0; batch < batches; ++batch) {
      std::vector<Args> commands(1 + stream.pick(40));
      std::string bytes;
      for (Args &args : commands) bytes += stream.bytes(args = stream.next());
      direct.send(bytes);
      send_in_pieces(stream, through, bytes);
      for (const Args &args : commands) {
        std::string wanted = comparable(args, direct.read_reply(), GetParam().rekeyed);
        std::string got = comparable(args, through.read_reply(), GetParam().rekeyed);
        told.push_back(text_of(args) + " -> " + shown(wanted));
        ASSERT_TRUE(same(wanted, got)) << history(told, args);
      }
    }
    for (Stream *stream_of : {&through, &direct}) stream_of->ask(resp({"DISCARD"}));  // if there is one
    EXPECT_EQ(direct.ask(resp({"DBSIZE"})), through.ask(resp({"DBSIZE"})));
    EXPECT_TRUE(!GetParam().rekeyed || all_keys_have_the_prefix(servers));
  }
  static bool all_keys_have_the_prefix(const RedisServers &servers) {
    const char *others = "return #redis.call('keys', '*') - #redis.call('keys', 'p:*')";
    return std::all_of(servers.begin(), servers.end(), [&](const auto &server) {
      return server->call({"EVAL", others, "0"}, 0) == integer(0) &&
             server->call({"EVAL", others, "0"}, 1) == integer(0);
    });
  }
  static void send_in_pieces(CommandStream &stream, Stream &to, std::string_view bytes) {
    bool whole = stream.chance(30);
    while (!bytes.empty()) {
      size_t n = whole ? bytes.size() : std::min(bytes.size(), 1 + stream.pick(stream.chance(50) ? 20 : 2'000));
      to.send(bytes.substr(0, n));
      bytes.remove_prefix(n);
    }
  }
};

TEST_P(AnyStream, IsAnsweredAsByTheServer) {
  SKIP_ON_TWEMPROXY("knows fewer commands");
  const char *chosen = std::getenv("WEIR_TEST_SEED");
  if (chosen) return play(static_cast<uint32_t>(std::strtoul(chosen, nullptr, 10)), 400);
  for (uint32_t seed = 1; seed <= 2 && !HasFatalFailure(); ++seed) play(seed, slow_build() ? 20 : 100);
}

INSTANTIATE_TEST_SUITE_P(Scenes, AnyStream,
                         testing::Values(Scene{"OneServer", Keys::kAnywhere, 1},
                                         Scene{"OneShardOfThree", Keys::kOneShard, 3},
                                         Scene{"ThreeShards", Keys::kScattered, 3},
                                         Scene{"OneServerResp3", Keys::kAnywhere, 1, "3"},
                                         Scene{"OneShardOfThreeResp3", Keys::kOneShard, 3, "3"},
                                         Scene{"ThreeShardsResp3", Keys::kScattered, 3, "3"},
                                         Scene{"OneServerRekeyed", Keys::kAnywhere, 1, "2", true},
                                         Scene{"ThreeShardsResp3Rekeyed", Keys::kScattered, 3, "3", true}),
                         [](const testing::TestParamInfo<Scene> &p) { return p.param.name; });

}  // namespace
}  // namespace weir::test
