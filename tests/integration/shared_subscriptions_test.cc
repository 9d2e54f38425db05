// Subscriptions with pubsub: shared: all clients of a worker listen over one connection to each server.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

std::string confirm(const std::string &word, const std::string &channel, int count) {
  return array({bulk(word), channel.empty() ? kNil : bulk(channel), integer(count)});
}
std::string message(const std::string &channel, const std::string &text) {
  return array({bulk("message"), bulk(channel), bulk(text)});
}

class SharedSubscriptions : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_).set("protocol", "{use: redis, pubsub: shared}"), GetParam()};
  Stream client_ = proxy_.connect(), listener_ = proxy_.connect();
  std::vector<std::string> channels_ = {key_on(client_, *servers_[0]), key_on(client_, *servers_[1]),
                                        key_on(client_, *servers_[2])};
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  bool nobody_listens() {
    return eventually([&] {
      for (auto &server : servers_)
        if (server->call({"PUBSUB", "CHANNELS"}) != "*0\r\n" || server->call({"PUBSUB", "NUMPAT"}) != integer(0))
          return false;
      return true;
    });
  }
  // How many connections the server has a subscription on.
  int listeners(size_t server, const std::string &channel) {
    std::string reply = servers_[server]->call({"PUBSUB", "NUMSUB", channel});
    return std::stoi(reply.substr(reply.rfind(':') + 1));
  }
};
TELL_WITH_WORKERS(SharedSubscriptions);

TEST_P(SharedSubscriptions, AThousandListenersCostAServerOneConnectionAWorker) {
  std::vector<Stream> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(proxy_.connect());
    all.back().send(resp({"SUBSCRIBE", channels_[0]}));
  }
  for (Stream &one : all) ASSERT_EQ(confirm("subscribe", channels_[0], 1), one.read_reply());
  EXPECT_EQ(GetParam(), listeners(0, channels_[0]));
  EXPECT_EQ(integer(GetParam()), ask({"PUBLISH", channels_[0], "hello"}));
  for (Stream &one : all) ASSERT_EQ(message(channels_[0], "hello"), one.read_reply());
  all.clear();
  EXPECT_TRUE(nobody_listens());
}

