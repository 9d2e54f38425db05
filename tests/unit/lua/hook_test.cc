// What hooks see of a request, what they decide, what they hear of the reply.
#include <gmock/gmock.h>

#include "script.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string hook(const std::string &body) {
  return "local archive = weir.pool('archive')\nweir.on_request(weir.ALL, function(req) " + body + " end)";
}
const Asked kMget = {{"MGET", "a", "b"}, {"a", "b"}};

TEST(LuaHook, InterestByNameClassListAndAll) {
  Script script("weir.on_request('Get', 'del', print)");
  EXPECT_EQ(script.wants("get"), WEIR_WANT_REQUEST);
  EXPECT_EQ(script.wants("del"), WEIR_WANT_REQUEST);
  EXPECT_EQ(script.wants("mget"), 0U);
  Script classes("weir.on_request({weir.WRITE, 'config'}, print) weir.on_response(weir.READ, print)");
  EXPECT_EQ(classes.wants("set"), WEIR_WANT_REQUEST);
  EXPECT_EQ(classes.wants("config"), WEIR_WANT_REQUEST);
  EXPECT_EQ(classes.wants("mget"), WEIR_WANT_REQUEST | WEIR_WANT_RESPONSE);
  EXPECT_EQ(classes.wants("unheard-of"), 0U);
  EXPECT_EQ(Script("weir.on_request('*', print)").wants("unheard-of"), WEIR_WANT_REQUEST);
}

TEST(LuaHook, FunctionsKeepTheirCommandsInWhateverOrderPairsHas) {
  Script script(R"(
    for name in pairs { get = 1, set = 1, del = 1, mget = 1, config = 1 } do
      weir.on_request({ name }, function(req) req:reject(name) end)
    end)");
  EXPECT_EQ(script.refused(), "");
  for (const char *name : {"get", "set", "del", "mget", "config"}) {
    EXPECT_EQ(script.ask({{name, "a"}, {"a"}}).text, name);
  }
}

TEST(LuaHook, OneKeyIsRewritten) {
  Script script(hook("req.key = 'v2:' .. req.key assert(req.key == 'v2:a' and req.keys[1] == 'v2:a')"));
  EXPECT_THAT(script.get("a").keys, ElementsAre("v2:a"));
  EXPECT_EQ(script.get("a").verdict.rekey_count, 1U);
}

TEST(LuaHook, KeysOfOneCommand) {
  Script one(hook("req.keys[2] = 'x' .. req.keys[2]"));
  EXPECT_THAT(one.ask(kMget).keys, ElementsAre("a", "xb"));
  Script all(hook("for i, key in ipairs(req.keys) do req.keys[i] = i .. key end assert(#req.keys == 2)"));
  EXPECT_THAT(all.ask(kMget).keys, ElementsAre("1a", "2b"));
  Script prefix(hook("req:prefix('t:') req:prefix('u:')"));
  EXPECT_THAT(prefix.ask(kMget).keys, ElementsAre("u:t:a", "u:t:b"));
}

TEST(LuaHook, KeysThatCannotBe) {
  EXPECT_TRUE(Script(hook("req.key = ''")).get("a").failed());
  EXPECT_TRUE(Script(hook("req.keys[3] = 'x'")).ask(kMget).failed());
  EXPECT_TRUE(Script(hook("req.key = 'x'")).ask({{"CONFIG"}, {}}).failed());
  EXPECT_FALSE(
      Script(hook("assert(req.key == nil and #req.keys == 0) req:prefix('x')")).ask({{"CONFIG"}, {}}).failed());
}

