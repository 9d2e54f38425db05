// Pipelines: many requests in flight, their replies complete, right and in order.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

using Pipeline = WithWorkers;

std::string value_of(int i, size_t size = 1024) {
  std::string value = "value " + std::to_string(i) + " ";
  while (value.size() < size) value += static_cast<char>('a' + (value.size() * 7 + static_cast<size_t>(i)) % 26);
  return value;
}

TEST_P(Pipeline, TenThousandRequestsWrittenBeforeReadingAnyReply) {
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string requests, replies;
  for (int i = 0; i < 5'000; ++i) {
    std::string key = "key" + std::to_string(i), value = value_of(i);
    requests += resp({"SET", key, value}) + resp({"GET", key});
    replies += kOk + bulk(value);
  }
  client.send(requests);
  EXPECT_TRUE(same(replies, client.read_exactly(replies.size())));
  EXPECT_EQ("+PONG\r\n", client.ask(resp({"PING"})));  // and nothing came besides
}

TEST_P(Pipeline, RepliesKeepTheOrderOfRequestsWhenServersAnswerInAnother) {
  auto number = [](const std::vector<std::string> &args) { return bulk(args.at(1)); };
  FakeServer quick(FakeServer::answering(number));
  FakeServer slow([&](Stream &s) {
    for (;;) {
      std::vector<std::string> first = s.read_request();
      std::string reply = number(first);
      for (char c : reply) {  // in pieces, so that it is always late
        s.send(std::string(1, c));
        std::this_thread::yield();
      }
    }
  });
  Proxy proxy(PoolText().redis().server(quick.address(), "quick").server(slow.address(), "slow"), GetParam());
  Stream client = proxy.connect();
  std::string requests, replies;
  for (int i = 0; i < 500; ++i) {
    requests += resp({"GET", "key" + std::to_string(i)});
    replies += bulk("key" + std::to_string(i));
  }
  client.send(requests);
  EXPECT_TRUE(same(replies, client.read_exactly(replies.size())));
}

TEST_P(Pipeline, EachOfManyClientsSeesOnlyItsOwnValuesInItsOwnOrder) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  const int rounds = slow_build() ? 20 : 100;
  side_by_side(16, [&](int id) {
    Stream client = proxy.connect();
    for (int round = 0; round < rounds; ++round) {
      std::string requests, replies;
      for (int i = 0; i < 20; ++i) {
        std::string key = "client" + std::to_string(id) + ":" + std::to_string(i);
        std::string value = std::to_string(id) + "/" + std::to_string(round) + "/" + std::to_string(i);
        requests += resp({"SET", key, value}) + resp({"GET", key});
        replies += kOk + bulk(value);
      }
      client.send(requests);
      std::string got = client.read_exactly(replies.size());
      ASSERT_TRUE(same(replies, got)) << "client " << id << " round " << round;
    }
  });
}

TEST_P(Pipeline, ManyClientsCountOnOneKeyAndNoIncrementIsLostOrDoubled) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  const int clients = 8, each = 500;
  side_by_side(clients, [&](int) {
    Stream client = proxy.connect();
    std::string requests;
    for (int i = 0; i < each; ++i) requests += resp({"INCR", "counter"});
    client.send(requests);
    long last = 0;
    for (int i = 0; i < each; ++i) {
      long now = atol(client.read_line().c_str() + 1);
      ASSERT_GT(now, last);  // one client's effects keep their order
      last = now;
    }
  });
  EXPECT_EQ(bulk(std::to_string(clients * each)), proxy.connect().ask(resp({"GET", "counter"})));
}

TEST_P(Pipeline, MemcachedRequestsWrittenBeforeReadingAnyReply) {
  Memcacheds servers = memcacheds(2);
  Proxy proxy(memcached_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string requests, replies;
  for (int i = 0; i < 5'000; ++i) {
    std::string key = "key" + std::to_string(i), value = value_of(i, 200);
    requests += mc_set(key, value) + "get " + key + "\r\n";
    replies += "STORED\r\n" + mc_value(key, value) + "END\r\n";
  }
  client.send(requests);
  EXPECT_TRUE(same(replies, client.read_exactly(replies.size())));
}

TEST_P(Pipeline, MixedCommandsOverSeveralServersStayInOrder) {
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string requests, replies;
  for (int i = 0; i < 300; ++i) {
    std::string a = "a" + std::to_string(i), b = "b" + std::to_string(i), n = std::to_string(i);
    requests += resp({"MSET", a, n, b, "B" + n}) + resp({"PING"}) + resp({"MGET", b, a, "none"}) + resp({"GET", a}) +
                resp({"DEL", a, b}) + resp({"MGET", a, b});
    replies += kOk + std::string("+PONG\r\n") + array({bulk("B" + n), bulk(n), kNil}) + bulk(n) + integer(2) +
               array({kNil, kNil});
  }
  client.send(requests);
  EXPECT_TRUE(same(replies, client.read_exactly(replies.size())));
}

TELL_WITH_WORKERS(Pipeline);

}  // namespace
}  // namespace weir::test
