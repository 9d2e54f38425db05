// What grows has a bound, and what happens at each: who waits, who hears an error, and that all goes on by itself.
#include <algorithm>
#include <atomic>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Bounds : public WithWorkers {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no such bound"); }
};
TELL_WITH_WORKERS(Bounds);

long memory_kib(Proxy &proxy, const std::string &field) {
  std::string status = read_whole("/proc/" + std::to_string(proxy.process().pid()) + "/status");
  return atol(status.substr(status.find(field + ":") + field.size() + 1).c_str());
}

std::string gets(size_t n, const std::string &key) {
  std::string all;
  for (; n > 0; --n) all += resp({"GET", key});
  return all;
}

TEST_P(Bounds, MaxClientsHoldsForAllPoolsTogetherAndIsFreedByWhoLeaves) {
  RedisServers servers = redis_servers(1);
  Proxy proxy({redis_pool(servers, "one"), redis_pool(servers, "two")},
              {.workers = GetParam(), .top = "max_clients: 3\n"});
  std::vector<Stream> clients;
  for (size_t pool : {0, 1, 1}) {
    clients.push_back(proxy.connect(pool));
    EXPECT_EQ(bulk("here"), clients.back().ask(resp({"ECHO", "here"})));
  }
  for (size_t pool : {0, 1}) {
    Stream fourth = proxy.connect(pool);
    EXPECT_THAT(fourth.read_until_close(), MatchesRegex("-ERR .*client.*\r\n"));
  }
  for (Stream &c : clients) EXPECT_EQ(bulk("here"), c.ask(resp({"ECHO", "here"})));
  clients.pop_back();  // of the second pool: there is room in the first
  EXPECT_TRUE(eventually([&] {
    try {
      return proxy.connect(0).ask(resp({"ECHO", "here"})) == bulk("here");
    } catch (const StreamError &) {
      return false;
    }
  }));
}

TEST_P(Bounds, AnIdleClientIsClosedQuietlyAndOneThatWaitsForAnAnswerIsNot) {
  std::promise<void> answer;
  FakeServer server([&](Stream &s) {
    s.read_request();
    answer.get_future().wait_for(patience() * 2);
    s.send(bulk("late"));
    s.read_until_close();
  });
  PoolText pool;
  Proxy proxy(pool.redis().set("idle_timeout", "1s").server(server.address()), GetParam());
  Stream waiting = proxy.connect();
  waiting.send(resp({"GET", "key"}));
  Stream idle = proxy.connect();
  EXPECT_TRUE(idle.closed_within());
  Stream later = proxy.connect();
  EXPECT_EQ(bulk("here"), later.ask(resp({"ECHO", "here"})));
  EXPECT_TRUE(later.closed_within()) << "looks at clients go on for as long as there are any";
  answer.set_value();
  EXPECT_EQ(bulk("late"), waiting.read_reply());
  EXPECT_TRUE(waiting.closed_within());
}

TEST_P(Bounds, NoMoreRequestsAreAtAServerThanServerInflightAndAllAreAnswered) {
  const int clients = 20, each = slow_build() ? 500 : 3'000, limit = 1'000;
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers).set("server_inflight", std::to_string(limit)), GetParam());
  Stream first = proxy.connect();
  ASSERT_EQ(kOk, first.ask(resp({"SET", "key", "value"})));
  servers[0]->pause();
  std::vector<Stream> asking;
  for (int i = 0; i < clients; ++i) {
    asking.push_back(proxy.connect());
    asking.back().send(gets(static_cast<size_t>(each), "key"));
  }
  auto at_server = [&](const Json &s) {
    const Json &server = s.at("alpha").at("s0");
    return server.number("in_queue") + server.number("out_queue");
  };
  const long long least = std::min(limit, clients * each / 2) * GetParam();  // of each worker's connection
  EXPECT_TRUE(proxy.stats_reach([&](const Json &s) { return at_server(s) >= least; }));
  // One window of one client may go beyond it, and one request of every other.
  EXPECT_LE(at_server(proxy.stats()), (limit + 256 + clients) * GetParam());
  servers[0]->resume();
  std::string all;
  for (int i = 0; i < each; ++i) all += bulk("value");
  for (Stream &client : asking) EXPECT_TRUE(same(all, client.read_exactly(all.size())));
  EXPECT_EQ(bulk("value"), first.ask(resp({"GET", "key"})));
}

