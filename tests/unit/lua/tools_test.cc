// Statistics, timers, time, hashes, prefixes, log.
#include <gmock/gmock.h>

#include "script.h"

namespace weir::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(LuaTools, CountersGaugesHistograms) {
  Script script(R"(
    local c, g, h = weir.counter("c", "help"), weir.gauge("g"), weir.histogram("h_bytes")
    assert(weir.counter("c") == c)
    weir.on_request("get", function(req)
      c:add() c:add(4) g:set(10) g:add(-3) h:observe(100) h:observe(7.9)
      assert(c.value == 5 and g.value == 7 and h.value == 2)
      g:add(-100) assert(g.value == 0) g:set(7)
      assert(not pcall(c.add, c, -1) and not pcall(g.set, g, -1) and not pcall(h.observe, h, 0/0))
    end)
  )");
  ASSERT_EQ(script.refused(), "");
  EXPECT_FALSE(script.get("a").failed()) << script.host().log.at(0);
  EXPECT_EQ(script.host().stat("c"), 5U);
  EXPECT_EQ(script.host().stat("g"), 7U);
  EXPECT_THAT(script.host().observed("h_bytes"), ElementsAre(100U, 7U));
  EXPECT_THAT(Script("weir.counter('x') weir.gauge('x')").refused(), HasSubstr("weir.gauge(): 'x' is not possible"));
}

TEST(LuaTools, Timers) {
  Script script(R"(
    local c, once = weir.counter("c"), weir.counter("once")
    local t = weir.every(2, function() c:add() end)
    weir.after(1, function() once:add() weir.after(0.5, function() once:add() end) end)
    weir.after(7, function() t:cancel() t:cancel() end)
    weir.after(3, function() error("in a timer") end)
    weir.on_request("get", function() weir.after(1, function() once:add(100) end) end)
  )");
  ASSERT_EQ(script.refused(), "");
  EXPECT_EQ(script.host().timers(), 4U);
  script.host().advance(1'000'000);
  EXPECT_EQ(script.host().stat("once"), 1U);
  script.host().advance(1'000'000);
  EXPECT_EQ(script.host().stat("once"), 2U);
  EXPECT_EQ(script.host().stat("c"), 1U);
  script.host().advance(20'000'000);
  EXPECT_EQ(script.host().stat("c"), 3U);
  EXPECT_EQ(script.host().stat("lua_errors"), 1U);
  EXPECT_TRUE(script.logged("a timer failed"));
  EXPECT_TRUE(script.logged("in a timer"));
  EXPECT_FALSE(script.get("a").failed());
  script.host().advance(1'000'000);
  EXPECT_EQ(script.host().stat("once"), 102U);
  EXPECT_EQ(script.host().timers(), 0U);
  EXPECT_THAT(Script("weir.every(0, print)").refused(), HasSubstr("expected seconds, from 0.001"));
}

TEST(LuaTools, TimersAreBounded) {
  Script script("weir.on_request('get', function() for i = 1, 2000 do weir.after(60, print) end end)");
  EXPECT_TRUE(script.get("a").failed());
  EXPECT_TRUE(script.logged("at most 1024 timers"));
}

TEST(LuaTools, Time) {
  Script script(
      "weir.on_request('get', function(req) req.tag = ('%.1f %s'):format(weir.now(), weir.time() > 1e9) end)");
  EXPECT_EQ(script.get("a").tag, "1000.0 true");
}

TEST(LuaTools, Hashes) {
  Script script(R"(
    assert(weir.crc16("123456789") == 0x31C3 and weir.crc32("123456789") == 0xCBF43926)
    assert(weir.crc16("") == 0 and weir.crc32("") == 0)
    local fnv = weir.hash("fnv1a_32")
    assert(fnv("a") == 0xE40C292C)
    weir.on_request("get", function(req) assert(fnv(req.key) == 0xE40C292C) end)
  )");
  ASSERT_EQ(script.refused(), "");
  EXPECT_FALSE(script.get("a").failed());
}

