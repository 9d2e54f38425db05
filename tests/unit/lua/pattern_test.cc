// Patterns mean what they mean in Lua: expectations are what Lua 5.4's own functions give.
#include <gtest/gtest.h>

#include "script.h"

namespace weir::test {
namespace {

void holds(const char *expression) {
  EXPECT_EQ(Script("assert(" + std::string(expression) + ")").refused(), "") << expression;
}
void is_error(const char *expression, const char *message) {
  EXPECT_NE(Script("local x = " + std::string(expression)).refused().find(message), std::string::npos) << expression;
}

TEST(LuaPattern, Find) {
  holds("select('#', ('abc'):find('b')) == 2 and ('abc'):find('b') == 2");
  holds("('abc'):find('') == 1 and select(2, ('abc'):find('')) == 0");
  holds("('abc'):find('', 4) == 4 and ('abc'):find('', 5) == nil");
  holds("('a.c'):find('.', 1, true) == 2 and ('a.c'):find('%.') == 2");
  holds("('aXb'):find('%u') == 2 and ('a1b'):find('%D', 2) == 3");
  holds("('hello world'):find('o w') == 5 and ('hello'):find('l', -2) == 4");
  holds("('abc'):find('^b') == nil and ('abc'):find('^b', 2) == 2 and ('abc'):find('c$') == 3");
  holds("select(3, ('key=val'):find('(%w+)=(%w+)')) == 'key'");
  holds("('a\\0b'):find('%z') == nil and ('a\\0b'):find('\\0') == 2");
  holds("('a$b'):find('$b') == 2 and ('ab'):find('a$b') == nil");
}

TEST(LuaPattern, Match) {
  holds("('user:17:x'):match('^user:(%d+)') == '17'");
  holds("('abc'):match('()b()') == 2 and select(2, ('abc'):match('()b()')) == 3");
  holds("('aaab'):match('a*') == 'aaa' and ('aaab'):match('a-b') == 'aaab' and ('aaab'):match('^a-') == ''");
  holds("('ab'):match('a?b') == 'ab' and ('b'):match('a?b') == 'b' and ('xab'):match('a+') == 'a'");
  holds("('[x]'):match('[]]') == ']' and ('a-b'):match('[a%-]+') == 'a-' and ('b^'):match('[b^]+') == 'b^'");
  holds("('c9'):match('[a-z%d]+') == 'c9' and ('ab'):match('[^a]') == 'b' and ('-'):match('[a-]') == '-'");
  holds("('f(a(b)c)d'):match('%b()') == '(a(b)c)' and ('THE (quick) fox'):find('%f[%a]%a+%f[%A]') == 1");
  holds("('say \"hi\" \\'x\\''):match('([\"\\'])(.-)%1') == '\"'");
  holds("('  trim '):match('^%s*(.-)%s*$') == 'trim'");
  holds("('x'):match('((x))') == 'x' and select('#', ('x'):match('((x))')) == 2");
}

TEST(LuaPattern, Gmatch) {
  holds("(function() local t = {} for k in ('a:b:c'):gmatch('[^:]+') do t[#t + 1] = k end return #t end)() == 3");
  holds("(function() local n = 0 for _ in ('abc'):gmatch('') do n = n + 1 end return n end)() == 4");
  holds("(function() for k, v in ('a=1'):gmatch('(%w)=(%w)') do return k .. v end end)() == 'a1'");
  holds("(function() local t = {} for k in ('abc'):gmatch('%w', 2) do t[#t + 1] = k end return #t end)() == 2");
  holds(
      "(function() local s = '' for w in ('aab'):gmatch('a*') do s = s .. '<' .. w .. '>' end return s end)() == "
      "'<aa><>'");
}

TEST(LuaPattern, Gsub) {
  holds("('hello'):gsub('l', 'L') == 'heLLo' and select(2, ('hello'):gsub('l', 'L')) == 2");
  holds("('hello'):gsub('', '-') == '-h-e-l-l-o-' and ('abc'):gsub('%w', '%0%0') == 'aabbcc'");
  holds("('hello world'):gsub('(%w+) (%w+)', '%2 %1') == 'world hello' and ('abc'):gsub('b', '%%') == 'a%c'");
  holds("('$name'):gsub('%$(%w+)', {name = 'x'}) == 'x' and ('$no'):gsub('%$(%w+)', {}) == '$no'");
  holds("('abc'):gsub('%w', function(c) if c ~= 'b' then return c:upper() end end) == 'AbC'");
  holds(
      "('abc'):gsub('%w', 'x', 2) == 'xxc' and ('abc'):gsub('^a', 'x') == 'xbc' and ('aaa'):gsub('^a', 'x') == 'xaa'");
  holds("('abc'):gsub('()', '%1') == '1a2b3c4' and ('abc'):gsub('b*', 'x') == 'xaxcx'");
  holds("('a'):gsub('a', 1) == '1'");
}

TEST(LuaPattern, Errors) {
  is_error("('a'):find('%')", "malformed pattern (ends with '%')");
  is_error("('a'):find('[a')", "malformed pattern (missing ']')");
  is_error("('a'):find('[a%')", "malformed pattern (missing ']')");
  is_error("('a'):find('[]')", "malformed pattern (missing ']')");
  is_error("('a'):find('(a')", "unfinished capture");
  is_error("('a'):match('a)')", "invalid pattern capture");
  is_error("('a'):find('%1')", "invalid capture index");
  is_error("('a'):find('%b')", "missing arguments to '%b'");
  is_error("('a'):find('%f')", "missing '[' after '%f'");
  is_error("('a'):gsub('a', '%2')", "invalid capture index %2");
  is_error("('a'):gsub('a', '%x')", "invalid use of '%'");
  is_error("('a'):gsub('a', '%')", "invalid use of '%'");
  is_error("('a'):gsub('a', print, 'x')", "number expected");
  is_error("('a'):gsub('a')", "string/function/table expected");
  is_error("('a'):gsub('a', function() return {} end)", "invalid replacement value (a table)");
  is_error("(''):find(('('):rep(40))", "too many captures");
  is_error("('a'):rep(300):match(('a?'):rep(300))", "pattern too complex");
}

}  // namespace
}  // namespace weir::test
