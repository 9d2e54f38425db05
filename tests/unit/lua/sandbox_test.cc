// The ways out of a sandbox, tried one by one: each is a line that must not go well.
#include <gtest/gtest.h>

#include "script.h"

namespace weir::test {
namespace {

TEST(LuaSandbox, WhatIsNotThere) {
  for (const char *name :
       {"io", "os", "package", "debug", "coroutine", "require", "dofile", "load", "loadfile", "loadstring",
        "collectgarbage", "warn", "xpcall", "module", "setfenv", "getfenv", "newproxy"})
    EXPECT_EQ(Script("assert(rawget(_G, '" + std::string(name) + "') == nil)").refused(), "") << name;
  EXPECT_EQ(Script("assert(string.dump == nil)").refused(), "");
}

TEST(LuaSandbox, WaysOut) {
  for (const char *line : {
           "setmetatable({}, {__gc = function() end})",
           "setmetatable({}, {__gc = true})",
           "setmetatable(_G, {})",
           "setmetatable(_G, nil)",
           "getmetatable('').__index = {}",
           "getmetatable('').x = 1",
           "setmetatable('', {})",
           "setmetatable(weir, {})",
           "getmetatable(weir).__index.pool = print",
           "weir.pool = print",
           "weir.log.info = print",
           "rawset(weir, 'pool', print)",
           "rawset(weir.log, 'info', print)",
           "string.format('%d', {})",
           "('x').y.z = 1",
           "string.dump(print)",
           "load('return 1')",
           "_ENV.load('return 1')",
           "error_object = setmetatable({}, {__metatable = false}) setmetatable(error_object, {})",
           "weir.pool().name = 'x'",
           "weir.on_request.x = 1",
       })
    EXPECT_NE(Script(line).refused(), "") << line;
}

TEST(LuaSandbox, MetatablesOfObjectsAreNotHandedOut) {
  Script script(
      "weir.on_request('get', function(req)\n"
      "  assert(type(getmetatable(req)) == 'string' and type(getmetatable(req.keys)) == 'string')\n"
      "  assert(type(getmetatable(weir)) == 'string' and getmetatable('') == false)\n"
      "  assert(getmetatable(_G) == false and type(getmetatable(weir.pool)) == 'nil')\n"
      "  local c = counter assert(type(getmetatable(c)) == 'string')\n"
      "end) counter = weir.counter('n')");
  EXPECT_EQ(script.refused(), "");
  EXPECT_FALSE(script.get("a").failed()) << script.host().log.at(0);
}

TEST(LuaSandbox, MethodsOnOtherThings) {
  for (const char *body :
       {"req.reject('x')", "req.reject({}, 'x')", "req.to(req.keys, archive)", "archive.server_of('a')",
        "archive.server_of(req, 'a')", "n.add(archive)", "set.match(archive, 'a')", "set.match(n, 'a')",
        "timer.cancel(n)", "req.reject(weir.NONE, 'x')", "req:to(n)", "req:to(timer)", "req:mirror(set)",
        "req:answer(print)", "req.keys.x = 'y'"}) {
    Script script(
        "archive = weir.pool('archive') n = weir.counter('n') set = weir.prefixes { a = 1 }\n"
        "timer = weir.after(1, print)\nweir.on_request('get', function(req) " +
        std::string(body) + " end)");
    ASSERT_EQ(script.refused(), "");
    EXPECT_TRUE(script.get("a").failed()) << body;
  }
}

TEST(LuaSandbox, GlobalsAreMadeWhileLoading) {
  Script script(
      "known = 1 weir.on_request('get', function(req)\n"
      "  known = known + 1\n  if req.key == 'w' then stray = 1 end\n  if req.key == 'r' then return stray end\n"
      "end)");
  EXPECT_FALSE(script.get("a").failed());
  EXPECT_TRUE(script.get("w").failed());
  EXPECT_TRUE(script.logged(".lua:3: 'stray' is assigned in a hook but is no global"));
  EXPECT_TRUE(script.get("r").failed());
  EXPECT_TRUE(script.logged(".lua:4: there is no global 'stray'"));
}

TEST(LuaSandbox, WhatIsForLoadingIsRefusedInHooks) {
  for (const char *body : {"weir.on_request('get', print)", "weir.pool('archive')", "weir.counter('n')",
                           "weir.hash('md5')", "pool:server('b1')", "weir.histogram('h')"}) {
    Script script("pool = weir.pool('archive') weir.on_request('get', function(req) " + std::string(body) + " end)");
    EXPECT_TRUE(script.get("a").failed()) << body;
    EXPECT_TRUE(script.logged("is for the time the script loads")) << body;
  }
}

TEST(LuaSandbox, LogLinesHaveNoControlCharacters) {
  Script script("weir.log.warn('a\\nb\\27[31m\\0c')");
  EXPECT_TRUE(script.logged("a b [31m c"));
}

}  // namespace
}  // namespace weir::test
