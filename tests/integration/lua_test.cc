// Lua scripts in front of real servers: what they rewrite and answer, what becomes of requests whose script fails, and
// a script that is replaced while clients work.
#include <atomic>
#include <fstream>
#include <thread>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class LuaStory : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("runs no scripts"); }

  void write(const std::string &script) const { std::ofstream(script_) << script; }
  // More is what else stands beside `file`.
  Stream start(const std::string &script, const std::string &more = "") {
    write(script);
    PoolText pool = redis_pool(servers_);
    pool.set("lua", "{file: " + script_ + ", instruction_limit: 100000, memory_limit: 2m" + more + "}");
    proxy_ =
        std::make_unique<Proxy>(std::vector<PoolText>{pool}, Proxy::Options{.workers = 1, .more = {"--admin", admin_}});
    return proxy_->connect();
  }
  std::string reload() const {
    Stream admin = Stream::unix_socket(admin_);
    admin.send("reload\n");
    return admin.read_until_close();
  }
  // Which of the servers has a key of this name.
  int holders(const std::string &key) const {
    int n = 0;
    for (const auto &server : servers_) n += server->call({"EXISTS", key}) == integer(1) ? 1 : 0;
    return n;
  }

  TempDir dir_;
  const std::string script_ = dir_.file("script.lua"), admin_ = dir_.file("admin.sock");
  const RedisServers servers_ = redis_servers(2);
  std::unique_ptr<Proxy> proxy_;
};

TEST_F(LuaStory, KeysGetAPrefixAndClientsDoNotNotice) {
  Stream client = start("weir.on_request(weir.ALL, function(req) req:prefix('t1:') end)");
  EXPECT_EQ(client.ask(resp({"SET", "a", "1"})), kOk);
  EXPECT_EQ(client.ask(resp({"GET", "a"})), bulk("1"));
  std::vector<std::string> mset = {"MSET"}, mget = {"MGET"}, del = {"DEL"};
  std::string values = "*40\r\n";
  for (int i = 0; i < 40; ++i) {
    const std::string key = "k" + std::to_string(i), value = "v" + std::to_string(i);
    mset.insert(mset.end(), {key, value});
    mget.push_back(key);
    del.push_back(key);
    values += bulk(value);
  }
  EXPECT_EQ(client.ask(resp(mset)), kOk);
  EXPECT_EQ(holders("t1:k7"), 1);
  EXPECT_EQ(holders("k7"), 0);
  client.send(resp(mget));
  EXPECT_EQ(client.read_exactly(values.size()), values);
  EXPECT_EQ(client.ask(resp(del)), integer(40));
  EXPECT_EQ(holders("t1:k7"), 0);
}

TEST_F(LuaStory, RefusalsAndAnswersKeepTheirPlaceInAPipeline) {
  Stream client = start(R"(
    weir.on_request("get", function(req)
      if req.key == "no" then return req:reject("not this one") end
      if req.key == "text" then return req:answer("from the script") end
      if req.key == "none" then return req:answer(weir.NONE) end
    end)
    weir.on_request("incr", function(req) req:answer(42) end)
  )");
  EXPECT_EQ(client.ask(resp({"SET", "real", "value"})), kOk);
  client.send(resp({"GET", "real"}) + resp({"GET", "no"}) + resp({"GET", "text"}) + resp({"GET", "none"}) +
              resp({"INCR", "x"}) + resp({"GET", "real"}));
  EXPECT_EQ(client.read_line(), "$5");
  EXPECT_EQ(client.read_line(), "value");
  EXPECT_THAT(client.read_line(), testing::AllOf(StartsWith("-"), HasSubstr("not this one")));
  const std::string rest = bulk("from the script") + "$-1\r\n" + integer(42) + bulk("value");
  EXPECT_EQ(client.read_exactly(rest.size()), rest);
}