TEST_P(SharedSubscriptions, EachHearsWhatItListensToAndCountsItsOwn) {
  Stream other = proxy_.connect();
  listener_.send(resp({"SUBSCRIBE", channels_[0], channels_[1], channels_[0]}));
  EXPECT_EQ(confirm("subscribe", channels_[0], 1) + confirm("subscribe", channels_[1], 2) +
                confirm("subscribe", channels_[0], 2),
            listener_.read_replies(3));
  EXPECT_EQ(confirm("psubscribe", "*", 3), listener_.ask(resp({"PSUBSCRIBE", "*"})));
  EXPECT_EQ(confirm("subscribe", channels_[1], 1), other.ask(resp({"SUBSCRIBE", channels_[1]})));
  ask({"PUBLISH", channels_[1], "a"});
  EXPECT_EQ(message(channels_[1], "a"), other.read_reply());
  std::string both = listener_.read_replies(2);
  EXPECT_THAT(both, HasSubstr(message(channels_[1], "a")));
  EXPECT_THAT(both, HasSubstr(array({bulk("pmessage"), bulk("*"), bulk(channels_[1]), bulk("a")})));
  EXPECT_EQ(confirm("unsubscribe", "none", 3), listener_.ask(resp({"UNSUBSCRIBE", "none"})));
  listener_.send(resp({"UNSUBSCRIBE"}));
  EXPECT_THAT(listener_.read_reply(), HasSubstr(integer(2)));
  EXPECT_THAT(listener_.read_reply(), HasSubstr(integer(1)));
  EXPECT_EQ(array({bulk("pong"), bulk("")}), listener_.ask(resp({"PING"})));
  EXPECT_EQ(confirm("punsubscribe", "*", 0), listener_.ask(resp({"PUNSUBSCRIBE", "*"})));
  EXPECT_EQ(confirm("unsubscribe", "", 0), listener_.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_EQ("+PONG\r\n", listener_.ask(resp({"PING"})));
  ask({"PUBLISH", channels_[1], "b"});
  EXPECT_EQ(message(channels_[1], "b"), other.read_reply());
  EXPECT_EQ("+RESET\r\n", other.ask(resp({"RESET"})));
  EXPECT_EQ(kNil, other.ask(resp({"GET", "nothing"})));
  EXPECT_TRUE(nobody_listens());
}

TEST_P(SharedSubscriptions, BothVersionsOfRespListenEachInItsOwn) {
  listener_.send(resp({"HELLO", "3"}));
  EXPECT_THAT(listener_.read_reply(), StartsWith("%7"));
  Stream old = proxy_.connect();
  EXPECT_EQ(">3\r\n" + bulk("subscribe") + bulk("c") + integer(1), listener_.ask(resp({"SUBSCRIBE", "c"})));
  EXPECT_EQ(confirm("subscribe", "c", 1), old.ask(resp({"SUBSCRIBE", "c"})));
  ask({"PUBLISH", "c", "hello"});
  EXPECT_EQ(">3\r\n" + bulk("message") + bulk("c") + bulk("hello"), listener_.read_reply());
  EXPECT_EQ(message("c", "hello"), old.read_reply());
  EXPECT_EQ(kOk, listener_.ask(resp({"SET", "k", "v"})));
  EXPECT_EQ(">3\r\n" + bulk("unsubscribe") + bulk("c") + integer(0), listener_.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_EQ(">3\r\n" + bulk("unsubscribe") + "_\r\n" + integer(0), listener_.ask(resp({"UNSUBSCRIBE"})));
}

TEST_P(SharedSubscriptions, AServerThatComesBackIsListenedToAgain) {
  EXPECT_EQ(confirm("subscribe", channels_[0], 1), listener_.ask(resp({"SUBSCRIBE", channels_[0]})));
  EXPECT_EQ(confirm("psubscribe", "x*", 2), listener_.ask(resp({"PSUBSCRIBE", "x*"})));
  servers_[0]->kill();
  servers_[0]->start();
  EXPECT_TRUE(eventually([&] { return listeners(0, channels_[0]) == 1; }));
  EXPECT_TRUE(eventually([&] { return servers_[0]->call({"PUBSUB", "NUMPAT"}) == integer(1); }));
  EXPECT_TRUE(eventually([&] { return ask({"PUBLISH", channels_[0], "again"}) == integer(1); }));
  EXPECT_EQ(message(channels_[0], "again"), listener_.read_reply());
}

TEST_P(SharedSubscriptions, LargeMessagesArrive) {
  EXPECT_EQ(confirm("subscribe", "a", 1), listener_.ask(resp({"SUBSCRIBE", "a"})));
  std::string large(1 << 20, 'x');
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(integer(1), ask({"PUBLISH", "a", large}));
    EXPECT_EQ(integer(1), ask({"PUBLISH", "a", "small"}));
    EXPECT_TRUE(same(message("a", large) + message("a", "small"), listener_.read_replies(2)));
  }
}

TEST(SharedSubscriptionsOfOneServer, AreSharedToo) {
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers).set("protocol", "{use: redis, pubsub: shared}"));
  Stream one = proxy.connect(), two = proxy.connect();
  EXPECT_EQ(confirm("subscribe", "a", 1), one.ask(resp({"SUBSCRIBE", "a"})));
  EXPECT_EQ(confirm("psubscribe", "a*", 1), two.ask(resp({"PSUBSCRIBE", "a*"})));
  EXPECT_EQ(integer(2), servers[0]->call({"PUBLISH", "a", "x"}));
  EXPECT_EQ(message("a", "x"), one.read_reply());
  EXPECT_EQ(array({bulk("pmessage"), bulk("a*"), bulk("a"), bulk("x")}), two.read_reply());
  EXPECT_THAT(one.ask(resp({"GET", "a"})), StartsWith("-ERR Can't execute 'get'"));
}

TEST_P(SharedSubscriptions, AListenerToOneServerIsToldWhatIsWrongWithACommand) {
  RedisServers one = redis_servers(1);
  Proxy proxy(redis_pool(one).set("protocol", "{use: redis, pubsub: shared}"));
  Stream client = proxy.connect();
  EXPECT_EQ(confirm("subscribe", "a", 1), client.ask(resp({"SUBSCRIBE", "a"})));
  EXPECT_EQ("-ERR unknown command 'NOSUCH', with args beginning with: \r\n", client.ask(resp({"NOSUCH"})));
  EXPECT_EQ("-ERR wrong number of arguments for 'get' command\r\n", client.ask(resp({"GET"})));
}

}  // namespace
}  // namespace weir::test
