// Commands about the pool as a whole: SCAN over its servers, and what is asked of all of them.
#include <set>

#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

std::string bulk(const std::string &text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string scanned(const std::string &cursor, const std::string &rest = "*1\r\n$1\r\nk\r\n") {
  return "*2\r\n" + bulk(cursor) + rest;
}

class RedisScan : public testing::Test {
 protected:
  ParsedRequest parse(const std::vector<std::string> &args) { return driver_.requests(client_, resp(args)).list.at(0); }
  // What the server gets, and where.
  std::pair<uint32_t, std::string> sent(const std::vector<std::string> &args) {
    ParsedRequest r = parse(args);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_SERVER}) << args[1];
    EXPECT_TRUE(r.req.flags & WEIR_REQ_RENDER);
    EXPECT_TRUE(r.req.flags & WEIR_REQ_TRANSFORM);
    return {r.req.route_arg, driver_.render(client_, r, WEIR_RENDER_REKEY, {}).bytes};
  }
  // What the client gets for the server's answer.
  std::string got(const std::string &cursor, const std::string &answer) {
    ParsedRequest r = parse({"SCAN", cursor});
    return driver_.merge(client_, r, {{{}, answer, WEIR_PART_OK, r.req.route_arg}}).bytes;
  }
  RedisDriver driver_;  // of three servers
  Connection &client_ = driver_.client();
};

TEST_F(RedisScan, GoesToTheServerThatItsCursorNamesWithTheServersOwnCursor) {
  EXPECT_EQ(sent({"SCAN", "0"}), std::pair(0u, resp({"SCAN", "0"})));
  EXPECT_EQ(sent({"SCAN", "1"}), std::pair(1u, resp({"SCAN", "0"})));
  std::string fifth = std::to_string(5 << 10 | 2);
  EXPECT_EQ(sent({"scan", fifth, "MATCH", "a*", "COUNT", "7", "TYPE", "set"}),
            std::pair(2u, resp({"scan", "5", "MATCH", "a*", "COUNT", "7", "TYPE", "set"})));
}

TEST_F(RedisScan, EveryServerFollowsTheOneBefore) {
  EXPECT_EQ(got("0", scanned("5")), scanned(std::to_string(5 << 10)));
  EXPECT_EQ(got("0", scanned("0")), scanned("1"));
  EXPECT_EQ(got("1", scanned("5")), scanned(std::to_string(5 << 10 | 1)));
  EXPECT_EQ(got(std::to_string(5 << 10 | 1), scanned("0")), scanned("2"));
  EXPECT_EQ(got("2", scanned("0", "*0\r\n")), scanned("0", "*0\r\n"));
}

TEST_F(RedisScan, ACursorOfNoServerIsAnErrorAndNeverTheBeginning) {
  for (const char *cursor : {"3", "1023", "5123"}) {
    EXPECT_EQ(driver_.answer(resp({"SCAN", cursor})),
              "-ERR invalid cursor: it names a server that the pool does not have; begin again with SCAN 0\r\n");
  }
  for (const char *cursor : {"x", "1x", " 1", "-1", "99999999999999999999999", "18446744073709551616"})
    EXPECT_EQ(driver_.answer(resp({"SCAN", cursor})), "-ERR invalid cursor\r\n") << cursor;
  EXPECT_EQ(driver_.answer(resp({"SCAN"})), "-ERR wrong number of arguments for 'scan' command\r\n");
}

TEST_F(RedisScan, ACursorThatCannotBeCarriedIsAnError) {
  EXPECT_EQ(got("2", scanned("18014398509481983")), scanned("18446744073709550594"));  // 2^54 - 1 fits
  EXPECT_TRUE(got("2", scanned("18014398509481984")).starts_with("-ERR "));
  EXPECT_TRUE(got("2", scanned("nonsense")).starts_with("-ERR "));
}