constexpr char kFailing[] = R"(
  weir.on_request("get", function(req)
    if req.key == "error" then error("of the script's own") end
    if req.key == "loop" then while true do end end
    if req.key == "memory" then local s = ("x"):rep(3e6) end
    req:prefix("p:")
  end)
)";

TEST_F(LuaStory, AScriptThatFailsFailsItsRequestAlone) {
  Stream client = start(kFailing), neighbour = proxy_->connect();
  EXPECT_EQ(neighbour.ask(resp({"SET", "p:a", "1"})), kOk);
  for (const char *key : {"error", "loop", "memory", "error"}) {
    client.send(resp({"GET", key}) + resp({"GET", "a"}));
    EXPECT_THAT(client.read_line(), StartsWith("-")) << key;
    EXPECT_EQ(client.read_exactly(bulk("1").size()), bulk("1")) << key;
    EXPECT_EQ(neighbour.ask(resp({"GET", "a"})), bulk("1")) << key;
  }
  for (const char *text : {"script.lua:3: of the script's own", "more than 100000 instructions",
                           "not enough memory: memory_limit is 2097152 bytes"}) {
    EXPECT_TRUE(eventually([&] { return proxy_->log().find(text) != std::string::npos; })) << proxy_->log();
  }
}

TEST_F(LuaStory, OnErrorContinueLetsTheRequestPass) {
  Stream client = start(kFailing, ", on_error: continue");
  EXPECT_EQ(client.ask(resp({"SET", "error", "as it was"})), kOk);
  EXPECT_EQ(client.ask(resp({"GET", "error"})), bulk("as it was"));
}

TEST_F(LuaStory, AReloadReplacesTheScriptUnderLoad) {
  Stream client = start("weir.on_request('get', function(req) req:answer('old') end)");
  std::atomic<bool> stop = false;
  std::string wrong;
  std::thread asker([&] {
    Stream other = proxy_->connect();
    while (!stop && wrong.empty()) {
      const std::string reply = other.ask(resp({"GET", "k"}));
      if (reply != bulk("old") && reply != bulk("new")) wrong = reply;
    }
  });
  write("weir.on_request('gte', print)");
  const std::string refused = reload();
  const std::string before = client.ask(resp({"GET", "k"}));
  write("weir.on_request('get', function(req) req:answer('new') end)");
  const std::string taken = reload();
  const std::string after = client.ask(resp({"GET", "k"}));
  stop = true;
  asker.join();
  EXPECT_THAT(refused, testing::AllOf(StartsWith("error"), HasSubstr("script.lua:1: 'gte' is no command")));
  EXPECT_EQ(before, bulk("old"));
  EXPECT_THAT(taken, StartsWith("ok"));
  EXPECT_EQ(after, bulk("new"));
  EXPECT_EQ(wrong, "");
}

// Clients choose how long their keys are: what a prefix makes of them must not fill the log.
TEST_F(LuaStory, KeysThatCannotBeEncodedAreLoggedNowAndThen) {
  write("weir.on_request(weir.ALL, function(req) req:prefix(('p'):rep(200)) end)");
  const Memcacheds servers = memcacheds(1);
  PoolText pool = memcached_pool(servers);
  pool.set("lua", "{file: " + script_ + "}");
  const Proxy proxy(pool);
  Stream client = proxy.connect();
  constexpr int kSets = 1000;
  std::string sets;
  for (int i = 0; i < kSets; ++i) sets += "set " + std::string(100, 'k') + " 0 0 1\r\nv\r\n";
  client.send(sets);
  for (int i = 0; i < kSets; ++i) ASSERT_EQ("SERVER_ERROR the command could not be encoded", client.read_line());
  const std::string log = proxy.log(), line = "could not render a request";
  int lines = 0;
  for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++lines;
  EXPECT_GE(lines, 1);
  EXPECT_LT(lines, kSets / 10);
}

}  // namespace
}  // namespace weir::test
