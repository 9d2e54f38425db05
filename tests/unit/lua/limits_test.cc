// A script that takes too much fails its call, and the next one goes well.
#include <gmock/gmock.h>

#include "script.h"

namespace weir::test {
namespace {

// The hook runs `body` for the key "bad" and rewrites others.
std::string when_bad(const std::string &body) {
  return "weir.on_request('get', function(req) if req.key == 'bad' then " + body + " end req:prefix('v2:') end)";
}

void fails_alone(const std::string &body, const std::string &message, FakeHost::Config config = {}) {
  config.try_emplace("instruction_limit", "100000");
  config.try_emplace("time_limit", "60000");  // a slow machine must not come to the other end first
  config.try_emplace("memory_limit", "4000000");
  Script script(when_bad(body), config);
  ASSERT_EQ(script.refused(), "");
  EXPECT_TRUE(script.get("bad").failed()) << body;
  EXPECT_TRUE(script.logged(message)) << body << "\n" << (script.host().log.empty() ? "" : script.host().log[0]);
  const Decision next = script.get("good");
  EXPECT_FALSE(next.failed()) << body << "\n" << script.host().log.back();
  EXPECT_EQ(next.keys.at(0), "v2:good");
}

constexpr char kInstructions[] = "more than 100000 instructions";
const FakeHost::Config kMany = {{"instruction_limit", "100000000"}, {"time_limit", "60000"}};
constexpr char kMemory[] = "not enough memory: memory_limit is 4000000 bytes";

TEST(LuaLimits, Loops) {
  fails_alone("while true do end", kInstructions);
  fails_alone("local function f() return f() end f()", kInstructions);
  fails_alone("repeat until false", kInstructions);
}

TEST(LuaLimits, LoopsThatCatchTheError) {
  fails_alone("while true do pcall(function() while true do end end) end", kInstructions);
  fails_alone("local function f() while true do pcall(f) end end f()", kInstructions);
  fails_alone(
      "local t = setmetatable({}, {__close = function() while true do end end})"
      "local function f() local x <close> = t while true do end end f()",
      kInstructions);
}

TEST(LuaLimits, EndlessRecursion) {
  fails_alone("local function f() return 1 + f() end f()", "stack overflow",
              {{"instruction_limit", "100000000"}, {"time_limit", "60000"}, {"memory_limit", "256000000"}});
  fails_alone("local t = setmetatable({}, {}) getmetatable(t).__index = function(_, k) return t[k] end local x = t.x",
              "");
}

TEST(LuaLimits, Memory) {
  fails_alone("local t = {} for i = 1, 1e9 do t[i] = i end", kMemory, kMany);
  fails_alone("local s = 'x' while true do s = s .. s end", kMemory, kMany);
  fails_alone("local s = ('x'):rep(1e9)", kMemory);
  fails_alone("local s = ('x'):rep(1e17)", "resulting string too large");
  fails_alone("weir.shared.x = {} for i = 1, 1e9 do weir.shared.x[i] = i end", kMemory, kMany);
  fails_alone("while true do pcall(string.rep, 'x', 1e9) end", kInstructions);
}

TEST(LuaLimits, WorkOfLibraryFunctions) {
  fails_alone("local s = ('a'):rep(3000) .. 'b' s:find('.-.-.-.-.-c')", kInstructions);
  fails_alone("local s = ('a'):rep(3000) s:gsub('.-.-.-c', '')", kInstructions);
  fails_alone("local s = ('a'):rep(3000) for x in s:gmatch('a*a*a*c') do end", kInstructions);
  fails_alone("local s = ('(') :rep(20000) s:find('%b()x')  s:gsub('%b()', '')", kInstructions);
  fails_alone("local s = ('x'):rep(1e6) while true do local u = s:upper() end", kInstructions);
  fails_alone("local s = ('x'):rep(1e6) while true do local u = s .. 'y' end", kInstructions);
  fails_alone("local s = ('x'):rep(1e6) while true do s:find('y', 1, true) end", kInstructions);
  fails_alone("local s = ('x'):rep(1e6) while true do utf8.len(s) end", kInstructions);
  fails_alone("local s = ('x'):rep(1e6) while true do weir.crc32(s) end", kInstructions);
  fails_alone("table.move({}, 1, 1e15, 2)", kInstructions);
  fails_alone("table.concat(setmetatable({}, {__index = rawlen}), '', 1, 1e15)", kInstructions);
  fails_alone("local t = {} for i = 1, 2e4 do t[i] = i end while true do table.insert(t, 1, 0) table.remove(t, 1) end",
              kInstructions);
  fails_alone("local t = {} for i = 1, 2e4 do t[i] = i end while true do table.unpack(t, 1, 9000) end", kInstructions);
  fails_alone("local t = {} for i = 1, 9999 do t[i] = i end while true do table.sort(t) end", kInstructions);
  fails_alone("table.sort({3, 2, 1, 5, 4}, function() while true do end end)", kInstructions);
}

TEST(LuaLimits, RepeatingNothingEnds) {
  Script script(when_bad("assert((''):rep(1e18) == '' and (''):rep(1e18, '') == '' and ('x'):rep(-1) == '')"));
  EXPECT_FALSE(script.get("bad").failed());
}

TEST(LuaLimits, BadComparators) {
  fails_alone("local t = {} for i = 1, 100 do t[i] = i end table.sort(t, function() return true end)",
              "invalid order function");
}

TEST(LuaLimits, LyingTables) {
  fails_alone(
      "local n = 0 table.insert(setmetatable({}, {__len = function() n = n + 1 return n < 2 and 1 or 1e15 end}), "
      "1, 1)",
      "without __len");
}

TEST(LuaLimits, Time) {
  fails_alone("while true do end", "more than 1 ms of processor time",
              {{"instruction_limit", "1000000000000"}, {"time_limit", "1"}});
}

// What takes long in a few instructions: the time is looked at all the same.
TEST(LuaLimits, TimeOfFewInstructions) {
  const FakeHost::Config one_ms = {
      {"instruction_limit", "100000000"}, {"time_limit", "1"}, {"memory_limit", "64000000"}};
  constexpr char kTime[] = "more than 1 ms of processor time";
  const std::string strings = "local a, b = ('\\0'):rep(1e6) .. 'a', ('\\0'):rep(1e6) .. 'b' ";
  fails_alone(strings + "for i = 1, 200 do local x = a < b end", kTime, one_ms);
  fails_alone("local a = ('1'):rep(1e6) for i = 1, 200 do local x = a + 1 end", kTime, one_ms);
  fails_alone("local f, s = utf8.codes('a' .. ('\\x80'):rep(1e6)) for i = 1, 200 do pcall(f, s, 1) end", kTime, one_ms);
  fails_alone("local t = {} for i = 1, 1000 do t[i] = i end for i = 1, 50 do pcall(table.sort, t, pcall) end", kTime,
              one_ms);
}

TEST(LuaLimits, SortingLongStrings) {
  fails_alone("local s, t = ('\\0'):rep(1e5), {} for i = 1, 200 do t[i] = s end table.sort(t)", kInstructions);
  Script script(when_bad("local t = {} for i = 1, 500 do t[i] = ('key%d'):format(i) end table.sort(t)"));
  EXPECT_FALSE(script.get("bad").failed());
}

// Calls with long strings are looked at more often, and count the same.
TEST(LuaLimits, LongStringsDoNotChangeTheCount) {
  const std::string body = "local s = ('x'):rep(20000) for i = 1, 20000 do local x = i end";
  Script script(when_bad(body), {{"instruction_limit", "100000"}, {"time_limit", "60000"}});
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(script.get("bad").failed());
  fails_alone("local s = ('x'):rep(20000) while true do end", kInstructions, {{"time_limit", "60000"}});
}

TEST(LuaLimits, TheBudgetIsThatOfOneCall) {
  Script script(when_bad("for i = 1, 20000 do local x = i end"), {{"instruction_limit", "100000"}});
  for (int i = 0; i < 50; ++i) ASSERT_FALSE(script.get("bad").failed());
}

TEST(LuaLimits, MemoryIsShown) {
  Script script(when_bad("weir.shared.x = ('x'):rep(100000)"));
  EXPECT_FALSE(script.get("bad").failed());
  EXPECT_GT(script.host().stat("lua_memory_bytes"), 100000U);
  EXPECT_LT(script.host().stat("lua_memory_bytes"), 1000000U);
}

TEST(LuaLimits, ManyCallsTakeNoMoreMemory) {
  Script script(when_bad("req.key = 'x' .. weir.now() req.tag = req.key"), {{"memory_limit", "200000"}});
  for (int i = 0; i < 20000; ++i) {
    script.host().now_us += 997;
    ASSERT_FALSE(script.get("bad").failed());
  }
}

}  // namespace
}  // namespace weir::test
