// What becomes of commands between MULTI or WATCH and EXEC. The test stands in for the core: it says what became of
// leases, and answers what weir answers itself.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;
constexpr uint32_t kTakes = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_FENCE;
constexpr uint32_t kEnds = WEIR_REQ_LEASE_END | WEIR_REQ_FENCE;

class Talk {
 public:
  explicit Talk(uint32_t servers = 3, FakeHost::Config config = {}) : driver(std::move(config), servers) {}

  // One request; a lease it asks for is got, on server 1.
  ParsedRequest parse(const Args &args) {
    Requests got = driver.requests(c, resp(args));
    EXPECT_EQ(got.list.size(), 1u);
    return got.list.at(0);
  }
  ParsedRequest ask(const Args &args) {
    ParsedRequest r = parse(args);
    if (r.req.flags & WEIR_REQ_LEASE_BEGIN) driver.lease(c, begun = r, server, true);
    said = r.req.route == WEIR_ROUTE_LOCAL ? driver.reply(c, &r, WEIR_ERR_NONE).bytes : "";
    return r;
  }
  std::string answer(const Args &args) {
    ParsedRequest r = ask(args);
    return r.req.route == WEIR_ROUTE_LOCAL ? said : "(route " + std::to_string(r.req.route) + ")";
  }
  void lose() { driver.lease(c, begun, server, false); }
  std::string fail(const ParsedRequest &r, uint32_t error) { return driver.reply(c, &r, error).bytes; }

  RedisDriver driver;
  Connection &c = driver.client();
  uint32_t server = 1;
  ParsedRequest begun;
  std::string said;
};

const std::string kOk = "+OK\r\n";
const std::string kQueued = "+QUEUED\r\n";
const std::string kLeased = "(route " + std::to_string(WEIR_ROUTE_LEASED) + ")";
const std::string kAborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";

TEST(RedisTransaction, TheFirstKeyTakesTheLeaseAndTheRestFollows) {
  Talk talk;
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  ParsedRequest first = talk.ask({"SET", "a", "1"});
  EXPECT_EQ(int{first.req.route}, WEIR_ROUTE_KEY);
  EXPECT_EQ(first.req.flags, kTakes | WEIR_REQ_PRELUDE);
  Output prelude = talk.driver.render(talk.c, first, WEIR_RENDER_PRELUDE, {});
  EXPECT_EQ(prelude.bytes, resp({"MULTI"}));
  EXPECT_EQ(prelude.swallow, 1u);
  ParsedRequest second = talk.ask({"MGET", "a", "b"});
  EXPECT_EQ(int{second.req.route}, WEIR_ROUTE_LEASED);
  EXPECT_EQ(second.req.route_arg, 1u);
  EXPECT_EQ(second.req.flags, 0u);
  EXPECT_EQ(second.keys, (Args{"a", "b"}));
  ParsedRequest ping = talk.ask({"PING"});
  EXPECT_EQ(int{ping.req.route}, WEIR_ROUTE_LEASED);
  ParsedRequest exec = talk.ask({"EXEC"});
  EXPECT_EQ(int{exec.req.route}, WEIR_ROUTE_LEASED);
  EXPECT_EQ(exec.req.flags, kEnds);
  talk.lose();  // as the lease ends
  EXPECT_EQ(int{talk.ask({"GET", "a"}).req.route}, WEIR_ROUTE_KEY);
  EXPECT_EQ(talk.answer({"PING"}), "+PONG\r\n");
}

TEST(RedisTransaction, WhatComesBeforeTheFirstKeyGoesAheadOfIt) {
  Talk talk;
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  EXPECT_EQ(talk.answer({"PING"}), kQueued);
  EXPECT_EQ(talk.answer({"ECHO", "hello"}), kQueued);
  ParsedRequest first = talk.ask({"GET", "a"});
  Output prelude = talk.driver.render(talk.c, first, WEIR_RENDER_PRELUDE, {});
  EXPECT_EQ(prelude.bytes, resp({"MULTI"}) + resp({"PING"}) + resp({"ECHO", "hello"}));
  EXPECT_EQ(prelude.swallow, 3u);
}

TEST(RedisTransaction, WithoutAKeyItGoesToAnyServer) {
  Talk talk;
  talk.ask({"MULTI"});
  EXPECT_EQ(talk.answer({"PING"}), kQueued);
  ParsedRequest exec = talk.ask({"EXEC"});
  EXPECT_EQ(int{exec.req.route}, WEIR_ROUTE_ANY);
  EXPECT_EQ(exec.req.flags, uint32_t{WEIR_REQ_BLOCKING | WEIR_REQ_PRELUDE | WEIR_REQ_FENCE});
  EXPECT_EQ(talk.driver.render(talk.c, exec, WEIR_RENDER_PRELUDE, {}).bytes, resp({"MULTI"}) + resp({"PING"}));
  EXPECT_EQ(talk.answer({"PING"}), "+PONG\r\n");
}

