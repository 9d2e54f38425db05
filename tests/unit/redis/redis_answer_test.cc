// What the redis plugin answers itself, how it words errors, and how it opens server connections.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Config = FakeHost::Config;

TEST(RedisAnswer, PingEchoQuit) {
  RedisDriver driver;
  EXPECT_EQ(driver.answer(resp({"PING"})), "+PONG\r\n");
  EXPECT_EQ(driver.answer(resp({"ping", "a b"})), "$3\r\na b\r\n");
  EXPECT_EQ(driver.answer("PING \"a\\tb\"\r\n"), "$3\r\na\tb\r\n");
  EXPECT_EQ(driver.answer(resp({"ECHO", ""})), "$0\r\n\r\n");
  EXPECT_EQ(driver.answer(resp({"QUIT"})), "+OK\r\n");
}

TEST(RedisAnswer, ClientNamesBelongToTheConnection) {
  RedisDriver driver;
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$-1\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "SETNAME", "me"})), "+OK\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$2\r\nme\r\n");
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "2", "SETNAME", "you"})).substr(0, 3), "*14");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$3\r\nyou\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "ID"})), ":" + std::to_string(c.id) + "\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "SETINFO", "LIB-NAME", "x"})), "+OK\r\n");
  EXPECT_EQ(driver.answer(c, resp({"RESET"})), "+RESET\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$-1\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "SETNAME", std::string(200, 'x')})),
            "-ERR weir keeps client names of up to 128 bytes; use a shorter one\r\n");
}

const char kNoAuth[] = "-NOAUTH Authentication required.\r\n";
const char kWrongPass[] = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

TEST(RedisAuth, GuardsEveryCommandUntilThePasswordIsGiven) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}});
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"GET", "a"})), kNoAuth);
  EXPECT_EQ(driver.answer(c, "GET a\r\n"), kNoAuth);
  EXPECT_EQ(driver.answer(c, resp({"PING"})), kNoAuth);
  EXPECT_EQ(driver.answer(c, resp({"MULTI"})), kNoAuth);
  EXPECT_EQ(driver.answer(c, resp({"OBJECT", "ENCODING", "a"})), kNoAuth);
  for (const char *wrong : {"", "sekre", "sekret1", "Sekret", "xxxxxx"})
    EXPECT_EQ(driver.answer(c, resp({"AUTH", wrong})), kWrongPass) << wrong;
  EXPECT_EQ(driver.answer(c, resp({"AUTH", "root", "sekret"})), kWrongPass);
  EXPECT_EQ(driver.answer(c, resp({"GET", "a"})), kNoAuth);
  EXPECT_EQ(driver.answer(c, resp({"AUTH", "sekret"})), "+OK\r\n");
  EXPECT_EQ(driver.answer(c, resp({"GET", "a"})), "(forwarded)");
  EXPECT_EQ(driver.answer(resp({"GET", "a"})), kNoAuth);  // another connection
}

TEST(RedisAuth, WhatIsPipelinedBehindThePasswordIsServed) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}});
  EXPECT_EQ(driver.answer(resp({"AUTH", "default", "sekret"}) + resp({"GET", "a"})), "+OK\r\n(forwarded)");
  EXPECT_EQ(driver.answer(resp({"HELLO", "2", "AUTH", "default", "sekret"}) + resp({"GET", "a"})).substr(0, 5),
            "*14\r\n");
  EXPECT_EQ(driver.answer("AUTH \"sek\\x72et\"\r\nGET a\r\n"), "+OK\r\n(forwarded)");
}

TEST(RedisAuth, GuardsAPoolOfOneServerToo) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}}, 1);
  EXPECT_EQ(driver.answer(resp({"GET", "a"})), kNoAuth);
  EXPECT_EQ(driver.answer(resp({"INFO"})), kNoAuth);
  EXPECT_EQ(driver.answer(resp({"DBSIZE"})), kNoAuth);
  EXPECT_EQ(driver.answer(resp({"CONFIG", "GET", "x"})), kNoAuth);
  EXPECT_NE(driver.answer(resp({"CONFIG", "NOSUCH", "x"})), "(forwarded)");
  EXPECT_NE(driver.answer(resp({"NOSUCH", "x"})), "(forwarded)");
  EXPECT_NE(driver.answer(resp({"GET"})), "(forwarded)");
  EXPECT_NE(driver.answer(resp({"EVAL", "x", "y"})), "(forwarded)");
}

