// Multi-gets of any length: keys are taken as they arrive.
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

std::string long_get(int keys) {
  std::string line = "get";
  for (int i = 0; i < keys; ++i) line += " key:" + std::to_string(i * 7919);
  return line + "\r\n";
}
std::vector<size_t> every(size_t step, size_t len) {
  std::vector<size_t> cuts;
  for (size_t i = step; i < len; i += step) cuts.push_back(i);
  return cuts;
}

TEST_F(MemcacheTest, ALongGetIsTheSameInAnyWindows) {
  std::string line = "touch a 1\r\n" + long_get(600) + "get z\r\n";
  Requests whole = driver.requests(line);
  ASSERT_EQ(whole.list.size(), 3u);
  EXPECT_EQ(whole.list[1].keys.size(), 600u);
  EXPECT_EQ(whole.list[1].keys[599], "key:" + std::to_string(599 * 7919));
  for (size_t step : {1, 2, 7, 100, 1000, 2047, 2048, 2049, 2050, 4096, 16384})
    EXPECT_EQ(described(driver.requests(line, {.cuts = every(step, line.size())})), described(whole)) << step;
}

TEST_F(MemcacheTest, AKeyTooLongInALongGetSpoilsTheWholeAndNothingElse) {
  for (size_t len : {251, 252, 253, 5000}) {
    std::string line = long_get(300);
    line.insert(line.size() - 2, " " + std::string(len, 'k') + " and more");
    EXPECT_EQ(answers(line + "get a\r\n"), "CLIENT_ERROR bad command line format\r\n(server)");
    line += "get a\r\n";
    std::vector<std::string> whole = described(driver.requests(line));
    for (size_t step : {1, 1000, 2500})
      EXPECT_EQ(described(driver.requests(line, {.cuts = every(step, line.size())})), whole) << len << " " << step;
  }
}

TEST_F(MemcacheTest, TheLongestKeyAtTheEndOfALongGetIsAKey) {
  std::string line = long_get(300);
  line.insert(line.size() - 2, " " + std::string(250, 'k'));
  for (size_t step : {1, 1000, 2500}) {
    Requests parsed = driver.requests(line, {.cuts = every(step, line.size())});
    ASSERT_EQ(parsed.list.size(), 1u);
    EXPECT_EQ(parsed.list[0].keys.size(), 301u);
    EXPECT_EQ(parsed.list[0].req.route, WEIR_ROUTE_SPLIT);
  }
}

TEST_F(MemcacheTest, ALongGetOfOneKeyOrNoneIsAsAShortOne) {
  std::string blanks(5000, ' ');
  EXPECT_EQ(one("get a" + blanks + "\r\n").req.route, WEIR_ROUTE_KEY);
  EXPECT_EQ(answers("get " + blanks + "\r\n"), "ERROR\r\n");
  EXPECT_EQ(answers("get" + blanks + "\r\r\n"), "(server)");
}

TEST_F(MemcacheTest, WindowsOfOneByteTakeOneCallEach) {
  std::string line = long_get(500);
  Requests parsed = driver.requests(line, {.cuts = every_byte(line.size())});
  EXPECT_EQ(parsed.calls, line.size());
  EXPECT_EQ(parsed.list.size(), 1u);
}

}  // namespace
}  // namespace weir::test
