// Requests as servers get them.
#include <numeric>

#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

std::vector<uint32_t> all_keys(const ParsedRequest &r) {
  std::vector<uint32_t> pick(r.keys.size());
  std::iota(pick.begin(), pick.end(), 0);
  return pick;
}

class MemcacheRender : public MemcacheTest {
 protected:
  std::string split(const std::string &request, const std::vector<uint32_t> &pick,
                    const std::vector<const char *> &keys = {}) {
    ParsedRequest r = one(request);
    std::string whole = driver.render(driver.client(), r, WEIR_RENDER_SPLIT, pick, 0, keys).bytes;
    for (uint32_t slice : {1, 2, 3})
      EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_SPLIT, pick, slice, keys).bytes, whole) << slice;
    return whole;
  }
  std::string rekey(const std::string &request, const std::vector<const char *> &keys = {}) {
    ParsedRequest r = one(request);
    Connection &c = driver.client();
    std::string whole = driver.render(c, r, WEIR_RENDER_REKEY, all_keys(r), 0, keys).bytes;
    EXPECT_EQ(driver.render(c, r, WEIR_RENDER_REKEY, all_keys(r), 1, keys).bytes, whole);
    EXPECT_EQ(driver.render(c, r, WEIR_RENDER_REKEY, {}, 0, keys).bytes, whole);
    return whole;
  }
};

TEST_F(MemcacheRender, APartHasTheCommandAndItsKeys) {
  EXPECT_EQ(split("get a bb ccc dd\r\n", {0, 2}), "get a ccc\r\n");
  EXPECT_EQ(split("get a bb ccc dd\r\n", {1, 2, 3}), "get bb ccc dd\r\n");
  EXPECT_EQ(split("gets  a   bb\n", {1}), "gets  bb\r\n");
  EXPECT_EQ(split("   gat  -10  a   bb  c \r\n", {0, 1, 2}), "gat  -10  a bb c\r\n");
  EXPECT_EQ(split("gats 10 a a a\r\n", {1, 2}), "gats 10 a a\r\n");
}

TEST_F(MemcacheRender, RewrittenKeysReplaceTheirs) {
  EXPECT_EQ(split("get a bb ccc dd\r\n", {0, 1, 3}, {nullptr, "v2:bb", nullptr, nullptr}), "get a v2:bb dd\r\n");
  EXPECT_EQ(rekey("get a bb  c\r\n", {"x", nullptr, "zz"}), "get x bb  zz\r\n");
  EXPECT_EQ(rekey("set a 0 0 3\r\na a\r\n", {"longer"}), "set longer 0 0 3\r\na a\r\n");
  EXPECT_EQ(rekey("delete a noreply\r\n", {"longer"}), "delete longer\r\n");
}

TEST_F(MemcacheRender, NoreplyIsTakenOutAndNothingElse) {
  EXPECT_EQ(rekey("set a 0 0 9 noreply\r\nx noreply\r\n"), "set a 0 0 9\r\nx noreply\r\n");
  EXPECT_EQ(rekey("set noreply 0 0 1  noreply  \nx\r\n"), "set noreply 0 0 1   \nx\r\n");
  EXPECT_EQ(rekey("cas a 0 0 1 2 noreply\r\nx\r\n"), "cas a 0 0 1 2\r\nx\r\n");
  EXPECT_EQ(rekey("incr a 1 noreply\r\n"), "incr a 1\r\n");
  EXPECT_EQ(rekey("delete a 0 noreply\r\n"), "delete a 0\r\n");
  EXPECT_EQ(rekey("touch a 1 noreply\r\n"), "touch a 1\r\n");
  EXPECT_EQ(rekey("flush_all noreply\r\n"), "flush_all\r\n");
  EXPECT_EQ(rekey("flush_all 10 noreply\r\n"), "flush_all 10\r\n");
  EXPECT_EQ(rekey("verbosity 1 noreply\r\n"), "verbosity 1\r\n");
}

TEST_F(MemcacheRender, ARewrittenKeyThatIsNoneNeverReachesAServer) {
  ParsedRequest r = one("get a\r\n");
  std::string too_long(251, 'k');
  for (const char *key : {"", "a b", "a\r\nflush_all", "a\n", too_long.c_str()})
    EXPECT_LT(driver.render(driver.client(), r, WEIR_RENDER_REKEY, {0}, 0, {key}).status, 0) << key;
}

TEST_F(MemcacheRender, AGatThatRewritingMakesTooLongForServersIsRefused) {
  std::string line = "gat 0";
  std::string longer(250, 'k');
  std::vector<const char *> keys(9, longer.c_str());
  for (size_t i = 0; i < keys.size(); ++i) line += " a";
  ParsedRequest r = one(line + "\r\n");
  EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, all_keys(r), 0, keys).status, WEIR_E_LIMIT);
  EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, all_keys(r), 0).status, WEIR_OK);
}

}  // namespace
}  // namespace weir::test
