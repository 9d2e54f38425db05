// Scripts that loop or hog memory for one client's requests: these fail, and nobody else on the worker notices.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

const char kScript[] = R"(
local hoard = {}
weir.on_request("get", "set", "mget", function(req)
  local key = req.key
  if key == "loop" then
    while true do pcall(function() while true do end end) end
  elseif key == "hog" then
    local found = {}
    while true do found[#found + 1] = key:rep(20000) .. #found end
  elseif key == "hoard" then
    while true do hoard[#hoard + 1] = key:rep(20000) .. #hoard end
  elseif key == "free" then
    hoard = {}
  end
  req:prefix("p:")
end)
)";

size_t count_of(const std::string &text, const std::string &what) {
  size_t n = 0;
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += what.size()) ++n;
  return n;
}

long long script_errors(const Json &stats) {
  return stats.at("alpha").at("plugins").at("lua").number("lua_errors");
}

class LuaLimits : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no scripts"); }
  LuaLimits() { scripts_.write("limits.lua", kScript); }

  PoolText pool(const std::string &on_error) {
    return redis_pool(servers_).set("lua", "{file: " + scripts_.file("limits.lua") +
                                               ", memory_limit: 1m, instruction_limit: 300000, on_error: " + on_error +
                                               "}");
  }
  // What a client gets that asks for nothing wrong: n rounds over the hooked and the other commands.
  static void ask_rightly(Stream client, const std::string &name, int rounds) {
    for (int i = 0; i < rounds; ++i) {
      std::string key = name + std::to_string(i), value = "v" + std::to_string(i);
      client.send(resp({"SET", key, value}) + resp({"GET", key}) + resp({"INCR", name}) + resp({"MGET", key, "none"}) +
                  resp({"STRLEN", name}));
      std::string length = integer(static_cast<long>(std::to_string(i + 1).size()));
      std::string wanted = kOk + bulk(value) + integer(i + 1) + array({bulk(value), kNil}) + length;
      std::string got = client.read_replies(5);
      if (got != wanted) throw std::runtime_error(name + ": wanted " + shown(wanted) + ", got " + shown(got));
    }
  }
  RedisServers servers_ = redis_servers(2);
  TempDir scripts_;
};

TEST_F(LuaLimits, AScriptThatLoopsOrHogsFailsItsOwnRequestsOnly) {
  constexpr int kBad = 120, kGood = 150;
  Proxy proxy(pool("reject"), 1);
  const std::vector<std::string> keys = {"loop", "hog"};
  side_by_side(4, [&](int who) {
    Stream client = proxy.connect();
    if (who >= 2) return ask_rightly(std::move(client), who == 2 ? "ann" : "bob", kGood);
    for (int i = 0; i < kBad; ++i) {  // each beside a request that nothing is wrong with
      client.send(resp({"GET", keys[static_cast<size_t>(who)]}) + resp({"INCR", "own" + std::to_string(who)}));
      std::string failed = client.read_reply(), counted = client.read_reply();
      if (!failed.starts_with("-ERR")) throw std::runtime_error("a script without limits: " + shown(failed));
      if (counted != integer(i + 1)) throw std::runtime_error("the next reply: " + shown(counted));
    }
  });
  EXPECT_TRUE(proxy.stats_reach([&](const Json &stats) {
    const Json &alpha = stats.at("alpha");
    return alpha.number("filter_errors") == 2 * kBad && alpha.number("client_connections") == 0;
  })) << proxy.stats_text();
  EXPECT_EQ(2 * kBad, script_errors(proxy.stats())) << proxy.stats_text();
  // Each kind of error is told once in ten seconds, and its traceback with it.
  const std::string log = proxy.log();
  EXPECT_THAT(log, HasSubstr("more than 300000 instructions (instruction_limit)"));
  EXPECT_THAT(log, HasSubstr("not enough memory: memory_limit is"));
  EXPECT_THAT(log, HasSubstr("limits.lua:"));
  EXPECT_LT(count_of(log, "on_request() failed"), size_t{20}) << log;
}

TEST_F(LuaLimits, AStateThatIsFullServesAgainWhenTheScriptLetsGo) {
  Proxy proxy(pool("reject"), 1);
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "a", "1"})));
  EXPECT_THAT(client.ask(resp({"GET", "hoard"})), StartsWith("-ERR"));
  EXPECT_EQ(integer(1), client.ask(resp({"INCR", "n"})));  // no hook's
  EXPECT_EQ(kNil, client.ask(resp({"GET", "free"})));
  for (int i = 0; i < 100; ++i) ASSERT_EQ(bulk("1"), client.ask(resp({"GET", "a"})));
}

TEST_F(LuaLimits, WithOnErrorContinueARequestGoesOnAsIfNobodyHadAsked) {
  Proxy proxy(pool("continue"), 1);
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "loop", "as it came"})));
  EXPECT_EQ(bulk("as it came"), client.ask(resp({"GET", "loop"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "a", "1"})));
  EXPECT_EQ(array({bulk("1"), kNil}), client.ask(resp({"MGET", "a", "loop"})));  // rewritten: there is no p:loop
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return script_errors(s) == 2; }));
}

}  // namespace
}  // namespace weir::test
