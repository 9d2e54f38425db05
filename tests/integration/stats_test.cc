// The statistics: twemproxy's shape to the byte, and numbers that add up.
#include <regex>

#include "core/base/stats.h"
#include "tests/integration/story.h"

namespace weir::test {
namespace {

// What is left of a stats page when numbers, host and version are taken out, and what twemproxy does not count.
std::string shape(const std::string &page) {
  std::string masked = std::regex_replace(page, std::regex("\"(source|version)\":\"[^\"]*\""), "\"$1\":\"*\"");
  masked = std::regex_replace(masked, std::regex(":[0-9]+"), ":0");
  auto drop = [&masked](const Metric &metric) {
    masked = std::regex_replace(masked, std::regex(", \"" + std::string(metric.name) + "\":0"), "");
  };
  for (size_t i = kTwemproxysPoolMetrics; i < kPoolMetricCount; ++i) drop(kPoolMetrics[i]);
  for (size_t i = kTwemproxysServerMetrics; i < kServerMetricCount; ++i) drop(kServerMetrics[i]);
  return masked;
}

class Stats : public WithWorkers {
 protected:
  static const Json &server(const Json &page, const std::string &name) { return page.at("alpha").at(name); }
  static long long over(const Json &page, const std::string &field) {
    return server(page, "s0").number(field) + server(page, "s1").number(field);
  }
};

TEST_P(Stats, HaveTwemproxysShapeToTheByte) {
  SKIP_WITHOUT_TWEMPROXY();
  RedisServers servers = redis_servers(3);
  std::vector<PoolText> pools;
  for (const char *name : {"gamma", "b", "alpha", "aa"}) pools.push_back(PoolText(name).redis().servers(servers));
  pools.push_back(PoolText("named").redis());
  for (size_t i = 0; i < 3; ++i) {
    pools.back().server(servers[i]->address(), std::vector<std::string>{"zeta", "eta", "a-long-name"}[i]);
  }
  std::string wanted;
  {
    Proxy old(pools, {.binary = twemproxy_binary()});
    wanted = shape(old.stats_text());
  }
  Proxy proxy(pools, {.workers = GetParam()});
  EXPECT_EQ(wanted, shape(proxy.stats_text()));
}

TEST_P(Stats, CountEachRequestOnceAndEachReplyOnce) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string all;
  long long asked_bytes = 0, answered_bytes = 0;
  for (int i = 0; i < 100; ++i) {
    std::string key = "key" + std::to_string(i), set = resp({"SET", key, "value"}), get = resp({"GET", key});
    all += set + get;
    asked_bytes += static_cast<long long>(set.size() + get.size());
    answered_bytes += static_cast<long long>(std::string(kOk).size() + bulk("value").size());
  }
  client.send(all);
  client.read_replies(200);
  EXPECT_TRUE(
      proxy.stats_reach([](const Json &s) { return over(s, "requests") == 200 && over(s, "responses") == 200; }));
  Json page = proxy.stats();
  EXPECT_EQ(asked_bytes, over(page, "request_bytes"));
  EXPECT_EQ(answered_bytes, over(page, "response_bytes"));
  for (const char *name : {"s0", "s1"}) {
    EXPECT_GT(server(page, name).number("requests"), 0);
    EXPECT_EQ(server(page, name).number("requests"), server(page, name).number("responses"));
    for (const char *gauge : {"in_queue", "in_queue_bytes", "out_queue", "out_queue_bytes"}) {
      EXPECT_EQ(0, server(page, name).number(gauge)) << gauge;
    }
    EXPECT_EQ(0, server(page, name).number("server_err"));
    EXPECT_GE(server(page, name).number("server_connections"), 1);
  }
  EXPECT_EQ(0, page.at("alpha").number("forward_error"));
}

TEST_P(Stats, CountClientsAsTheyComeAndGo) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  auto clients = [](const Json &s) { return s.at("alpha").number("client_connections"); };
  long long total = proxy.stats().number("total_connections");
  {
    Stream one = proxy.connect(), two = proxy.connect(), three = proxy.connect();
    EXPECT_TRUE(proxy.stats_reach([&](const Json &s) { return clients(s) == 3; }));
    EXPECT_EQ(total + 3, proxy.stats().number("total_connections"));
  }
  EXPECT_TRUE(
      proxy.stats_reach([&](const Json &s) { return clients(s) == 0 && s.at("alpha").number("client_eof") == 3; }));
  EXPECT_EQ(total + 3, proxy.stats().number("total_connections"));
  EXPECT_EQ(0, proxy.stats().at("alpha").number("client_err"));
}

TEST_P(Stats, CountWhatWaitsAtAServerThatHangs) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers[0]);
  servers[0]->pause();
  for (int i = 0; i < 5; ++i) client.send(resp({"GET", key}));
  EXPECT_TRUE(proxy.stats_reach(
      [](const Json &s) { return server(s, "s0").number("in_queue") + server(s, "s0").number("out_queue") == 5; }));
  servers[0]->resume();
  client.read_replies(5);
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return server(s, "s0").number("out_queue") == 0; }));
}

TEST_P(Stats, CountServersThatFailTimeOutAndLeave) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("timeout", std::to_string(scaled(milliseconds(300)).count())), GetParam());
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers[0]);
  key_on(client, *servers[1], "other");  // connects it
  servers[0]->pause();
  EXPECT_THAT(client.ask(resp({"GET", key})), StartsWith("-"));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) {
    return server(s, "s0").number("server_timedout") == 1 && s.at("alpha").number("forward_error") == 1;
  }));
  servers[0]->kill();
  servers[1]->kill();
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return server(s, "s1").number("server_eof") >= 1; }));
  EXPECT_THAT(client.ask(resp({"GET", key})), StartsWith("-"));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return server(s, "s0").number("server_err") >= 1; }));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return server(s, "s1").number("server_connections") == 0; }));
}

TEST_P(Stats, CountTheFragmentsOfSplitCommands) {
  SKIP_ON_TWEMPROXY("never counts fragments");
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string one = key_on(client, *servers[0]), two = key_on(client, *servers[1], "other");
  EXPECT_EQ(0, proxy.stats().at("alpha").number("fragments"));
  client.ask(resp({"MGET", one, two, one}));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("fragments") == 2; }));
}

TEST_P(Stats, AreOnePageAConnectionHoweverManyAsk) {
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers), GetParam());
  side_by_side(8, [&](int) {
    for (int i = 0; i < 10; ++i) ASSERT_EQ("nutcracker", proxy.stats().at("service").text);
  });
}

TELL_WITH_WORKERS(Stats);

}  // namespace
}  // namespace weir::test