TEST(LuaTools, Prefixes) {
  Script script(R"(
    local p = weir.prefixes { ["a"] = 1, ["ab:"] = "two", ["abc"] = false, ["b\0"] = 3, ["zz"] = {} }
    local function is(text, ...) local v, at = p:match(text) local w, t = ... assert(v == w and at == t, text) end
    is("") is("c") is("b") is("b\0x", 3, "b\0") is("a", 1, "a") is("ab", 1, "a") is("ab:c", "two", "ab:")
    is("abc", false, "abc") is("abcd", false, "abc") is("z") is("\xff")
    assert(weir.prefixes({[""] = 9}):match("x") == 9 and weir.prefixes({}):match("x") == nil)
    local many = {} for i = 1, 5000 do many["k" .. i .. ":"] = i end
    local set = weir.prefixes(many)
    for i = 1, 5000 do assert(set:match("k" .. i .. ":x") == i) end
    assert(not pcall(weir.prefixes, {1, 2}))
  )");
  EXPECT_EQ(script.refused(), "");
}

TEST(LuaTools, Networks) {
  Script script(R"(
    local n = weir.networks { ["10.0.0.0/8"] = "ten", ["10.1.0.0/16"] = "ten one", ["10.1.2.3"] = "host",
                              ["172.16.0.0/12"] = "bits", ["fd00::/8"] = "private", ["fd00:1::/32"] = "narrow",
                              ["::1"] = "own", ["::ffff:192.0.2.0/120"] = "mapped", unix = "unix" }
    local wanted = { ["10.2.0.1"] = "ten", ["10.1.0.1"] = "ten one", ["10.1.2.3"] = "host", ["100.0.0.1"] = "nil",
                     ["172.31.255.255"] = "bits", ["172.32.0.0"] = "nil", ["fdff::1"] = "private", ["fe00::1"] = "nil",
                     ["fd00:1:0:0:0:0:0:9"] = "narrow", ["fd00:1::9"] = "narrow", ["::1"] = "own", ["::2"] = "nil",
                     ["192.0.2.7"] = "mapped", ["::ffff:10.1.2.3"] = "host", ["/run/weir.sock"] = "unix",
                     ["?"] = "nil", [""] = "nil", ["10.1.2"] = "nil", ["10.1.2.3.4"] = "nil", ["10.1.2.256"] = "nil" }
    weir.on_request("get", function(req)
      for address, value in pairs(wanted) do
        local found = tostring(n:match(address))
        if found ~= value then error(address .. ": " .. found) end
      end
      if weir.networks({}):match("10.0.0.1") ~= nil then error("of none") end
    end)
  )");
  ASSERT_EQ(script.refused(), "");
  EXPECT_FALSE(script.get("a").failed()) << script.host().log.at(0);
  for (const char *wrong :
       {"10.0.0.1/8", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "fd00::/129", "fd00:", ":::1", "1:2:3:4:5:6:7:8:9",
        "12345::", "1::2::3", "fd00", "", "x", "::1.2.3", "1:2:3:4:5:6:7:1.2.3.4", "10.-1.0.0"}) {
    EXPECT_THAT(Script("weir.networks { ['" + std::string(wrong) + "'] = 1 }").refused(),
                HasSubstr("expected a network like 10.0.0.0/8"))
        << wrong;
  }
}

TEST(LuaTools, LogLinesAreBounded) {
  Script script("weir.on_request('get', function() for i = 1, 50 do weir.log.info('line', i, nil, true) end end)");
  EXPECT_FALSE(script.get("a").failed());
  EXPECT_EQ(script.host().log.size(), 10U);
  EXPECT_EQ(script.host().log[0], "line 1 nil true");
  script.host().now_us += 1'000'000;
  EXPECT_FALSE(script.get("a").failed());
  EXPECT_EQ(script.host().log.at(10), "line 1 nil true (40 lines before it were dropped)");
}

TEST(LuaTools, SharedIsOneTableOfTheWorker) {
  Script script(
      "weir.shared.n = 0 weir.on_request('get', function(req) weir.shared.n = weir.shared.n + 1 end)\n"
      "weir.on_request('get', function(req) req.tag = tostring(weir.shared.n) .. weir.worker end)");
  script.get("a");
  EXPECT_EQ(script.get("a").tag, "21");
}

}  // namespace
}  // namespace weir::test
