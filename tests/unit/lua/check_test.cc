// What is wrong with a script is said when the configuration is read, with its line.
#include <gmock/gmock.h>

#include "script.h"

namespace weir::test {
namespace {

using testing::HasSubstr;

TEST(LuaCheck, SyntaxErrorsHaveAPlace) {
  EXPECT_THAT(Script("local x =\nif").refused(), HasSubstr(".lua:2: unexpected symbol near 'if'"));
}

TEST(LuaCheck, ErrorsWithoutALineHaveTheScript) {
  EXPECT_THAT(Script("return " + std::string(500, '(')).refused(), HasSubstr(".lua: C stack overflow"));
  EXPECT_THAT(Script("error({})").refused(), HasSubstr(".lua: (an error that is a table)"));
}

TEST(LuaCheck, UnknownCommandsHaveAPlaceAndANeighbour) {
  const Script script("\nweir.on_request('gte', function() end)");
  EXPECT_THAT(script.refused(), HasSubstr(".lua:2: 'gte' is no command that protocol redis knows; is 'get' meant?"));
}

TEST(LuaCheck, SubcommandsBelongToTheirContainer) {
  const Script script("weir.on_request('CONFIG GET', function() end)");
  EXPECT_THAT(script.refused(), HasSubstr(":1: 'config get' is no command of its own: register 'config'"));
}

TEST(LuaCheck, UnknownClasses) {
  EXPECT_THAT(Script("weir.on_request('@reads', print)").refused(), HasSubstr("'@reads' is no class"));
}

TEST(LuaCheck, RegistrationsHaveNamesAndAFunction) {
  EXPECT_THAT(Script("weir.on_request('get')").refused(), HasSubstr(":1: bad argument #1 to 'on_request' (a function"));
  EXPECT_THAT(Script("weir.on_request(print)").refused(), HasSubstr("expected names of commands"));
  EXPECT_THAT(Script("weir.on_request(1, print)").refused(), HasSubstr("the name of a command or a class expected"));
  EXPECT_THAT(Script("weir.on_request({'get', {}}, print)").refused(), HasSubstr("the name of a command"));
}

TEST(LuaCheck, UnknownPoolsServersHashesAndGlobals) {
  EXPECT_THAT(Script("\n\nweir.pool('nowhere')").refused(), HasSubstr(".lua:3: there is no such pool"));
  EXPECT_THAT(Script("weir.pool('other')").refused(), HasSubstr(":1: it is of another protocol"));
  EXPECT_THAT(Script("weir.pool('archive'):server('x')").refused(), HasSubstr("pool 'archive' has no server 'x'"));
  EXPECT_THAT(Script("weir.hash('nosuch')").refused(), HasSubstr("there is no hash function 'nosuch'"));
  EXPECT_THAT(Script("foo()").refused(), HasSubstr(".lua:1: there is no global 'foo'"));
}

TEST(LuaCheck, ItNeedsAFileThatIsThere) {
  FakeHost host({{"file", "/nowhere/x.lua"}}, 1), none({}, 1);
  char text[256];
  weir_errbuf err = {text, sizeof(text), 0};
  EXPECT_EQ(lua_filter().create(host.get(), &err), nullptr);
  EXPECT_THAT(std::string(text, err.len), HasSubstr("cannot read the script /nowhere/x.lua: No such file"));
  EXPECT_EQ(lua_filter().create(none.get(), &err), nullptr);
  EXPECT_THAT(std::string(text, err.len), HasSubstr("expected 'file'"));
}

TEST(LuaCheck, AScriptThatLoopsWhileItLoadsIsRefused) {
  const Script script("while true do end", {{"instruction_limit", "1000"}});
  EXPECT_THAT(script.refused(), HasSubstr(":1: more than 100000 instructions"));
}

TEST(LuaCheck, BytecodeIsNotLoaded) {
  EXPECT_THAT(Script("\x1bLua").refused(), HasSubstr(".lua: attempt to load a binary chunk"));
}

TEST(LuaCheck, ArgumentsOfTheConfiguration) {
  Script script(R"(
    local a = weir.args
    assert(a.prefix == "t1:" and a.percent == 5 and a.on == true and a.list[2] == "y" and a.map.deep == "z")
    assert(a.none == nil)
  )",
                {{"args.list.0", "x"},
                 {"args.list.1", "y"},
                 {"args.map.deep", "z"},
                 {"args.on", "true"},
                 {"args.percent", "5"},
                 {"args.prefix", "t1:"}});
  EXPECT_EQ(script.refused(), "");
  EXPECT_TRUE(script.host().unread().empty());
  EXPECT_EQ(Script("assert(next(weir.args) == nil)").refused(), "");
}

TEST(LuaCheck, AnotherScriptInEachWorkerFailsItsRequests) {
  Script script("local n = weir.counter('n') n:add() if n.value == 0 then weir.on_request('get', print) end");
  EXPECT_EQ(script.refused(), "");
  EXPECT_TRUE(script.get("a").failed());
  EXPECT_TRUE(script.logged("registers other hooks each time"));
}

}  // namespace
}  // namespace weir::test