TEST(LuaHook, WhatIsToBeSeen) {
  Script script(hook(R"(
    assert(req.command == 'mget' and req.argc == 2 and req:arg(0) == 'MGET' and req:arg(2) == 'b')
    assert(req:arg(3) == nil and req:arg(-1) == nil)
    assert(req.is_read == true and req.is_write == false and req.is_pinned == false)
    assert(req.client == '10.0.0.1:4711' and req.client_ip == '10.0.0.1')
    assert(req.listener == '127.0.0.1:22121' and req.protocol == 'redis')
    assert(req.pool == weir_own and req.pool.name == 'alpha' and tostring(archive) == 'archive' and #archive == 2)
    assert(req.tag == nil and req.note == 0)
  )") + " weir_own = weir.pool()");
  const Decision decision = script.ask(kMget);
  EXPECT_FALSE(decision.failed()) << script.host().log.at(0);
  Script six(hook("assert(req.client_ip == '::1') assert(req.tag == 't')"));
  EXPECT_FALSE(six.ask({{"GET"}, {}, "[::1]:4711", "t"}).failed());
}

TEST(LuaHook, Routes) {
  const Decision there = Script(hook("req:to(archive) assert(req.pool == archive)")).get("a");
  EXPECT_EQ(there.verdict.pool, 1U);
  EXPECT_EQ(there.verdict.server, UINT32_MAX);
  Script server(
      "local archive = weir.pool('archive') local b2 = archive:server('b2')\n"
      "weir.on_request('get', function(req) req:to(archive, b2) req:mirror(archive) end)");
  EXPECT_EQ(server.get("a").verdict.server, 1U);
  EXPECT_EQ(server.get("a").verdict.mirror_pool, 1U);
  EXPECT_TRUE(Script(hook("req:to(archive, 3)")).get("a").failed());
  EXPECT_TRUE(Script(hook("req:to('archive')")).get("a").failed());
  EXPECT_EQ(Script(hook("req:to(archive, archive:server_of('c'))")).get("a").verdict.server, 'c' % 2U);
}

TEST(LuaHook, RejectsAnswersDrops) {
  const Decision no = Script(hook("return req:reject('not here')")).get("a");
  EXPECT_EQ(no.verdict.action, uint32_t{WEIR_V_REJECT});
  EXPECT_EQ(no.text, "not here");
  const Decision text = Script(hook("req:answer('va\\0lue')")).get("a");
  EXPECT_EQ(text.verdict.action, uint32_t{WEIR_V_ANSWER});
  EXPECT_EQ(text.verdict.answer, uint32_t{WEIR_ERR_ANSWER});
  EXPECT_EQ(text.text, std::string("va\0lue", 6));
  const Decision number = Script(hook("req:answer(-42)")).get("a");
  EXPECT_EQ(number.verdict.answer, uint32_t{WEIR_ERR_ANSWER_INT});
  EXPECT_EQ(number.text, "-42");
  EXPECT_EQ(Script(hook("req:answer(weir.NONE)")).get("a").verdict.answer, uint32_t{WEIR_ERR_ANSWER_NONE});
  EXPECT_EQ(Script(hook("req:answer(weir.DONE)")).get("a").verdict.answer, uint32_t{WEIR_ERR_ANSWER_DONE});
  EXPECT_EQ(Script(hook("req:drop()")).get("a").verdict.action, uint32_t{WEIR_V_DROP_CLIENT});
}

TEST(LuaHook, AnswersThatAreNone) {
  for (const char *value : {"", "nil", "1.5", "true", "{}"}) {
    Script script(hook("req:answer(" + std::string(value) + ")"));
    EXPECT_TRUE(script.get("a").failed()) << value;
    EXPECT_TRUE(script.logged("req:answer() takes a string, an integer")) << value;
  }
}

TEST(LuaHook, HooksRunInOrderUntilOneDecides) {
  Script script(
      "weir.on_request('get', function(req) req.key = req.key .. '1' end)\n"
      "weir.on_request(weir.READ, function(req) req.key = req.key .. '2' req:reject('no') end)\n"
      "weir.on_request('get', function(req) req.key = req.key .. '3' end)");
  const Decision decision = script.get("k");
  EXPECT_THAT(decision.keys, ElementsAre("k12"));
  EXPECT_EQ(decision.text, "no");
  EXPECT_TRUE(Script(hook("req:reject('a') req:answer('b')")).get("a").failed());
}

TEST(LuaHook, TagsAreShort) {
  EXPECT_EQ(Script(hook("req.tag = 'tenant-a' assert(req.tag == 'tenant-a')")).get("a").tag, "tenant-a");
  EXPECT_TRUE(Script(hook("req.tag = ('x'):rep(65)")).get("a").failed());
}

TEST(LuaHook, AHookReturnsNothing) {
  Script script(hook("return false"));
  EXPECT_TRUE(script.get("a").failed());
  EXPECT_TRUE(script.logged("a hook returned a boolean; expected nothing"));
}

TEST(LuaHook, MisspelledFields) {
  Script read(hook("local x = req.kye")), write(hook("req.client = 'x'"));
  EXPECT_TRUE(read.get("a").failed());
  EXPECT_TRUE(read.logged(".lua:2: a request has no field 'kye'; is 'key' meant?")) << read.host().log.at(0);
  EXPECT_TRUE(write.get("a").failed());
  EXPECT_TRUE(write.logged("req.client cannot be assigned"));
}

TEST(LuaHook, ARequestIsOverWhenItsHookReturned) {
  Script script(
      "kept = false weir.on_request('get', function(req) if kept then return kept.key end kept = req end)\n"
      "weir.every(1, function() local x = kept.key end)");
  EXPECT_FALSE(script.get("a").failed());
  script.host().advance(1'000'000);
  EXPECT_TRUE(script.logged("this request is over"));
}

TEST(LuaHook, ErrorsHaveATracebackOnceAndAreCounted) {
  Script script("local function deep(req) local x = nil + 1 end\nweir.on_request('get', function(req) deep(req) end)");
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(script.get("a").failed());
  EXPECT_EQ(script.host().stat("lua_errors"), 5U);
  EXPECT_THAT(script.host().log.at(0), HasSubstr(".lua:1: attempt to perform arithmetic on a nil value"));
  EXPECT_TRUE(script.logged("stack traceback"));
  const size_t lines = script.host().log.size();
  script.host().now_us += 10'000'000;
  EXPECT_TRUE(script.get("a").failed());
  EXPECT_THAT(script.host().log.at(lines), HasSubstr("(and 4 times more since)"));
}

TEST(LuaHook, ErrorsWithoutATextAreErrors) {
  EXPECT_TRUE(Script(hook("error({})")).get("a").failed());
  EXPECT_TRUE(Script(hook("error()")).get("a").failed());
  EXPECT_TRUE(Script(hook("error(setmetatable({}, {__tostring = function() error('again') end}))")).get("a").failed());
}

TEST(LuaHook, Responses) {
  Script script(R"(
    local seen = weir.counter("seen")
    weir.on_request("get", function(req) req.note = 7 end)
    weir.on_response("get", function(req, rsp)
      assert(req.command == "get" and req.note == 7 and req.key == nil and req.argc == 0 and req.tag == "t")
      assert(rsp.size == 12 and rsp.latency_us == 345 and rsp.pool.name == "archive")
      if rsp.ok then assert(rsp.error == nil and rsp.server == 2) else assert(rsp.server == nil and not rsp.ok) end
      seen:add()
      if rsp.error then weir.log.info(rsp.error) end
      assert(not pcall(req.reject, req, "x") and not pcall(function() req.key = "x" end))
    end)
  )");
  EXPECT_EQ(script.get("a").verdict.user, 7U);
  weir_outcome outcome = {sizeof(weir_outcome), WEIR_PART_OK, 0, 0, 1, 1, 12, 345, 7};
  const Asked get = {{"GET"}, {}, "c:1", "t"};
  script.respond(get, outcome);
  outcome.server = UINT32_MAX;
  outcome.is_error = 1;
  script.respond(get, outcome);
  outcome.status = WEIR_PART_TIMEOUT;
  script.respond(get, outcome);
  outcome.status = WEIR_PART_OK;
  outcome.error = WEIR_ERR_OVERLOAD;
  script.respond(get, outcome);
  EXPECT_EQ(script.host().stat("seen"), 4U);
  EXPECT_THAT(script.host().log, ElementsAre("reply", "timeout", "weir"));
}

}  // namespace
}  // namespace weir::test