TEST(RedisTransaction, AllInOneWrite) {
  Talk talk;
  std::string all = resp({"MULTI"}) + resp({"PING"}) + resp({"DISCARD"}) + resp({"MULTI"}) + resp({"ECHO", "x"}) +
                    resp({"SET", "a", "1"});
  Requests got = talk.driver.requests(talk.c, all);
  ASSERT_EQ(got.list.size(), 6u);
  for (size_t i = 0; i < 5; ++i) talk.driver.reply(talk.c, &got.list[i], WEIR_ERR_NONE);
  EXPECT_EQ(talk.driver.render(talk.c, got.list[5], WEIR_RENDER_PRELUDE, {}).bytes,
            resp({"MULTI"}) + resp({"ECHO", "x"}));
}

TEST(RedisTransaction, SaysWhatRedisSaysOfCommandsInTheWrongPlace) {
  Talk talk;
  EXPECT_EQ(talk.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");
  EXPECT_EQ(talk.answer({"DISCARD"}), "-ERR DISCARD without MULTI\r\n");
  EXPECT_EQ(talk.answer({"UNWATCH"}), kOk);
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  EXPECT_EQ(talk.answer({"MULTI"}), "-ERR MULTI calls can not be nested\r\n");
  EXPECT_EQ(talk.answer({"WATCH", "a"}), "-ERR WATCH inside MULTI is not allowed\r\n");
  EXPECT_EQ(talk.answer({"EXEC"}), "*0\r\n");
  EXPECT_EQ(talk.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");
  EXPECT_EQ(talk.answer({"MULTI", "x"}), "-ERR wrong number of arguments for 'multi' command\r\n");
  EXPECT_EQ(talk.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");
}

TEST(RedisTransaction, WhatWeirRefusesAbortsIt) {
  for (const Args &wrong : std::vector<Args>{{"GET"},
                                             {"NOSUCH"},
                                             {"DBSIZE"},
                                             {"SCAN", "0"},
                                             {"HELLO", "3"},
                                             {"AUTH", "x"},
                                             {"SUBSCRIBE", "x"},
                                             {"MONITOR"},
                                             {"CONFIG", "SET", "a", "b"},
                                             {"DISCARD", "x"}}) {
    Talk talk;
    talk.ask({"MULTI"});
    EXPECT_EQ(talk.answer(wrong).substr(0, 4), "-ERR") << wrong[0];
    EXPECT_EQ(talk.answer({"GET", "a"}), kQueued) << wrong[0];
    EXPECT_EQ(talk.answer({"EXEC"}), kAborted) << wrong[0];
    EXPECT_EQ(talk.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");

    talk.ask({"MULTI"});
    talk.ask({"GET", "a"});
    EXPECT_EQ(talk.answer(wrong).substr(0, 4), "-ERR") << wrong[0];
    EXPECT_EQ(talk.answer({"GET", "a"}), kLeased) << wrong[0];
    ParsedRequest exec = talk.ask({"EXEC"});
    EXPECT_EQ(talk.said, kAborted) << wrong[0];
    EXPECT_EQ(exec.req.flags, kEnds) << wrong[0];
    EXPECT_EQ(exec.req.route_arg, 1u) << wrong[0];
  }
}

TEST(RedisTransaction, WhatAServerFindsOutWhenItRunsACommandIsQueued) {
  for (const Args &wrong : std::vector<Args>{{"SINTERCARD", "0", "a"},
                                             {"ZUNION", "x", "a"},
                                             {"XREAD", "STREAMS", "a", "b", "0"},
                                             {"EVAL", "return 1", "-1"},
                                             {"MSET", "a", "1", "b"}}) {
    Talk talk;
    EXPECT_EQ(talk.answer({"MULTI"}), kOk);
    EXPECT_EQ(talk.answer(wrong), kQueued) << wrong[0];
    talk.ask({"SET", "a", "1"});
    EXPECT_EQ(talk.answer(wrong), kLeased) << wrong[0];
    EXPECT_EQ(talk.answer({"EXEC"}), kLeased);
  }
}

TEST(RedisTransaction, ARefusedKeyAbortsIt) {
  Talk talk;  // before there is a lease
  talk.ask({"MULTI"});
  ParsedRequest cross = talk.parse({"MGET", "a", "b"});
  EXPECT_EQ(talk.fail(cross, WEIR_ERR_CROSS).substr(0, 10), "-CROSSSLOT");
  EXPECT_EQ(talk.answer({"SET", "a", "1"}), kQueued);
  EXPECT_EQ(talk.answer({"EXEC"}), kAborted);

  talk.ask({"MULTI"});  // and with one
  talk.ask({"SET", "a", "1"});
  talk.fail(talk.ask({"SET", "b", "1"}), WEIR_ERR_CROSS);
  EXPECT_EQ(talk.answer({"EXEC"}), kAborted);
  talk.ask({"MULTI"});
  talk.ask({"SET", "a", "1"});
  EXPECT_EQ(talk.answer({"EXEC"}), kLeased);
}

TEST(RedisTransaction, ALostConnectionAbortsIt) {
  Talk talk;
  talk.ask({"MULTI"});
  talk.ask({"SET", "a", "1"});
  talk.lose();
  EXPECT_EQ(talk.answer({"SET", "a", "2"}), kQueued);
  EXPECT_EQ(talk.answer({"EXEC"}), kAborted);

  talk.ask({"WATCH", "a"});
  talk.lose();
  EXPECT_EQ(talk.answer({"GET", "a"}), "(route 1)");
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  EXPECT_EQ(talk.answer({"SET", "a", "2"}), kQueued);
  EXPECT_EQ(talk.answer({"EXEC"}), kAborted);
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  EXPECT_EQ(int{talk.ask({"SET", "a", "2"}).req.route}, WEIR_ROUTE_KEY);
}

TEST(RedisTransaction, AnAbortedDiscardIsDone) {
  Talk talk;
  talk.ask({"MULTI"});
  talk.ask({"SET", "a", "1"});
  ParsedRequest discard = talk.ask({"DISCARD"});
  EXPECT_EQ(discard.req.flags, kEnds);
  EXPECT_EQ(talk.fail(discard, WEIR_ERR_ABORTED), kOk);
}

TEST(RedisTransaction, WatchTakesTheLeaseWithoutAPrelude) {
  Talk talk;
  ParsedRequest watch = talk.ask({"WATCH", "a", "{a}b"});
  EXPECT_EQ(int{watch.req.route}, WEIR_ROUTE_KEY);
  EXPECT_EQ(watch.req.flags, kTakes);
  EXPECT_EQ(int{talk.ask({"GET", "b"}).req.route}, WEIR_ROUTE_KEY);
  EXPECT_EQ(talk.answer({"PING"}), "+PONG\r\n");
  EXPECT_EQ(talk.ask({"WATCH", "c"}).keys, Args{"c"});
  EXPECT_EQ(talk.answer({"MULTI"}), kLeased);
  EXPECT_EQ(talk.answer({"PING"}), kLeased);
  EXPECT_EQ(talk.answer({"UNWATCH"}), kLeased);
  EXPECT_EQ(talk.ask({"EXEC"}).req.flags, kEnds);
  talk.ask({"WATCH", "a"});
  EXPECT_EQ(talk.ask({"UNWATCH"}).req.flags, kEnds);
  EXPECT_EQ(talk.answer({"UNWATCH"}), kOk);
}

TEST(RedisTransaction, OneServerAnswersItself) {
  Talk talk(1);
  talk.server = 0;
  ParsedRequest multi = talk.ask({"MULTI"});
  EXPECT_EQ(int{multi.req.route}, WEIR_ROUTE_SERVER);
  EXPECT_EQ(multi.req.flags, kTakes);
  for (const Args &args : std::vector<Args>{{"PING"},
                                            {"DBSIZE"},
                                            {"SCAN", "0"},
                                            {"NOSUCH"},
                                            {"GET"},
                                            {"MULTI"},
                                            {"WATCH", "x"},
                                            {"INFO"},
                                            {"MGET", "a", "b"},
                                            {"COMMAND"},
                                            {"BLPOP", "a", "0"},
                                            {"CLIENT", "ID"},
                                            {"DISCARD", "x"},
                                            {"UNWATCH"}}) {
    ParsedRequest r = talk.ask(args);
    EXPECT_EQ(int{r.req.route}, WEIR_ROUTE_LEASED) << args[0];
    EXPECT_EQ(r.req.flags, 0u) << args[0];
    EXPECT_EQ(r.req.timeout_ms, 0u) << args[0];
  }
  EXPECT_EQ(talk.ask({"EXEC"}).req.flags, kEnds);
  for (const Args &args : std::vector<Args>{{"EXEC"}, {"DISCARD"}, {"UNWATCH"}, {"MULTI", "x"}}) {
    ParsedRequest r = talk.ask(args);
    EXPECT_EQ(int{r.req.route}, WEIR_ROUTE_SERVER) << args[0];
    EXPECT_EQ(r.req.flags, 0u) << args[0];
  }
}

TEST(RedisTransaction, AMultiThatFailedClosesTheClient) {
  Talk talk(1);
  ParsedRequest multi = talk.parse({"MULTI"});
  Output failed = talk.driver.reply(talk.c, &multi, WEIR_ERR_NO_SERVER);
  EXPECT_EQ(failed.flags, uint32_t{WEIR_OUT_CLOSE});
}

TEST(RedisTransaction, AConnectionThatItChangedIsNotUsedAgain) {
  Talk talk(1);
  talk.ask({"MULTI"});
  talk.ask({"CLIENT", "SETNAME", "me"});
  ParsedRequest exec = talk.ask({"EXEC"});
  Connection &server = talk.driver.server();
  weir_expect expect = {};
  expect.cmd = exec.req.cmd;
  expect.user = exec.req.user;
  expect.flags = exec.req.flags;
  server.expects.assign(2, expect);
  EXPECT_EQ(talk.driver.replies(server, "*1\r\n+OK\r\n").list.at(0).rsp.flags, uint32_t{WEIR_RF_CLOSE});
}

TEST(RedisTransaction, ALongReplyOfOneThatChangedItsConnectionIsNotCutOff) {
  Talk talk(1);
  talk.ask({"MULTI"});
  talk.ask({"CLIENT", "SETNAME", "me"});
  ParsedRequest exec = talk.ask({"EXEC"});
  Connection &server = talk.driver.server();
  weir_expect expect = {};
  expect.cmd = exec.req.cmd;
  expect.user = exec.req.user;
  expect.flags = exec.req.flags;
  server.expects.assign(2, expect);
  Replies part = talk.driver.replies(server, "*2\r\n$20000\r\n" + std::string(20000, 'x') + "\r\n");
  ASSERT_EQ(part.list.size(), 1u);
  EXPECT_EQ(int{part.list[0].rsp.kind}, WEIR_RSP_PART);
  EXPECT_EQ(part.list[0].rsp.flags, 0u);  // else the connection would be closed here
  EXPECT_EQ(talk.driver.replies(server, "+OK\r\n").list.at(0).rsp.flags, uint32_t{WEIR_RF_CLOSE});
}

TEST(RedisTransaction, NoSelectReachesAServerWhereThePoolDeniesIt) {
  for (uint32_t servers : {1u, 3u}) {
    Talk talk(servers, {{"select", "deny"}});
    talk.ask({"MULTI"});
    talk.ask({"GET", "a"});
    EXPECT_EQ(talk.answer({"SELECT", "1"}),
              "-ERR 'select' is not supported between WATCH or MULTI and EXEC, nor while subscribed\r\n");
    EXPECT_EQ(talk.answer({"SELECT", "0"}), kLeased);
    EXPECT_EQ(talk.answer({"EXEC"}), kAborted);
    EXPECT_EQ(talk.answer({"SELECT", "1"}).substr(0, 26), "-ERR SELECT is not allowed");
  }
}

TEST(RedisTransaction, WhatConcernsOtherClientsDoesNotReachAServer) {
  for (const Args &args : std::vector<Args>{{"CLIENT", "KILL", "TYPE", "normal"},
                                            {"CLIENT", "LIST"},
                                            {"CLIENT", "TRACKING", "ON"},
                                            {"CLIENT", "UNBLOCK", "7"},
                                            {"CLIENT", "UNPAUSE"}}) {
    Talk talk(1);
    talk.ask({"MULTI"});
    EXPECT_NE(talk.answer(args).find("is not supported inside a transaction"), std::string::npos) << args[1];
    EXPECT_EQ(talk.answer({"EXEC"}), kAborted);
  }
}

TEST(RedisTransaction, AnExecWithArgumentsEndsIt) {
  Talk one(1);
  one.server = 0;
  one.ask({"MULTI"});
  ParsedRequest exec = one.ask({"EXEC", "x"});
  EXPECT_EQ(int{exec.req.route}, WEIR_ROUTE_LEASED);  // the server says what is wrong
  EXPECT_EQ(exec.req.flags, kEnds);
  EXPECT_EQ(int{one.ask({"GET", "a"}).req.route}, WEIR_ROUTE_KEY);
  Talk several;
  several.ask({"MULTI"});
  several.ask({"SET", "a", "1"});
  exec = several.ask({"EXEC", "x"});
  EXPECT_EQ(several.said, kAborted);
  EXPECT_EQ(exec.req.flags, kEnds);
  EXPECT_EQ(int{several.ask({"GET", "a"}).req.route}, WEIR_ROUTE_KEY);
  EXPECT_EQ(several.answer({"MULTI"}), kOk);
  EXPECT_EQ(several.answer({"EXEC", "x"}), kAborted);
  EXPECT_EQ(several.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");
}

TEST(RedisTransaction, ResetForgetsThatAWatchWasLost) {
  Talk talk;
  talk.ask({"WATCH", "a"});
  talk.lose();
  EXPECT_EQ(talk.answer({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(talk.answer({"MULTI"}), kOk);
  EXPECT_EQ(talk.answer({"EXEC"}), "*0\r\n");
}

TEST(RedisTransaction, ResetGivesTheLeaseBackAsItIs) {
  Talk talk;
  talk.ask({"MULTI"});
  talk.ask({"SET", "a", "1"});
  ParsedRequest reset = talk.ask({"RESET"});
  EXPECT_EQ(talk.said, "+RESET\r\n");
  EXPECT_EQ(reset.req.flags & kEnds, kEnds);
  EXPECT_EQ(reset.req.route_arg, WEIR_ALL_LEASES);
  EXPECT_EQ(talk.answer({"EXEC"}), "-ERR EXEC without MULTI\r\n");
}

TEST(RedisTransaction, WhatIsQueuedIsBounded) {
  Talk talk;
  talk.ask({"MULTI"});
  for (int i = 0; i < 1024; ++i) ASSERT_EQ(talk.answer({"PING"}), kQueued);
  EXPECT_EQ(talk.answer({"PING"}).substr(0, 18), "-ERR too many comm");
  EXPECT_EQ(talk.answer({"EXEC"}), kAborted);
  talk.ask({"MULTI"});
  EXPECT_EQ(talk.answer({"ECHO", std::string(60000, 'x')}), kQueued);
  EXPECT_EQ(talk.answer({"ECHO", std::string(6000, 'x')}).substr(0, 18), "-ERR too many comm");
  EXPECT_EQ(talk.answer({"DISCARD"}), kOk);
}

TEST(RedisTransaction, BlockingCommandsDoNotBlockInIt) {
  Talk talk;
  talk.ask({"MULTI"});
  EXPECT_EQ(talk.ask({"BLPOP", "a", "5"}).req.flags, kTakes | WEIR_REQ_PRELUDE);
  EXPECT_EQ(talk.ask({"BLPOP", "a", "5"}).req.flags, 0u);
  EXPECT_EQ(talk.answer({"WAIT", "0", "5"}), kLeased);
}

TEST(RedisTransaction, WhatIsQueuedWithoutAReplyIsQueuedAllTheSame) {
  Talk talk;
  talk.driver.requests(talk.c, resp({"CLIENT", "REPLY", "OFF"}));
  EXPECT_EQ(talk.answer({"MULTI"}), "");
  EXPECT_EQ(talk.answer({"PING"}), "");
  ParsedRequest set = talk.ask({"SET", "a", "1"});
  EXPECT_EQ(set.req.flags & WEIR_REQ_MUTE, uint32_t{WEIR_REQ_MUTE});
  EXPECT_EQ(talk.driver.render(talk.c, set, WEIR_RENDER_PRELUDE, {}).bytes, resp({"MULTI"}) + resp({"PING"}));
}

TEST(RedisTransaction, InlineCommandsToo) {
  Talk talk;
  Requests got = talk.driver.requests(talk.c, "multi\r\nping\r\nset a \"x y\"\r\n");
  ASSERT_EQ(got.list.size(), 3u);
  EXPECT_EQ(talk.driver.reply(talk.c, &got.list[0], WEIR_ERR_NONE).bytes, kOk);
  EXPECT_EQ(talk.driver.reply(talk.c, &got.list[1], WEIR_ERR_NONE).bytes, kQueued);
  EXPECT_EQ(got.list[2].req.flags, kTakes | WEIR_REQ_PRELUDE | WEIR_REQ_RENDER);
  EXPECT_EQ(talk.driver.render(talk.c, got.list[2], WEIR_RENDER_PRELUDE, {}).bytes, resp({"MULTI"}) + "ping\r\n");
}

}  // namespace
}  // namespace weir::test
