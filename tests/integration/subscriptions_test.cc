// Subscriptions of clients behind a pool of three servers, and of one.
#include <map>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

std::string confirm(const std::string &word, const std::string &channel, int count) {
  return array({bulk(word), channel.empty() ? kNil : bulk(channel), integer(count)});
}
std::string message(const std::string &channel, const std::string &text) {
  return array({bulk("message"), bulk(channel), bulk(text)});
}

class Subscriptions : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect(), listener_ = proxy_.connect();
  // Channels that live on each of the servers, in turn.
  std::vector<std::string> channels_ = {key_on(client_, *servers_[0]), key_on(client_, *servers_[1]),
                                        key_on(client_, *servers_[2]), key_on(client_, *servers_[0])};
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  std::vector<std::string> to_all(const std::string &word) const {
    std::vector<std::string> args{word};
    args.insert(args.end(), channels_.begin(), channels_.end());
    return args;
  }
  // No server connection is left with a subscription.
  bool nobody_listens() {
    return eventually([&] {
      for (auto &server : servers_)
        if (server->call({"PUBSUB", "CHANNELS"}) != "*0\r\n" || server->call({"PUBSUB", "NUMPAT"}) != integer(0))
          return false;
      return true;
    });
  }
};
TELL_WITH_WORKERS(Subscriptions);

TEST_P(Subscriptions, EveryMessageComesOnceAndInOrder) {
  listener_.send(resp(to_all("SUBSCRIBE")));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(confirm("subscribe", channels_[static_cast<size_t>(i)], i + 1), listener_.read_reply());
  for (int i = 0; i < 100; ++i)
    for (const std::string &channel : channels_) EXPECT_EQ(integer(1), ask({"PUBLISH", channel, std::to_string(i)}));
  std::map<std::string, int> next;
  for (int i = 0; i < 400; ++i) {
    std::string got = listener_.read_reply();
    bool known = false;
    for (const std::string &channel : channels_) {
      if (got != message(channel, std::to_string(next[channel]))) continue;
      ++next[channel];
      known = true;
      break;
    }
    ASSERT_TRUE(known) << got;
  }
  EXPECT_EQ(array({bulk("pong"), bulk("")}), listener_.ask(resp({"PING"})));  // and nothing else came
}

