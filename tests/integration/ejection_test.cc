// auto_eject_hosts: a failing server leaves the ring, its keys move as if it were not in the configuration, and it
// comes back after server_retry_timeout.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Ejection : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);

  PoolText pool(const std::string &distribution, int retry_ms, int limit) const {
    PoolText text = named(distribution, {0, 1, 2});
    return text.set("auto_eject_hosts", "true")
        .set("server_retry_timeout", std::to_string(retry_ms))
        .set("server_failure_limit", std::to_string(limit));
  }
  PoolText named(const std::string &distribution, const std::vector<size_t> &which) const {
    PoolText text;
    text.redis().set("hash", "murmur").set("distribution", distribution);
    for (size_t i : which) text.server(servers_[i]->address(), "s" + std::to_string(i));
    return text;
  }
  static long long ejects(const Proxy &proxy) { return proxy.stats().at("alpha").number("server_ejects"); }
};

TEST_P(Ejection, MovesKeysAsIfTheServerWereNotConfigured) {
  for (const char *distribution : {"ketama", "modula"}) {
    Proxy proxy({pool(distribution, 600'000, 1)}, {.workers = GetParam()});
    Stream client = proxy.connect();
    std::string lost = key_on(client, *servers_[1], "lost");
    servers_[1]->kill();
    EXPECT_TRUE(eventually([&] { return !client.ask(resp({"SET", lost, "x"})).starts_with("-"); })) << distribution;
    Proxy smaller(named(distribution, {0, 2}));
    Stream wanted = smaller.connect();
    for (int i = 0; i < 200; ++i) {
      std::string key = "moved" + std::to_string(i);
      EXPECT_EQ(kOk, wanted.ask(resp({"SET", key, distribution})));
      EXPECT_EQ(bulk(distribution), client.ask(resp({"GET", key}))) << key;
    }
    EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("server_ejects") == 1; }));
    EXPECT_GT(proxy.stats().at("alpha").at("s1").number("server_ejected_at"), 1'000'000'000'000'000LL);
    servers_[1]->start();
  }
}

TEST_P(Ejection, EndsAfterTheRetryTimeout) {
  Proxy proxy({pool("modula", 500, 1)}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "elsewhere"})) == kOk; }));
  servers_[1]->start();
  EXPECT_TRUE(eventually([&] {
    client.ask(resp({"SET", key, "home"}));
    return servers_[1]->call({"EXISTS", key}) == integer(1);
  }));
  EXPECT_EQ(bulk("home"), client.ask(resp({"GET", key})));
}

TEST_P(Ejection, WaitsForAsManyFailuresAsTheLimitSays) {
  Proxy proxy({pool("modula", 600'000, 3)}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  int failures = 0;
  EXPECT_TRUE(eventually([&] {
    bool failed = client.ask(resp({"GET", key})).starts_with("-");
    failures += failed;
    return !failed;
  }));
  // The loss of the idle connection may count as the first.
  EXPECT_GE(failures, 2);
  EXPECT_LE(failures, 3);
}

TEST_P(Ejection, DoesNotHappenUnlessAskedFor) {
  Proxy proxy({named("modula", {0, 1, 2}).set("server_failure_limit", "1")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", key})).starts_with("-"); }));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(client.ask(resp({"GET", key})), StartsWith("-"));
  EXPECT_EQ(0, ejects(proxy));
}

TEST_P(Ejection, OfAllServersLeavesAnErrorUntilOneIsTriedAgain) {
  Proxy proxy({pool("ketama", 500, 1)}, {.workers = GetParam()});
  Stream client = proxy.connect();
  for (const auto &s : servers_) s->kill();
  EXPECT_TRUE(proxy.stats_reach([&](const Json &s) {
    for (int i = 0; i < 10; ++i) {
      EXPECT_THAT(client.ask(resp({"GET", "key" + std::to_string(i)})), StartsWith("-"));
    }
    return s.at("alpha").number("server_ejects") >= 3;
  }));
  for (const auto &s : servers_) s->start();
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "key" + std::to_string(i), "v"})) == kOk; }));
  }
}

TEST_P(Ejection, OfAHangingServerFollowsItsTimeouts) {
  Proxy proxy({pool("modula", 600'000, 1).set("timeout", std::to_string(scaled(milliseconds(300)).count()))},
              {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->pause();
  EXPECT_THAT(client.ask(resp({"GET", key})), StartsWith("-"));
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "elsewhere"})) == kOk; }));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").at("s1").number("server_timedout") >= 1; }));
}

TELL_WITH_WORKERS(Ejection);

}  // namespace
}  // namespace weir::test