TEST(RedisAuth, LargeRequestsNeedThePasswordFirst) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}});
  EXPECT_EQ(driver.answer("*11\r\n"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
  EXPECT_EQ(driver.answer("*1\r\n$20000\r\n"), "-ERR Protocol error: unauthenticated bulk length\r\n");
}

TEST(RedisPolicy, UnsupportedCommandsSayWhyAndTheConnectionGoesOn) {
  RedisDriver driver;
  for (const char *name : {"MONITOR", "SYNC"}) {
    std::string got = driver.answer(resp({name}) + resp({"PING"}));
    EXPECT_NE(got.find("is not supported: "), std::string::npos) << got;
    EXPECT_TRUE(got.ends_with("\r\n+PONG\r\n")) << got;
  }
  EXPECT_NE(driver.answer(resp({"CLIENT", "PAUSE", "9"})).find("'client|pause'"), std::string::npos);
  EXPECT_NE(driver.answer(resp({"SLOWLOG", "GET"})).find("concerns one server"), std::string::npos);
}

TEST(RedisPolicy, AdministrationNeedsPermission) {
  RedisDriver deny(Config{}, 1);
  RedisDriver allow(Config{{"admin_commands", "allow"}}, 1);
  for (const std::vector<std::string> &args : std::vector<std::vector<std::string>>{{"CONFIG", "SET", "a", "b"},
                                                                                    {"DEBUG", "SLEEP", "1"},
                                                                                    {"SHUTDOWN"},
                                                                                    {"REPLICAOF", "no", "one"},
                                                                                    {"BGSAVE"}}) {
    EXPECT_NE(deny.answer(resp(args)).find("admin_commands: allow"), std::string::npos) << args[0];
    EXPECT_EQ(allow.answer(resp(args)), "(forwarded)") << args[0];
  }
}

TEST(RedisPolicy, UnknownCommandsMayBeForwardedByTheirFirstArgument) {
  RedisDriver driver(Config{{"unknown_commands", "forward"}});
  ParsedRequest r = driver.requests(resp({"BF.ADD", "filter", "x"})).list.at(0);
  EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_KEY});
  EXPECT_EQ(r.keys, std::vector<std::string>{"filter"});
  EXPECT_EQ(driver.answer(resp({"BF.X"})), "-ERR unknown command 'BF.X', with args beginning with: \r\n");
}

TEST(RedisPolicy, APoolOfOneServerIsTransparent) {
  RedisDriver driver(Config{}, 1);
  for (const std::vector<std::string> &args : std::vector<std::vector<std::string>>{{"NOSUCH", "a"},
                                                                                    {"GET"},
                                                                                    {"MSET", "a"},
                                                                                    {"EVAL", "x", "9", "a"},
                                                                                    {"INFO"},
                                                                                    {"SCAN", "0"},
                                                                                    {"COMMAND"},
                                                                                    {"COMMAND", "DOCS"},
                                                                                    {"SLOWLOG", "GET"},
                                                                                    {"OBJECT", "NOSUCH"},
                                                                                    {"DBSIZE"},
                                                                                    {"KEYS", "*"},
                                                                                    {"CONFIG", "GET", "x"}}) {
    ParsedRequest r = driver.requests(resp(args)).list.at(0);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_SERVER}) << args[0];
    EXPECT_EQ(r.req.route_arg, 0u);
    EXPECT_TRUE(r.keys.empty());
  }
  for (const std::vector<std::string> &args :
       std::vector<std::vector<std::string>>{{"AUTH", "x"}, {"QUIT"}, {"MONITOR"}, {"HELLO", "3"}})
    EXPECT_NE(driver.answer(resp(args)), "(forwarded)") << args[0];
}

TEST(RedisPolicy, EscapedKeysInInlineCommandsAreRefused) {
  RedisDriver driver;
  EXPECT_NE(driver.answer("GET \"a\\x41\"\r\n").find("use a RESP client"), std::string::npos);
  EXPECT_NE(driver.answer("GET a\"b\"\r\n").find("use a RESP client"), std::string::npos);
}

