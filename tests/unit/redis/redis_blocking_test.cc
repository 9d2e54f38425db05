// Commands that the server may take its time with.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;
constexpr uint32_t kWaits = WEIR_REQ_BLOCKING | WEIR_REQ_FENCE;

constexpr uint32_t kTick = 1000;  // a server may look at its timeouts only so often

struct Case {
  Args args;
  uint32_t timeout_ms;  // 0: for ever
};

// The tick was not counted once, and a server that took it was given up: "Connection timed out" in place of nil.
TEST(RedisBlocking, TakesItsTimeAndAServersTickFromItsArgumentAtEverySplitPoint) {
  for (const Case &c : std::vector<Case>{{{"BLPOP", "k", "0"}, 0},
                                         {{"BLPOP", "k", "3"}, 3000},
                                         {{"BRPOP", "a", "b", "0.25"}, 250},
                                         {{"BRPOPLPUSH", "a", "b", "1"}, 1000},
                                         {{"BLMOVE", "a", "b", "LEFT", "LEFT", "0.0001"}, 1},
                                         {{"BLMPOP", "2", "1", "a", "LEFT"}, 2000},
                                         {{"BZPOPMIN", "a", "1e1"}, 10000},
                                         {{"BZMPOP", "7", "1", "a", "MIN"}, 7000},
                                         {{"XREAD", "COUNT", "1", "BLOCK", "250", "STREAMS", "s", "$"}, 250},
                                         {{"XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", "s", ">"}, 0},
                                         {{"BLPOP", "k", "100000000"}, 0},
                                         {{"BLPOP", "k", "-1"}, 0},
                                         {{"BLPOP", "k", "soon"}, 0},
                                         {{"BLPOP", "k", std::string(50, '1')}, 0}}) {
    std::string bytes = resp(c.args);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      RedisDriver driver;
      Requests got = driver.requests(driver.client(), bytes, {.cuts = {cut}});
      ASSERT_EQ(got.list.size(), 1u) << bytes;
      const weir_req &req = got.list[0].req;
      EXPECT_EQ(int{req.route}, WEIR_ROUTE_KEY) << bytes;
      EXPECT_EQ(req.flags & kWaits, kWaits) << bytes;
      EXPECT_EQ(req.flags & WEIR_REQ_RETRY_SAFE, 0u) << bytes;
      EXPECT_EQ(req.timeout_ms, c.timeout_ms == 0 ? 0 : c.timeout_ms + kTick) << bytes << cut;
    }
  }
}

TEST(RedisBlocking, InlineToo) {
  RedisDriver driver;
  Requests got = driver.requests("BLPOP k 0.5\r\nXREAD BLOCK 20 STREAMS s $\r\n");
  ASSERT_EQ(got.list.size(), 2u);
  EXPECT_EQ(got.list[0].req.timeout_ms, 500 + kTick);
  EXPECT_EQ(got.list[1].req.timeout_ms, 20 + kTick);
  EXPECT_EQ(got.list[1].keys, Args{"s"});
}

TEST(RedisBlocking, AnXreadThatDoesNotBlockIsAnOrdinaryOne) {
  RedisDriver driver;
  const weir_req req = driver.requests(resp({"XREAD", "STREAMS", "s", "$"})).list.at(0).req;
  EXPECT_EQ(req.flags, uint32_t{WEIR_REQ_RETRY_SAFE});
  EXPECT_EQ(driver.answer(resp({"XREAD", "BLOCK", "0"}) + resp({"PING"})),
            "-ERR wrong number of arguments for 'xread' command\r\n+PONG\r\n");
  EXPECT_EQ(driver.answer(resp({"XREAD", "BLOCK", "0", "COUNT"})), "-ERR syntax error\r\n");
}

TEST(RedisBlocking, WaitAsksEveryServerBehindAPrelude) {
  for (uint32_t servers : {3u, 1u}) {
    RedisDriver driver({}, servers);
    Connection &c = driver.client();
    ParsedRequest wait = driver.requests(c, resp({"WAIT", "1", "100"})).list.at(0);
    EXPECT_EQ(int{wait.req.route}, servers == 1 ? WEIR_ROUTE_SERVER : WEIR_ROUTE_ALL);
    EXPECT_EQ(wait.req.flags & (kWaits | WEIR_REQ_PRELUDE), kWaits | WEIR_REQ_PRELUDE);
    EXPECT_EQ(wait.req.timeout_ms, 100 + kTick);
    Output prelude = driver.render(c, wait, WEIR_RENDER_PRELUDE, {});
    EXPECT_EQ(prelude.bytes, resp({"PING"}));
    EXPECT_EQ(prelude.swallow, 1u);
  }
}

TEST(RedisBlocking, WaitAnswersTheLeast) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest wait = driver.requests(c, resp({"WAIT", "1", "100"})).list.at(0);
  EXPECT_EQ(driver.merge(c, wait, {{{}, ":2\r\n"}, {{}, ":1\r\n"}, {{}, ":5\r\n"}}).bytes, ":1\r\n");
  EXPECT_EQ(driver.merge(c, wait, {{{}, ":2\r\n"}, {{}, "-ERR x\r\n"}}).bytes, "-ERR x\r\n");
}

}  // namespace
}  // namespace weir::test