TEST_F(RedisScan, ErrorsOfTheServerAreTheAnswer) {
  EXPECT_EQ(got("1", "-ERR syntax error\r\n"), "-ERR syntax error\r\n");
  EXPECT_EQ(got("1", "*1\r\n$1\r\n0\r\n"), "-ERR Invalid argument\r\n");
  ParsedRequest r = parse({"SCAN", "1"});
  EXPECT_EQ(driver_.merge(client_, r, {{{}, "", WEIR_PART_NO_SERVER, 1}}).bytes, "-ERR Connection refused\r\n");
}

TEST_F(RedisScan, InlineAndCutAnywhere) {
  const std::string inline_scan = "scan \"2050\" match 'a b*'\r\n", array = resp({"SCAN", "2050", "MATCH", "a b*"});
  for (const std::string &bytes : {inline_scan, array}) {
    for (size_t cut = 1; cut < bytes.size(); ++cut) {
      Requests all = driver_.requests(bytes, {.cuts = {cut}});
      ASSERT_EQ(all.list.size(), 1u) << cut;
      EXPECT_EQ(all.list[0].req.route_arg, 2u);
      std::string wanted = resp({bytes == array ? "SCAN" : "scan", "2", bytes == array ? "MATCH" : "match", "a b*"});
      EXPECT_EQ(driver_.render(client_, all.list[0], WEIR_RENDER_REKEY, {}).bytes, wanted);
    }
  }
}

TEST_F(RedisScan, OneServerKeepsItsOwnCursors) {
  RedisDriver one({}, 1);
  ParsedRequest r = one.requests(resp({"SCAN", "1023"})).list.at(0);
  EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_SERVER});
  EXPECT_EQ(r.req.route_arg, 0u);
  EXPECT_EQ(r.req.flags & (WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM), 0u);
}

TEST_F(RedisScan, ThePoolsCursorsDoNotLeakIntoTheNextRequest) {
  Requests all = driver_.requests(resp({"SCAN", "2"}) + resp({"SCRIPT", "KILL"}) + resp({"KEYS", "*"}));
  ASSERT_EQ(all.list.size(), 3u);
  EXPECT_EQ(all.list[1].req.route_arg, 0u);
  EXPECT_EQ(all.list[1].req.flags & (WEIR_REQ_RENDER | WEIR_REQ_TRANSFORM), 0u);
  EXPECT_EQ(all.list[2].req.flags & WEIR_REQ_BLOCKING, 0u);
  EXPECT_EQ(all.list[2].req.timeout_ms, 0u);
}

class RedisPool : public testing::Test {
 protected:
  std::string merge(const std::vector<std::string> &args, const std::vector<std::string> &answers) {
    ParsedRequest r = driver_.requests(client_, resp(args)).list.at(0);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_ALL}) << args[0];
    std::vector<PartReply> parts;
    for (uint32_t i = 0; i < answers.size(); ++i) {
      bool failed = answers[i].empty();
      parts.push_back({{}, answers[i], failed ? uint32_t{WEIR_PART_NO_SERVER} : uint32_t{WEIR_PART_OK}, i});
    }
    return driver_.merge(client_, r, parts).bytes;
  }
  RedisDriver driver_;
  Connection &client_ = driver_.client();
};

TEST_F(RedisPool, RandomKeyIsOneOfTheServersAndNilOnlyWhenAllHaveNone) {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) seen.insert(merge({"RANDOMKEY"}, {bulk("a"), "$-1\r\n", bulk("c")}));
  EXPECT_EQ(seen, (std::set<std::string>{bulk("a"), bulk("c")}));
  EXPECT_EQ(merge({"RANDOMKEY"}, {"$-1\r\n", "$-1\r\n", "$-1\r\n"}), "$-1\r\n");
  EXPECT_EQ(merge({"RANDOMKEY"}, {"_\r\n", "_\r\n", bulk("c")}), bulk("c"));
  EXPECT_EQ(merge({"RANDOMKEY"}, {bulk("a"), "", bulk("c")}), "-ERR Connection refused (server 2 of 3)\r\n");
}

