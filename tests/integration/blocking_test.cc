// Commands that a server takes its time with hold up nobody else, and end with their client.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Blocking : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_).set("timeout", "2000"), GetParam()};
  Stream client_ = proxy_.connect();
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  // A list on that server, empty.
  std::string list_on(size_t i) {
    std::string key = key_on(client_, *servers_[i], "list");
    EXPECT_EQ(integer(1), ask({"DEL", key}));
    return key;
  }
  bool blocked_on(size_t i, int n) {
    return eventually([&] { return servers_[i]->info("blocked_clients") == std::to_string(n); });
  }
};
TELL_WITH_WORKERS(Blocking);

TEST_P(Blocking, AnElementThatComesLaterIsGot) {
  std::string list = list_on(0);
  Stream waiting = proxy_.connect();
  waiting.send(resp({"BLPOP", list, "0"}) + resp({"PING"}) + resp({"SET", "after", "x"}));
  ASSERT_TRUE(blocked_on(0, 1));
  EXPECT_EQ(integer(1), ask({"RPUSH", list, "element"}));
  EXPECT_EQ(array({bulk(list), bulk("element")}) + "+PONG\r\n" + kOk, waiting.read_replies(3));
  EXPECT_EQ(integer(0), ask({"LLEN", list}));
}

TEST_P(Blocking, TheServersTimeoutIsTheAnswer) {
  std::string list = list_on(0);
  EXPECT_EQ("*-1\r\n", ask({"BLPOP", list, "0.05"}));
  EXPECT_EQ("*-1\r\n", ask({"BZPOPMIN", list, "0.05"}));
  EXPECT_EQ("*-1\r\n", ask({"BLMPOP", "0.05", "1", list, "LEFT"}));
  EXPECT_EQ("*-1\r\n", ask({"BLMOVE", list, list, "LEFT", "LEFT", "0.05"}));
  EXPECT_EQ("*-1\r\n", ask({"XREAD", "BLOCK", "50", "STREAMS", list, "$"}));
  for (const char *wrong : {"-1", "soon", "1e400"})
    EXPECT_EQ(servers_[0]->call({"BLPOP", list, wrong}), ask({"BLPOP", list, wrong}));
}

TEST_P(Blocking, LongerThanThePoolsOwnTimeoutIsNoFailure) {
  std::string list = list_on(0);
  Proxy hasty(redis_pool(servers_, "hasty").set("timeout", "100"));
  EXPECT_EQ("*-1\r\n", hasty.connect().ask(resp({"BLPOP", list, "0.5"})));
}

TEST_P(Blocking, AHundredThatWaitHoldUpNobody) {
  std::string list = list_on(0), other = key_on(client_, *servers_[0]);
  std::vector<Stream> waiting;
  for (int i = 0; i < 100; ++i) {
    waiting.push_back(proxy_.connect());
    waiting.back().send(resp({"BLPOP", list, "0"}));
  }
  ASSERT_TRUE(blocked_on(0, 100));
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(kOk, ask({"SET", other, std::to_string(i)}));
    EXPECT_EQ(bulk(std::to_string(i)), ask({"GET", other}));
  }
  std::vector<std::string> push{"RPUSH", list};
  for (int i = 0; i < 100; ++i) push.push_back(std::to_string(i));
  EXPECT_EQ(integer(100), ask(push));
  for (Stream &one : waiting) EXPECT_THAT(one.read_reply(), StartsWith("*2\r\n"));
  EXPECT_EQ(integer(0), ask({"LLEN", list}));
}

TEST_P(Blocking, AClientThatLeavesTakesItsRequestAlong) {
  std::string list = list_on(0);
  for (bool abruptly : {false, true}) {
    Stream leaving = proxy_.connect();
    leaving.send(resp({"BLPOP", list, "0"}));
    ASSERT_TRUE(blocked_on(0, 1));
    abruptly ? leaving.reset() : leaving.close();
    ASSERT_TRUE(blocked_on(0, 0));
  }
  EXPECT_EQ(integer(1), ask({"RPUSH", list, "stays"}));
  EXPECT_EQ(integer(1), ask({"LLEN", list}));
}

TEST_P(Blocking, WhatItWroteBeforeIsThereFirst) {
  std::string list = list_on(0);
  client_.send(resp({"RPUSH", list, "a"}) + resp({"BLPOP", list, "0"}) + resp({"RPUSH", list, "b"}) +
               resp({"BRPOP", list, "0"}));
  EXPECT_EQ(integer(1) + array({bulk(list), bulk("a")}) + integer(1) + array({bulk(list), bulk("b")}),
            client_.read_replies(4));
}

TEST_P(Blocking, KeysOfSeveralServersAreRefused) {
  EXPECT_THAT(ask({"BLPOP", list_on(0), list_on(1), "0"}), StartsWith("-CROSSSLOT "));
  EXPECT_EQ("+PONG\r\n", ask({"PING"}));
}

TEST_P(Blocking, InATransactionNothingBlocks) {
  std::string list = list_on(0);
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ("+QUEUED\r\n", ask({"BLPOP", list, "0"}));
  EXPECT_EQ("+QUEUED\r\n", ask({"BLPOP", list, "0"}));
  EXPECT_EQ(array({"*-1\r\n", "*-1\r\n"}), ask({"EXEC"}));
}

TEST_P(Blocking, StreamsWaitForWhatIsAdded) {
  std::string stream = list_on(1);
  Stream waiting = proxy_.connect();
  waiting.send(resp({"XREAD", "BLOCK", "0", "STREAMS", stream, "$"}));
  ASSERT_TRUE(blocked_on(1, 1));
  EXPECT_EQ(bulk("5-1"), ask({"XADD", stream, "5-1", "field", "value"}));
  EXPECT_EQ(array({array({bulk(stream), array({array({bulk("5-1"), array({bulk("field"), bulk("value")})})})})}),
            waiting.read_reply());
}

TEST_P(Blocking, WaitCountsTheReplicasThatAllServersHave) {
  EXPECT_EQ(kOk, ask({"SET", "key", "x"}));
  EXPECT_EQ(integer(0), ask({"WAIT", "0", "100"}));
  EXPECT_EQ(integer(0), ask({"WAIT", "1", "50"}));
  RedisServers replicas;
  std::vector<std::string> of;
  for (auto &server : servers_)
    replicas.push_back(std::make_unique<RedisServer>(
        RedisServer::Options{.more = {"--replicaof", "127.0.0.1", std::to_string(server->port())}}));
  EXPECT_TRUE(eventually([&] {
    return servers_[0]->info("connected_slaves") == "1" && servers_[1]->info("connected_slaves") == "1" &&
           servers_[2]->info("connected_slaves") == "1";
  }));
  EXPECT_TRUE(eventually([&] { return ask({"SET", "key", "y"}) == kOk && ask({"WAIT", "1", "200"}) == integer(1); }));
  replicas.pop_back();
  EXPECT_TRUE(eventually([&] { return servers_[2]->info("connected_slaves") == "0"; }));
  EXPECT_EQ(integer(0), ask({"WAIT", "1", "50"}));
}

}  // namespace
}  // namespace weir::test