TEST_P(Bounds, AServerThatTakesNothingFillsItsQueueAndNoMoreAndIsSentAllOfItLater) {
  const size_t sets = slow_build() ? 20 : 100;
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers).set("server_queue_limit", "4m"), GetParam());
  Stream first = proxy.connect();
  ASSERT_EQ(kOk, first.ask(resp({"SET", "key", "value"})));
  servers[0]->pause();
  std::string value(100'000, 'v'), requests;
  for (size_t i = 0; i < sets; ++i) requests += resp({"SET", "key", value});
  std::vector<std::future<void>> asking;
  std::atomic<size_t> stored{0}, refused{0};
  for (int i = 0; i < 20; ++i) {
    asking.push_back(std::async(std::launch::async, [&] {
      Stream client = proxy.connect();
      std::future<void> sender = std::async(std::launch::async, [&] { client.send(requests); });
      for (size_t n = 0; n < sets; ++n) {
        std::string reply = client.read_reply();
        EXPECT_TRUE(reply == kOk || reply.find("queue is full") != std::string::npos) << reply;
        ++(reply == kOk ? stored : refused);
      }
      sender.get();
    }));
  }
  EXPECT_TRUE(
      proxy.stats_reach([&](const Json &s) { return s.at("alpha").at("s0").number("in_queue_bytes") >= (1 << 20); }));
  Stream other = proxy.connect();
  EXPECT_EQ(bulk("here"), other.ask(resp({"ECHO", "here"}))) << "who does not need the server is served";
  EXPECT_LE(proxy.stats().at("alpha").at("s0").number("in_queue_bytes"), (5 << 20) * GetParam());
  servers[0]->resume();
  for (auto &one : asking) one.get();
  EXPECT_EQ(20 * sets, stored + refused);
  EXPECT_GE(stored, refused) << "clients wait rather than hear errors";
  EXPECT_EQ(kOk, first.ask(resp({"SET", "key", "value"})));
}

TEST_P(Bounds, AtTheMemoryLimitRequestsForServersAreRefusedUntilThereIsRoomAgain) {
  RedisServers servers = redis_servers(1);
  Proxy proxy({redis_pool(servers)}, {.workers = GetParam(), .top = "memory_limit: 8m\n"});
  Stream client = proxy.connect();
  ASSERT_EQ(kOk, client.ask(resp({"SET", "key", std::string(100'000, 'v')})));
  servers[0]->pause();
  std::vector<Stream> asking;
  std::string set = resp({"SET", "key", std::string(1'000'000, 'v')});
  for (int i = 0; i < 40; ++i) {
    asking.push_back(proxy.connect());
    asking.back().send_until_stuck(set, milliseconds(200));
  }
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("forward_error") > 10; }));
  size_t heard = 0;
  EXPECT_TRUE(eventually([&] {
    for (Stream &one : asking) {
      if (one.silent_for(milliseconds(0))) continue;
      EXPECT_THAT(one.read_reply(), HasSubstr("memory_limit is reached"));
      ++heard;
    }
    return heard > 10;
  }));
  EXPECT_EQ(bulk("here"), client.ask(resp({"ECHO", "here"})));
  servers[0]->resume();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "key", "small"})) == kOk; }));
  if (!slow_build()) {
    EXPECT_LT(memory_kib(proxy, "VmHWM"), 60'000);
  }
}

TEST_P(Bounds, ARequestOverTheLimitIsRefusedAndTheConnectionGoesOn) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("request_limit", "64k").set("max_keys", "100"), GetParam());
  Stream client = proxy.connect();
  EXPECT_THAT(client.ask(resp({"SET", "key", std::string(1'000'000, 'v')})), HasSubstr("request_limit"));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", std::string(60'000, 'v')})));
  std::vector<std::string> del = {"DEL"};
  for (int i = 0; i < 100; ++i) del.push_back("k" + std::to_string(i));
  EXPECT_EQ(integer(0), client.ask(resp(del)));
  del.push_back("one more");
  EXPECT_THAT(client.ask(resp(del)), HasSubstr("max_keys"));
  EXPECT_EQ(integer(1), proxy.connect().ask(resp({"DEL", "key"})));
}

// Each asks for twenty megabytes and takes nothing of it.
TEST_P(Bounds, TwentyClientsThatNeverReadHoldTheirBoundsAndDisturbNobody) {
  const int greedy = 20;
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("client_output_limit", "1m"), GetParam());
  Stream good = proxy.connect();
  std::string large(64 << 10, 'l');
  ASSERT_EQ(kOk, good.ask(resp({"SET", "large", large})));
  ASSERT_EQ(kOk, good.ask(resp({"SET", "small", "value"})));
  std::vector<Stream> all;
  for (int i = 0; i < greedy; ++i) {
    all.push_back(proxy.connect());
    all.back().set_receive_buffer(4'096);
    all.back().send(gets(300, "large"));
  }
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(bulk("value"), good.ask(resp({"GET", "small"})));
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(same(bulk(large), good.ask(resp({"GET", "large"}))));
  if (!slow_build()) {
    EXPECT_LT(memory_kib(proxy, "VmHWM"), 20'000 + greedy * 1'100) << "of 400,000 KiB asked for";
  }
}

}  // namespace
}  // namespace weir::test