TEST_F(RedisPool, WhoFailedIsNamedSinceTheOthersHaveDoneIt) {
  EXPECT_EQ(merge({"FLUSHALL"}, {"+OK\r\n", "+OK\r\n", ""}), "-ERR Connection refused (server 3 of 3)\r\n");
  EXPECT_EQ(merge({"DBSIZE"}, {":1\r\n", "+OK\r\n", ":1\r\n"}), "-ERR Invalid argument (server 2 of 3)\r\n");
  EXPECT_EQ(merge({"FLUSHALL", "x"}, {"-ERR syntax error\r\n", "-ERR syntax error\r\n", "-ERR syntax error\r\n"}),
            "-ERR syntax error\r\n");
}

TEST_F(RedisPool, AScriptIsKilledWhereverItRuns) {
  const std::string idle = "-NOTBUSY No scripts in execution right now.\r\n";
  for (const std::vector<std::string> &kill : {std::vector<std::string>{"SCRIPT", "KILL"}, {"FUNCTION", "KILL"}}) {
    EXPECT_EQ(merge(kill, {idle, "+OK\r\n", idle}), "+OK\r\n");
    EXPECT_EQ(merge(kill, {idle, idle, idle}), idle);
    EXPECT_EQ(merge(kill, {idle, "-UNKILLABLE it wrote\r\n", idle}), "-UNKILLABLE it wrote\r\n");
    EXPECT_EQ(merge(kill, {idle, "", idle}), "-ERR Connection refused (server 2 of 3)\r\n");
    EXPECT_EQ(merge(kill, {"+OK\r\n", "", idle}), "+OK\r\n");
    ParsedRequest r = driver_.requests(client_, resp(kill)).list.at(0);
    EXPECT_TRUE(r.req.flags & WEIR_REQ_BLOCKING) << "it must not wait behind the script";
    EXPECT_TRUE(r.req.flags & WEIR_REQ_FENCE);
    EXPECT_EQ(r.req.timeout_ms, 1u);
  }
}

TEST_F(RedisPool, SubscriptionsAreCountedOverAllServers) {
  EXPECT_EQ(merge({"PUBSUB", "CHANNELS"}, {"*2\r\n" + bulk("b") + bulk("a"), "*0\r\n", "*1\r\n" + bulk("b")}),
            "*2\r\n" + bulk("a") + bulk("b"));
  EXPECT_EQ(merge({"PUBSUB", "CHANNELS", "x*"}, {"*0\r\n", "*0\r\n", "*0\r\n"}), "*0\r\n");
  EXPECT_EQ(merge({"PUBSUB", "NUMSUB", "a", "b"},
                  {"*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:0\r\n", "*4\r\n$1\r\na\r\n:0\r\n$1\r\nb\r\n:30\r\n",
                   "*4\r\n$1\r\na\r\n:0\r\n$1\r\nb\r\n:2\r\n"}),
            "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:32\r\n");
  EXPECT_EQ(merge({"PUBSUB", "SHARDNUMSUB"}, {"*0\r\n", "*0\r\n", "*0\r\n"}), "*0\r\n");
  EXPECT_EQ(merge({"PUBSUB", "NUMPAT"}, {":2\r\n", ":3\r\n", ":3\r\n"}), ":3\r\n");
  EXPECT_EQ(merge({"PUBSUB", "SHARDCHANNELS"}, {"*1\r\n" + bulk("s"), "*0\r\n", "*1\r\n" + bulk("t")}),
            "*2\r\n" + bulk("s") + bulk("t"));
  EXPECT_EQ(driver_.answer(resp({"PUBSUB", "nosuch"})), "-ERR unknown subcommand 'nosuch'. Try PUBSUB HELP.\r\n");
}

TEST_F(RedisPool, EverythingIsSavedSinceTheServerThatSavedFirst) {
  EXPECT_EQ(merge({"LASTSAVE"}, {":1700000003\r\n", ":1700000001\r\n", ":1700000002\r\n"}), ":1700000001\r\n");
}

}  // namespace
}  // namespace weir::test
