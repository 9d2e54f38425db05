// Replies of servers that refused HELLO 3, as a RESP3 client gets them.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

constexpr uint64_t kResp3 = uint64_t{1} << 32;
const char kRefused[] = "-ERR unknown command 'HELLO', with args beginning with: '3' \r\n";
const char kHello[] = "%1\r\n$6\r\nserver\r\n$5\r\nredis\r\n";

class RedisTranslation : public testing::Test {
 protected:
  RedisTranslation() { driver_.answer(client_, resp({"HELLO", "3"})); }

  void greet(const std::string &answer) {
    Connection &server = driver_.server();
    EXPECT_EQ(driver_.handshake(server, 0, {}, kResp3).status, WEIR_HS_SENT);
    EXPECT_EQ(driver_.handshake(server, 1, answer, kResp3).status, WEIR_HS_READY);
  }
  ParsedRequest request(const std::vector<std::string> &args) {
    return driver_.requests(client_, resp(args)).list.at(0);
  }
  bool is_translated(const std::vector<std::string> &args) { return request(args).req.flags & WEIR_REQ_TRANSFORM; }
  std::string got(const std::vector<std::string> &args, const std::string &reply) {
    ParsedRequest r = request(args);
    std::vector<uint32_t> pick(r.req.key_count);
    for (uint32_t i = 0; i < pick.size(); ++i) pick[i] = i;
    return driver_.merge(client_, r, {{pick, reply}}).bytes;
  }

  RedisDriver driver_;
  Connection &client_ = driver_.client();
};

TEST_F(RedisTranslation, IsForPoolsWhereAServerMaySpeakResp2) {
  EXPECT_TRUE(is_translated({"GET", "a"}));  // nobody has been asked
  greet(kHello);
  EXPECT_FALSE(is_translated({"GET", "a"}));
  greet(kRefused);
  EXPECT_TRUE(is_translated({"GET", "a"}));
  greet(kHello);
  EXPECT_TRUE(is_translated({"GET", "a"}));
  driver_.answer(client_, resp({"HELLO", "2"}));
  EXPECT_FALSE(is_translated({"GET", "a"}));
}

TEST_F(RedisTranslation, FindsNullsHoweverDeepTheyLie) {
  EXPECT_EQ(got({"GET", "a"}, "$-1\r\n"), "_\r\n");
  EXPECT_EQ(got({"GET", "a"}, "$5\r\n$-1\r\n\r\n"), "$5\r\n$-1\r\n\r\n");
  EXPECT_EQ(got({"BLPOP", "a", "1"}, "*-1\r\n"), "_\r\n");
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "*1\r\n";
  EXPECT_EQ(got({"EVAL", "x", "1", "a"}, deep + "$-1\r\n"), deep + "_\r\n");
  EXPECT_EQ(got({"GET", "a"}, "-ERR no\r\n"), "-ERR no\r\n");
}

TEST_F(RedisTranslation, GivesRepliesTheirCommandsShape) {
  EXPECT_EQ(got({"HGETALL", "h"}, "*2\r\n$1\r\nf\r\n$1\r\nv\r\n"), "%1\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(got({"SMEMBERS", "s"}, "*1\r\n$1\r\nm\r\n"), "~1\r\n$1\r\nm\r\n");
  EXPECT_EQ(got({"SPOP", "s"}, "$1\r\nm\r\n"), "$1\r\nm\r\n");
  EXPECT_EQ(got({"ZSCORE", "z", "m"}, "$3\r\n1.5\r\n"), ",1.5\r\n");
  EXPECT_EQ(got({"ZADD", "z", "1", "m"}, ":1\r\n"), ":1\r\n");
  const std::string kFlat = "*2\r\n$1\r\nm\r\n$1\r\n2\r\n", kPair = "*2\r\n$1\r\nm\r\n,2\r\n";
  EXPECT_EQ(got({"ZRANGE", "z", "0", "1", "withScores"}, kFlat), "*1\r\n" + kPair);
  EXPECT_EQ(got({"ZRANGE", "z", "0", "1"}, kFlat), kFlat);
  EXPECT_EQ(got({"ZUNION", "1", "withscores"}, kFlat), kFlat);
  EXPECT_EQ(got({"ZPOPMIN", "z"}, kFlat), kPair);
  EXPECT_EQ(got({"ZPOPMIN", "z", "1"}, kFlat), "*1\r\n" + kPair);
  EXPECT_EQ(got({"XREAD", "STREAMS", "s", "0"}, "*1\r\n*2\r\n$1\r\ns\r\n*0\r\n"), "%1\r\n$1\r\ns\r\n*0\r\n");
}

TEST_F(RedisTranslation, LeavesAloneWhatIsNotOfItsShape) {
  EXPECT_EQ(got({"HGETALL", "h"}, "*1\r\n$-1\r\n"), "*1\r\n_\r\n");
  const std::string kPairs = "*1\r\n*2\r\n$1\r\nm\r\n,2\r\n", kMap = "%1\r\n$1\r\nf\r\n_\r\n";
  EXPECT_EQ(got({"ZRANGE", "z", "0", "1", "WITHSCORES"}, kPairs), kPairs);
  EXPECT_EQ(got({"HGETALL", "h"}, kMap), kMap);
  EXPECT_EQ(got({"XREAD", "STREAMS", "s", "0"}, "%1\r\n$1\r\ns\r\n*0\r\n"), "%1\r\n$1\r\ns\r\n*0\r\n");
}

TEST_F(RedisTranslation, TellsFailuresAsReplyDoes) {
  ParsedRequest r = request({"GET", "a"});
  EXPECT_EQ(driver_.merge(client_, r, {{{0}, "", WEIR_PART_TIMEOUT}}).bytes, "-ERR Connection timed out\r\n");
}

}  // namespace
}  // namespace weir::test
