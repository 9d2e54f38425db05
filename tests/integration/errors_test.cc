// What is wrong with a request is said to its client, and to nobody else.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class RedisErrors : public testing::Test {
 protected:
  RedisServers servers_ = redis_servers(2);
  Proxy proxy_{redis_pool(servers_)};
  Stream client_ = proxy_.connect();

  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  // Sends what is no request, after one that is.
  std::string last_words(const std::string &broken) {
    Stream client = proxy_.connect();
    client.send(resp({"SET", "before", "1"}) + broken);
    EXPECT_EQ(kOk, client.read_reply()) << "the request before the broken one lost its reply";
    return client.read_until_close();
  }
};

TEST_F(RedisErrors, AnUnknownCommandIsRefusedAndTheConnectionGoesOn) {
  SKIP_ON_TWEMPROXY("closes the connection");
  EXPECT_THAT(ask({"NOSUCHCOMMAND", "a", "b"}), StartsWith("-ERR unknown command"));
  EXPECT_THAT(ask({"NOSUCHCOMMAND"}), StartsWith("-ERR unknown command"));
  EXPECT_EQ("+PONG\r\n", ask({"PING"}));
}

TEST_F(RedisErrors, AWrongNumberOfArgumentsIsRefusedAndTheConnectionGoesOn) {
  SKIP_ON_TWEMPROXY("closes the connection");
  for (const std::vector<std::string> &args : std::vector<std::vector<std::string>>{{"GET"},
                                                                                    {"GET", "a", "b"},
                                                                                    {"SET", "a"},
                                                                                    {"MSET", "a", "1", "b"},
                                                                                    {"MSET"},
                                                                                    {"MGET"},
                                                                                    {"DEL"},
                                                                                    {"HSET", "h", "f"},
                                                                                    {"EVAL", "return 1"}}) {
    EXPECT_THAT(ask(args), StartsWith("-ERR wrong number of arguments")) << args[0];
  }
  EXPECT_EQ("+PONG\r\n", ask({"PING"}));
}

TEST_F(RedisErrors, AServersErrorPassesUnchanged) {
  ask({"SET", "text", "abc"});
  EXPECT_EQ("-ERR value is not an integer or out of range\r\n", ask({"INCR", "text"}));
  EXPECT_EQ("-ERR syntax error\r\n", ask({"SET", "a", "b", "nonsense"}));
  EXPECT_EQ(bulk("abc"), ask({"GET", "text"}));
}

TEST_F(RedisErrors, ErrorsKeepTheirPlaceAmongReplies) {
  SKIP_ON_TWEMPROXY("closes the connection");
  client_.send(resp({"SET", "a", "1"}) + resp({"NOSUCHCOMMAND"}) + resp({"GET", "a"}) + resp({"GET"}) +
               resp({"INCR", "a"}));
  EXPECT_EQ(kOk, client_.read_reply());
  EXPECT_THAT(client_.read_reply(), StartsWith("-ERR unknown command"));
  EXPECT_EQ(bulk("1"), client_.read_reply());
  EXPECT_THAT(client_.read_reply(), StartsWith("-ERR wrong number"));
  EXPECT_EQ(integer(2), client_.read_reply());
}

TEST_F(RedisErrors, WhatIsNoRequestGetsAProtocolErrorThenTheConnectionCloses) {
  SKIP_ON_TWEMPROXY("closes without a word");
  for (const char *broken : {"*1\r\n:5\r\n", "*x\r\n", "*2\r\n$3\r\nGET\r\n$x\r\n", "*2\r\n$3\r\nGET\r\n$-5\r\n",
                             "*99999999999\r\n", "*2\r\n$3\r\nGET\r\n$99999999999\r\n"}) {
    EXPECT_THAT(last_words(broken), MatchesRegex("-ERR Protocol error.*\r\n")) << shown(broken);
  }
}

TEST_F(RedisErrors, OneClientsNonsenseDisturbsNoOther) {
  Stream other = proxy_.connect();
  other.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n");  // half a request
  Stream broken = proxy_.connect();
  broken.send("*1\r\n:5\r\n");
  broken.read_until_close();
  other.send("$1\r\nv\r\n");
  EXPECT_EQ(kOk, other.read_reply());
  EXPECT_EQ(bulk("v"), ask({"GET", "k"}));
}

TEST_F(RedisErrors, InlineCommandsAreServed) {
  SKIP_ON_TWEMPROXY("closes the connection");
  EXPECT_EQ("+PONG\r\n", client_.ask("PING\r\n"));
  EXPECT_EQ(kOk, client_.ask("SET key value\r\n"));
  EXPECT_EQ(bulk("value"), client_.ask("get key\n"));
  EXPECT_EQ(bulk("value"), ask({"GET", "key"}));
}

TEST_F(RedisErrors, QuitAnswersWhatIsPendingAndCloses) {
  client_.send(resp({"SET", "a", "1"}) + resp({"GET", "a"}) + resp({"QUIT"}));
  EXPECT_EQ(kOk + bulk("1"), client_.read_replies(2));
  EXPECT_THAT(client_.read_until_close(), testing::AnyOf(testing::StrEq(""), testing::StrEq(kOk)));
}

class MemcachedErrors : public testing::Test {
 protected:
  Memcacheds servers_ = memcacheds(2);
  Proxy proxy_{memcached_pool(servers_)};
  Stream client_ = proxy_.connect();
  std::string ask(const std::string &request) {
    client_.send(request);
    return client_.read_line();
  }
};

TEST_F(MemcachedErrors, AnUnknownCommandIsRefusedAndTheConnectionGoesOn) {
  SKIP_ON_TWEMPROXY("closes the connection");
  EXPECT_EQ("ERROR", ask("nosuchcommand a b\r\n"));
  EXPECT_EQ("STORED", ask(mc_set("a", "1")));
  EXPECT_EQ("ERROR", ask("get\r\n"));
  EXPECT_EQ("STORED", ask(mc_set("a", "2")));
}

TEST_F(MemcachedErrors, AKeyThatIsTooLongIsRefused) {
  SKIP_ON_TWEMPROXY("closes the connection");
  EXPECT_THAT(ask("get " + std::string(251, 'k') + "\r\n"), StartsWith("CLIENT_ERROR"));
  EXPECT_EQ("STORED", ask(mc_set(std::string(250, 'k'), "1")));
}

TEST_F(MemcachedErrors, DataLongerThanItsLengthIsRefused) {
  SKIP_ON_TWEMPROXY("closes the connection");
  client_.send("set key 0 0 3\r\nabcdef\r\n");
  EXPECT_THAT(client_.read_line(), StartsWith("CLIENT_ERROR bad data chunk"));
}

TEST_F(MemcachedErrors, IncrOfAWordGetsTheServersOwnError) {
  EXPECT_EQ("STORED", ask(mc_set("word", "abc")));
  EXPECT_EQ("CLIENT_ERROR cannot increment or decrement non-numeric value", ask("incr word 1\r\n"));
  EXPECT_EQ("NOT_FOUND", ask("incr none 1\r\n"));
}

}  // namespace
}  // namespace weir::test