TEST(RedisError, EveryCauseIsOneLineOfRedisError) {
  RedisDriver driver;
  std::string nasty = std::string("a\r\nb\0c\n", 7) + std::string(8192, 'x');
  for (uint32_t err = WEIR_ERR_TIMEOUT; err <= WEIR_ERR_AUTH; ++err) {
    for (const std::string &text : {std::string(), std::string("Connection refused"), nasty}) {
      std::string bytes = driver.reply(err, text).bytes;
      Replies parsed = driver.replies(bytes);
      ASSERT_EQ(parsed.list.size(), 1u) << err;
      EXPECT_EQ(parsed.list[0].bytes, bytes);
      EXPECT_TRUE(parsed.list[0].rsp.flags & WEIR_RF_ERROR);
      EXPECT_EQ(bytes.find('\0'), std::string::npos);
    }
  }
  EXPECT_EQ(driver.reply(WEIR_ERR_TIMEOUT, "Connection timed out").bytes, "-ERR Connection timed out\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "DENIED by filter").bytes, "-DENIED by filter\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "no").bytes, "-ERR no\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "I say no").bytes, "-ERR I say no\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_CROSS, "").bytes.substr(0, 11), "-CROSSSLOT ");
}

TEST(RedisCommandTable, EveryNameIsFoundInAnyCase) {
  RedisDriver driver;
  for (uint32_t i = 1; i < driver.protocol()->cmd_count; ++i) {
    std::string name = driver.protocol()->cmds[i].name, upper = name;
    for (char &ch : upper) ch = static_cast<char>(std::toupper(ch));
    EXPECT_EQ(driver.requests(resp({upper})).list.at(0).cmd, name);
    EXPECT_EQ(driver.requests(resp({name})).list.at(0).cmd, name);
    EXPECT_EQ(driver.requests(resp({name.substr(0, name.size() - 1) + "."})).list.at(0).cmd, "(other)");
  }
}

TEST(RedisHandshake, AuthGoesBeforeSelectInOneStep) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}, {"redis_db", "3"}});
  Connection &s = driver.server();
  Output first = driver.handshake(s, 0);
  EXPECT_EQ(first.status, WEIR_HS_SENT);
  EXPECT_EQ(first.swallow, 2u);
  EXPECT_EQ(first.bytes, resp({"AUTH", "sekret"}) + resp({"SELECT", "3"}));
  EXPECT_EQ(driver.handshake(s, 1, "+OK\r\n").status, WEIR_HS_SENT);
  EXPECT_EQ(driver.handshake(s, 2, "+OK\r\n").status, WEIR_HS_READY);
}

TEST(RedisHandshake, NothingToSayIsReady) {
  RedisDriver driver;
  Output first = driver.handshake(driver.server(), 0);
  EXPECT_EQ(first.status, WEIR_HS_READY);
  EXPECT_EQ(first.bytes, "");
}

TEST(RedisHandshake, ARefusalNamesTheStepAndNotThePassword) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}, {"redis_db", "3"}});
  Connection &a = driver.server();
  driver.handshake(a, 0);
  Output auth = driver.handshake(a, 1, "-WRONGPASS invalid\r\n");
  EXPECT_EQ(auth.status, WEIR_E_FAIL);
  EXPECT_EQ(auth.error,
            "NOAUTH Authentication required, and redis_auth was refused: the server said -WRONGPASS invalid");
  Connection &b = driver.server();
  driver.handshake(b, 0);
  driver.handshake(b, 1, "+OK\r\n");
  Output select = driver.handshake(b, 2, "-ERR DB index is out of range\r\n");
  EXPECT_EQ(select.error, "ERR redis_db was refused: the server said -ERR DB index is out of range");
}

TEST(RedisHandshake, AServerWithoutAPasswordServesAllTheSame) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}, {"redis_db", "3"}});
  Connection &c = driver.server();
  driver.handshake(c, 0);
  Output auth = driver.handshake(c, 1,
                                 "-ERR AUTH <password> called without any password configured for the default user. "
                                 "Are you sure your configuration is correct?\r\n");
  EXPECT_EQ(auth.status, WEIR_HS_SENT);
  EXPECT_EQ(driver.handshake(c, 2, "+OK\r\n").status, WEIR_HS_READY);
}

TEST(RedisSettings, WrongValuesAreRefusedWithTheKeysName) {
  for (const Config &config : {Config{{"redis_db", "-1"}}, Config{{"redis_db", "x"}}, Config{{"mget_failure", "no"}},
                               Config{{"admin_commands", "yes"}}, Config{{"unknown_commands", "1"}}}) {
    ProtocolDriver driver("redis", "redis", config);
    EXPECT_FALSE(driver.ok());
    EXPECT_NE(driver.why().find(config.begin()->first), std::string::npos) << driver.why();
  }
}

}  // namespace
}  // namespace weir::test