TEST_P(Subscriptions, CountsAreTheClientsOwn) {
  listener_.send(resp(to_all("SUBSCRIBE")));
  for (int i = 1; i <= 4; ++i) EXPECT_THAT(listener_.read_reply(), HasSubstr(integer(i)));
  EXPECT_EQ(confirm("subscribe", channels_[1], 4), listener_.ask(resp({"SUBSCRIBE", channels_[1]})));
  EXPECT_EQ(confirm("psubscribe", "no*", 5), listener_.ask(resp({"PSUBSCRIBE", "no*"})));
  EXPECT_EQ(confirm("unsubscribe", channels_[2], 4), listener_.ask(resp({"UNSUBSCRIBE", channels_[2]})));
  EXPECT_EQ(confirm("unsubscribe", "none", 4), listener_.ask(resp({"UNSUBSCRIBE", "none"})));
  listener_.send(resp({"UNSUBSCRIBE"}));
  for (int i = 3; i >= 1; --i) EXPECT_THAT(listener_.read_reply(), HasSubstr(integer(i)));
  EXPECT_EQ(confirm("unsubscribe", "", 1), listener_.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_EQ(confirm("punsubscribe", "no*", 0), listener_.ask(resp({"PUNSUBSCRIBE"})));
  EXPECT_EQ(confirm("punsubscribe", "", 0), listener_.ask(resp({"PUNSUBSCRIBE"})));
  EXPECT_EQ(bulk("x"), listener_.ask(resp({"GET", channels_[0]})));
  EXPECT_TRUE(nobody_listens());
}

TEST_P(Subscriptions, PatternsHearEveryServerAndShardChannelsTheirOwn) {
  EXPECT_EQ(confirm("psubscribe", "*", 1), listener_.ask(resp({"PSUBSCRIBE", "*"})));
  for (const std::string &channel : channels_) {
    EXPECT_EQ(integer(1), ask({"PUBLISH", channel, "hello"}));
    EXPECT_EQ(array({bulk("pmessage"), bulk("*"), bulk(channel), bulk("hello")}), listener_.read_reply());
  }
  Stream shards = proxy_.connect();
  shards.send(resp({"SSUBSCRIBE", channels_[0], channels_[1]}));
  EXPECT_EQ(confirm("ssubscribe", channels_[0], 1) + confirm("ssubscribe", channels_[1], 2), shards.read_replies(2));
  EXPECT_EQ(integer(1), ask({"SPUBLISH", channels_[1], "hello"}));
  EXPECT_EQ(array({bulk("smessage"), bulk(channels_[1]), bulk("hello")}), shards.read_reply());
  shards.send(resp({"SUNSUBSCRIBE"}));
  EXPECT_THAT(shards.read_reply(), HasSubstr(integer(1)));
  EXPECT_THAT(shards.read_reply(), HasSubstr(integer(0)));
}

TEST_P(Subscriptions, KeyspaceEventsComeFromEveryServer) {
  for (auto &server : servers_) server->call({"CONFIG", "SET", "notify-keyspace-events", "KEA"});
  EXPECT_EQ(confirm("subscribe", "__keyevent@0__:set", 1), listener_.ask(resp({"SUBSCRIBE", "__keyevent@0__:set"})));
  for (const std::string &key : channels_) {
    EXPECT_EQ(kOk, ask({"SET", key, "y"}));
    EXPECT_EQ(message("__keyevent@0__:set", key), listener_.read_reply());
  }
  EXPECT_EQ(confirm("unsubscribe", "__keyevent@0__:set", 0), listener_.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_TRUE(nobody_listens());
}

TEST_P(Subscriptions, ASubscriberMayDoLittleElseUntilItEndsThem) {
  EXPECT_EQ(confirm("subscribe", "a", 1), listener_.ask(resp({"SUBSCRIBE", "a"})));
  EXPECT_EQ(
      "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
      "context\r\n",
      listener_.ask(resp({"GET", "a"})));
  EXPECT_EQ("+RESET\r\n", listener_.ask(resp({"RESET"})));
  EXPECT_EQ(kOk, listener_.ask(resp({"SET", "a", "x"})));
  EXPECT_TRUE(nobody_listens());
  EXPECT_EQ(integer(0), ask({"PUBLISH", "a", "hello"}));
}

TEST_P(Subscriptions, InResp3ASubscriberMayDoEverything) {
  listener_.send(resp({"HELLO", "3"}));
  EXPECT_THAT(listener_.read_reply(), StartsWith("%7"));
  std::string channel = channels_[0];
  std::string push = ">3\r\n" + bulk("message") + bulk(channel) + bulk("me");
  EXPECT_EQ(">3\r\n" + bulk("subscribe") + bulk(channel) + integer(1), listener_.ask(resp({"SUBSCRIBE", channel})));
  EXPECT_EQ(bulk("x"), listener_.ask(resp({"GET", channel})));
  EXPECT_EQ(bulk("x"), listener_.ask(resp({"GET", channels_[1]})));
  EXPECT_EQ(push, listener_.ask(resp({"PUBLISH", channel, "me"})));  // as redis 7.0 does: the message, then the number
  EXPECT_EQ(integer(1), listener_.read_reply());
  EXPECT_EQ("+PONG\r\n", listener_.ask(resp({"PING"})));
  EXPECT_EQ(">3\r\n" + bulk("unsubscribe") + bulk(channel) + integer(0), listener_.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_TRUE(nobody_listens());
}

TEST_P(Subscriptions, AListenerThatLeavesIsForgotten) {
  for (bool abruptly : {false, true}) {
    Stream leaving = proxy_.connect();
    EXPECT_EQ(confirm("psubscribe", "*", 1), leaving.ask(resp({"PSUBSCRIBE", "*"})));
    abruptly ? leaving.reset() : leaving.close();
    EXPECT_TRUE(nobody_listens());
  }
}

TEST_P(Subscriptions, AServerThatDiesClosesItsListenersAndNobodyElse) {
  Stream other = proxy_.connect();
  EXPECT_EQ(confirm("subscribe", channels_[0], 1), listener_.ask(resp({"SUBSCRIBE", channels_[0]})));
  EXPECT_EQ(confirm("subscribe", channels_[1], 1), other.ask(resp({"SUBSCRIBE", channels_[1]})));
  servers_[0]->kill();
  EXPECT_TRUE(listener_.closed_within());
  EXPECT_EQ(integer(1), ask({"PUBLISH", channels_[1], "hello"}));
  EXPECT_EQ(message(channels_[1], "hello"), other.read_reply());
}

TEST_P(Subscriptions, AListenerThatReadsNothingHoldsUpNobody) {
  Stream deaf = proxy_.connect();
  EXPECT_EQ(confirm("subscribe", "a", 1), deaf.ask(resp({"SUBSCRIBE", "a"})));
  EXPECT_EQ(confirm("subscribe", "a", 1), listener_.ask(resp({"SUBSCRIBE", "a"})));
  std::string large(1 << 20, 'x');
  for (int i = 0; i < 60; ++i) {
    EXPECT_THAT(ask({"PUBLISH", "a", large}), StartsWith(":"));
    EXPECT_TRUE(same(message("a", large), listener_.read_reply()));
  }
  EXPECT_EQ(array({bulk("pong"), bulk("")}), listener_.ask(resp({"PING"})));
}

TEST_P(Subscriptions, LargeAndManyMessagesArrive) {
  EXPECT_EQ(confirm("subscribe", "a", 1), listener_.ask(resp({"SUBSCRIBE", "a"})));
  std::string large(1 << 20, 'x');
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(integer(1), ask({"PUBLISH", "a", large}));
    EXPECT_EQ(integer(1), ask({"PUBLISH", "a", "small"}));
  }
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(same(message("a", large) + message("a", "small"), listener_.read_replies(2)));
}

TEST(SubscriptionsOnOneServer, GoWithTransactionsInResp3) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(PoolText("alpha").redis().server(servers[0]->address()));
  Stream through = proxy.connect(), directly = servers[1]->connect();
  through.ask(resp({"HELLO", "3"}));
  directly.ask(resp({"HELLO", "3"}));
  for (const std::vector<std::string> &args : std::vector<std::vector<std::string>>{{"SUBSCRIBE", "a"},
                                                                                    {"WATCH", "k"},
                                                                                    {"UNSUBSCRIBE"},
                                                                                    {"SET", "k", "1"},
                                                                                    {"MULTI"},
                                                                                    {"PING"},
                                                                                    {"EXEC"},
                                                                                    {"SUBSCRIBE", "a"},
                                                                                    {"MULTI"},
                                                                                    {"PING"},
                                                                                    {"EXEC"},
                                                                                    {"WATCH", "k"},
                                                                                    {"UNWATCH"},
                                                                                    {"UNSUBSCRIBE"},
                                                                                    {"PING"}})
    EXPECT_EQ(directly.ask(resp(args)), through.ask(resp(args))) << args[0];
  EXPECT_EQ(kOk, through.ask(resp({"WATCH", "k"})));
  EXPECT_THAT(through.ask(resp({"SUBSCRIBE", "a"})), HasSubstr("either subscriptions or a transaction"));
  EXPECT_EQ(kOk, through.ask(resp({"UNWATCH"})));
  EXPECT_EQ("*0\r\n", servers[0]->call({"PUBSUB", "CHANNELS"}));
}

TEST(SubscriptionsOnOneServer, AreTheServersOwnWordForWord) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(PoolText("alpha").redis().server(servers[0]->address()));
  Stream through = proxy.connect(), directly = servers[1]->connect();
  struct Step {
    std::vector<std::string> args;
    size_t replies = 1;
  };
  for (const Step &step : std::vector<Step>{{{"UNSUBSCRIBE"}},
                                            {{"PUNSUBSCRIBE", "a", "b"}, 2},
                                            {{"SUBSCRIBE"}},
                                            {{"SUBSCRIBE", "a", "b", "a"}, 3},
                                            {{"PSUBSCRIBE", "x*"}},
                                            {{"PING"}},
                                            {{"PING", "x"}},
                                            {{"GET", "a"}},
                                            {{"NOSUCH"}},
                                            {{"GET"}},
                                            {{"CLIENT", "ID"}},
                                            {{"MULTI"}},
                                            {{"SSUBSCRIBE", "s"}},
                                            {{"UNSUBSCRIBE", "a", "zz"}, 2},
                                            {{"UNSUBSCRIBE"}},
                                            {{"SUNSUBSCRIBE"}},
                                            {{"PUNSUBSCRIBE"}},
                                            {{"GET", "a"}},
                                            {{"SUBSCRIBE", "a"}},
                                            {{"RESET"}},
                                            {{"PING"}},
                                            {{"SUBSCRIBE", "a"}},
                                            {{"QUIT"}}}) {
    directly.send(resp(step.args));
    through.send(resp(step.args));
    EXPECT_EQ(directly.read_replies(step.replies), through.read_replies(step.replies)) << step.args[0];
  }
}

}  // namespace
}  // namespace weir::test
