// weir lua-test: what it prints, and its exit status.
#include <gmock/gmock.h>
#include <unistd.h>
#include <weir/module.h>

#include <cstring>
#include <fstream>

#include "script.h"

namespace weir::test {
namespace {

using testing::HasSubstr;
using testing::Not;

struct Ran {
  int32_t status;
  std::string output;
};

Ran run(const std::vector<std::string> &words) {
  static const PluginFile hashes(plugin_path("hash")), redis(plugin_path("redis"));
  FakeHost host({}, 1);
  host.modules = {hashes.module(), redis.module()};
  std::vector<weir_bytes> args;
  for (const std::string &word : words) args.push_back({reinterpret_cast<const uint8_t *>(word.data()), word.size()});
  const auto *command =
      static_cast<const weir_command *>(lua_file().find(WEIR_K_FILTER, "lua")->extension(WEIR_EXT_COMMAND));
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const int32_t status = command->run(host.get(), args.data(), static_cast<uint32_t>(args.size()));
  const std::string output = testing::internal::GetCapturedStdout();
  return {status, output + testing::internal::GetCapturedStderr()};
}

Ran test_script(const std::string &source, std::vector<std::string> options = {}) {
  const std::string path = testing::TempDir() + "tested-" + std::to_string(getpid()) + ".lua";
  std::ofstream(path, std::ios::binary) << source;
  options.push_back(path);
  Ran ran = run(options);
  unlink(path.c_str());
  return ran;
}

constexpr char kScript[] = R"(
local archive = weir.pool("archive")
local denied = weir.counter("denied")
local ticks = weir.counter("ticks")
weir.every(10, function() ticks:add() end)
weir.on_request("get", "mget", "mset", function(req)
  if req.client_ip == "10.0.0.9" then req:to(archive, 2) end
  if req.key == "boom" then error("boom") end
  if req.key == "hi" then req.tag = "greeting" req.note = 5 return req:answer(42) end
  req:prefix(weir.args.prefix or "v2:")
  req:mirror(archive)
end)
weir.on_request("flushall", function(req) denied:add() req:reject("no") end)
weir.on_response("get", function(req, rsp) if rsp.error then denied:add(req.note) end end)
local t = weir.test
)";

TEST(LuaTestCommand, TestsThatHold) {
  const Ran ran = test_script(std::string(kScript) + R"(
function test_prefix()
  local d = t.run(t.request { "MGET", "a", "b" })
  t.eq(d.keys, { "v2:a", "v2:b" }) t.eq(d.key, "v2:a") t.eq(d.action, "continue") t.eq(d.pool, "test")
  t.eq(d.mirror, "archive") t.eq(d.server, nil)
  t.eq(t.run(t.request { "MSET", "a", 1, "b", 2 }).keys, { "v2:a", "v2:b" })
  t.eq(t.run(t.request { "GET", "x", keys = { "y" } }).key, "v2:y")
end
function test_route()
  local d = t.run(t.request { "GET", "a", client = "10.0.0.9:1" })
  t.eq(d.pool, "archive") t.eq(d.server, 2)
  t.servers(archive, 1)
  d = t.run(t.request { "GET", "a", client = "10.0.0.9:1" })
  t.eq(d.action, "error")
  assert(d.error:find("there is no 2"))
end
function test_answer()
  local r = t.request { "get", "hi" }
  local d = t.run(r)
  t.eq(d.action, "answer") t.eq(d.answer, 42) t.eq(d.tag, "greeting")
  t.respond(r, { error = "timeout" })
  t.eq(denied.value, 5)
end
function test_each_has_a_fresh_state()
  t.eq(denied.value, 0)
  local d = t.run(t.request { "FLUSHALL" })
  t.eq(d.action, "reject") t.eq(d.text, "no") t.eq(denied.value, 1)
end
function test_error()
  local d = t.run(t.request { "GET", "boom" })
  t.eq(d.action, "error") assert(d.error:find("boom"))
end
function test_time()
  t.tick(9) t.eq(ticks.value, 0) t.tick(1) t.eq(ticks.value, 1) t.tick(100) t.eq(ticks.value, 11)
end
)");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(ran.output, HasSubstr("ok      "));
  EXPECT_THAT(ran.output, HasSubstr("6 tests, 0 failed"));
  EXPECT_LT(ran.output.find("test_prefix"), ran.output.find("test_answer"));
}

TEST(LuaTestCommand, TestsThatFailSayWhere) {
  const Ran ran = test_script(std::string(kScript) + R"(
function test_wrong()
  t.eq(t.run(t.request { "GET", "a" }).keys, { "a" })
end
function test_well() end
function test_loops() while true do end end
)");
  EXPECT_EQ(ran.status, 1);
  EXPECT_THAT(ran.output, HasSubstr("test_wrong\n        "));
  EXPECT_THAT(ran.output, HasSubstr(".lua:18: expected { \"a\" }, found { \"v2:a\" }"));
  EXPECT_THAT(ran.output, HasSubstr("test_well"));
  EXPECT_THAT(ran.output, HasSubstr(".lua:21: more than 20000000 instructions (instruction_limit)"));
  EXPECT_THAT(ran.output, HasSubstr("3 tests, 2 failed"));
}

// The test looked at the keys, and the error was the hook's.
TEST(LuaTestCommand, AHookThatFailedBeforeIsNamed) {
  const Ran ran = test_script(std::string(kScript) + R"(
function test_keys() t.eq(t.run(t.request { "GET", "boom" }).keys, { "v2:boom" }) end
)");
  EXPECT_THAT(ran.output, HasSubstr("before that a hook failed: "));
  EXPECT_THAT(ran.output, HasSubstr(".lua:8: boom"));
  const Ran said = test_script(std::string(kScript) + R"(
function test_error() t.eq(t.run(t.request { "GET", "boom" }).error, nil) end
)");
  EXPECT_EQ(said.status, 1);
  EXPECT_THAT(said.output, Not(HasSubstr("before that"))) << "it is said once";
}

TEST(LuaTestCommand, WhatIsLoggedCanBeLookedAt) {
  const Ran ran = test_script(R"(
weir.on_request("get", function(req) weir.log.notice("asked for", req.key) end)
function test_log()
  weir.test.eq(weir.test.log(), nil)
  weir.test.run(weir.test.request { "GET", "a" })
  weir.test.eq(weir.test.log(), "asked for a")
  weir.test.eq(weir.test.log(), nil)
end
)");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

// It had what one hook has, and less after it had called one: a test of many requests failed on a slow machine.
TEST(LuaTestCommand, ATestMayTakeWhatManyHooksTake) {
  const Ran ran = test_script(std::string(kScript) + R"(
function test_long()
  for _ = 1, 3 do
    t.run(t.request { "GET", "a" })
    for _ = 1, 1000000 do end
  end
end
)");
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST(LuaTestCommand, ArgumentsAndProtocols) {
  const std::string source = std::string(kScript) +
                             "function test_args() t.eq(t.run(t.request { 'GET', 'a' }).key, 'x:a') "
                             "t.eq(weir.args.map, { n = 5, on = true }) end";
  EXPECT_EQ(test_script(source, {"--arg", "prefix=x:", "--arg", "map.n=5", "--arg", "map.on=true"}).status, 0);
  EXPECT_EQ(test_script("function test_list() weir.test.eq(weir.args, { a = { 'x', { b = 2 } } }) end",
                        {"--arg", "a.1=x", "--arg", "a.2.b=2"})
                .status,
            0);
  const Ran none = test_script(source, {"--protocol", "gopher"});
  EXPECT_EQ(none.status, 1);
  EXPECT_THAT(none.output, HasSubstr("there is no protocol 'gopher'"));
}

// The core's functions took the test's host for their own: a crash.
TEST(LuaTestCommand, HashesAreTheRealOnes) {
  const Ran ran = test_script(R"(
local hash = weir.hash("fnv1a_32")
function test_hash() weir.test.eq(hash("a"), 0xe40c292c) end
)");
  EXPECT_EQ(ran.status, 0) << ran.output;
  EXPECT_THAT(test_script("weir.hash('nosuch')").output, HasSubstr(".lua:1: there is no hash function 'nosuch'"));
}

TEST(LuaTestCommand, ScriptsKnowTheProtocolAndTheWorkers) {
  const std::string source = R"(
local protocol, workers = weir.protocol, weir.workers
function test_them() weir.test.eq({ protocol, workers, weir.worker }, { "redis", 2, 1 }) end
)";
  const Ran ran = test_script(source);
  EXPECT_EQ(ran.status, 0) << ran.output;
}

TEST(LuaTestCommand, ScriptsThatCannotBeUsed) {
  const Ran unknown = test_script("weir.on_request('gte', print)");
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.output, HasSubstr(".lua:1: 'gte' is no command that protocol redis knows; is 'get' meant?"));
  EXPECT_THAT(test_script("weir.on_request('pub', print)").output, HasSubstr("; is 'pub"));
  EXPECT_THAT(test_script("weir.on_request('dxx', print)").output, HasSubstr("redis knows\n"));
  EXPECT_THAT(test_script("weir.on_request('write', print)").output,
              HasSubstr("; is weir.WRITE meant, without quotes?"));
  EXPECT_EQ(run({"/nowhere.lua"}).status, 1);
  EXPECT_EQ(run({}).status, 2);
  EXPECT_EQ(run({"--help"}).status, 0);
  EXPECT_THAT(run({"--frob"}).output, HasSubstr("usage: weir lua-test"));
}

}  // namespace
}  // namespace weir::test
