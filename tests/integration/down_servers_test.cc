// on_failure: what becomes of the keys of a server that is down, told with servers that are killed, stopped and
// started.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

constexpr const char *kDown = "-ERR the server is down\r\n";

// A pool whose servers go down at their first failure, for long unless said otherwise.
PoolText failing(PoolText pool, const std::string &policy, int retry_ms = 600'000) {
  return pool.set("on_failure", policy)
      .set("server_failure_limit", "1")
      .set("server_retry_timeout", std::to_string(retry_ms));
}

long long of_pool(const Proxy &proxy, const std::string &number, const std::string &pool = "alpha") {
  return proxy.stats().at(pool).number(number);
}
bool is_up(const Proxy &proxy, const std::string &server) {
  return proxy.stats().at("alpha").at(server).number("server_up") == 1;
}

class DownServers : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
};

TEST_P(DownServers, WithRehashTheirKeysGoToTheOthersLikeWithAutoEjectHosts) {
  Proxy proxy({failing(redis_pool(servers_), "rehash")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  EXPECT_TRUE(is_up(proxy, "s1"));
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "elsewhere"})) == kOk; }));
  EXPECT_EQ(bulk("elsewhere"), client.ask(resp({"GET", key})));
  EXPECT_FALSE(is_up(proxy, "s1"));
  EXPECT_EQ(1, of_pool(proxy, "server_ejects"));
  servers_[1]->start();
}

TEST_P(DownServers, WithFailFastTheirKeysGetAnErrorAtOnceAndNobodyElseNotices) {
  Proxy proxy({failing(redis_pool(servers_), "fail_fast")}, {.workers = GetParam()});
  Stream client = proxy.connect(), other = proxy.connect();
  std::string lost = key_on(client, *servers_[1], "lost"), kept = key_on(client, *servers_[0], "kept");
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == kDown; }));
  EXPECT_EQ(kDown, other.ask(resp({"SET", lost, "y"})));
  EXPECT_EQ(bulk("x"), client.ask(resp({"GET", kept})));
  EXPECT_EQ(integer(1), client.ask(resp({"DEL", kept})));
  EXPECT_THAT(client.ask(resp({"MGET", kept, lost})), StartsWith("-"));
  EXPECT_EQ(2, proxy.stats().at("alpha").at("s0").number("server_up") +
                   proxy.stats().at("alpha").at("s2").number("server_up"));
  EXPECT_FALSE(is_up(proxy, "s1"));
  EXPECT_GE(of_pool(proxy, "refused_down"), 3);
  // Nothing is tried: the server is down for long, and no connection to it is made.
  long long errors = proxy.stats().at("alpha").at("s1").number("server_err");
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(kDown, client.ask(resp({"GET", lost})));
    EXPECT_THAT(client.ask(resp({"MGET", kept, lost})), StartsWith("-"));
    EXPECT_THAT(client.ask(resp({"DBSIZE"})), StartsWith("-"));
  }
  EXPECT_EQ(errors, proxy.stats().at("alpha").at("s1").number("server_err"));
  servers_[1]->start();
}

TEST_P(DownServers, WithFailFastAServerIsTriedAgainAfterItsTimeAndKeepsItsKeys) {
  Proxy proxy({failing(redis_pool(servers_), "fail_fast", 300)}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", key})) == kDown; }));
  servers_[1]->start();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "again"})) == kOk; }));
  EXPECT_EQ(integer(1), servers_[1]->call({"EXISTS", key}));
}

TEST_P(DownServers, WithFailFastAPoolOfOneServerRefusesEverythingThatNeedsIt) {
  RedisServer server;
  PoolText pool;
  pool.redis().server(server.address(), "only");
  Proxy proxy({failing(pool, "fail_fast")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  server.kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "k"})) == kDown; }));
  EXPECT_EQ(kDown, client.ask(resp({"MGET", "a", "b"})));
  EXPECT_EQ(kDown, client.ask(resp({"DBSIZE"})));
  EXPECT_EQ(bulk("here"), client.ask(resp({"ECHO", "here"})));
  server.start();
}

class Failover : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3), spares_ = redis_servers(2);

  std::vector<PoolText> pools(int retry_ms = 600'000) const {
    PoolText own = failing(redis_pool(servers_), "failover", retry_ms);
    own.set("failover_pool", "spare");
    // Names of their own: servers of one name have the same points on ketama's circle, and would get all of it.
    PoolText spare("spare");
    spare.redis().set("hash", "murmur").server(spares_[0]->address(), "t0").server(spares_[1]->address(), "t1");
    return {own, failing(spare, "rehash")};
  }
  bool on_spare(const std::string &key) const {
    return spares_[0]->call({"EXISTS", key}) == integer(1) || spares_[1]->call({"EXISTS", key}) == integer(1);
  }
};

TEST_P(Failover, SendsTheKeysOfAServerThatIsDownToTheSparePool) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect(), of_spare = proxy.connect(1);
  std::string key = key_on(client, *servers_[1]), kept = key_on(client, *servers_[0], "kept");
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "spared"})) == kOk; }));
  EXPECT_EQ(bulk("spared"), client.ask(resp({"GET", key})));
  EXPECT_EQ(bulk("spared"), of_spare.ask(resp({"GET", key}))) << "it lies where the spare pool looks for it";
  EXPECT_TRUE(on_spare(key));
  EXPECT_EQ(bulk("x"), client.ask(resp({"GET", kept})));
  EXPECT_FALSE(on_spare(kept));
  EXPECT_GE(of_pool(proxy, "failed_over"), 2);
  EXPECT_EQ(0, of_pool(proxy, "failed_over", "spare"));
  servers_[1]->start();
}

TEST_P(Failover, SplitsARequestOverBothPools) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string lost = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == "$-1\r\n"; }));
  std::vector<std::string> set{"MSET"}, get{"MGET"};
  std::string wanted = "*300\r\n";
  for (int i = 0; i < 300; ++i) {
    std::string key = "many" + std::to_string(i), value = "value" + std::to_string(i);
    set.push_back(key);
    set.push_back(value);
    get.push_back(key);
    wanted += bulk(value);
  }
  EXPECT_EQ(kOk, client.ask(resp(set)));
  EXPECT_TRUE(same(wanted, client.ask(resp(get))));
  for (const auto &spare : spares_) EXPECT_NE(integer(0), spare->call({"DBSIZE"}));
  get[0] = "DEL";
  EXPECT_EQ(integer(300), client.ask(resp(get)));
  for (const auto &spare : spares_) EXPECT_EQ(integer(0), spare->call({"DBSIZE"}));
  servers_[1]->start();
}

TEST_P(Failover, SplitsAVeryLargeRequestOverBothPools) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string lost = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == "$-1\r\n"; }));
  constexpr int kKeys = 10'000;
  std::vector<std::string> set{"MSET"}, get{"MGET"};
  std::string wanted = "*" + std::to_string(kKeys) + "\r\n";
  for (int i = 0; i < kKeys; ++i) {
    std::string key = "many" + std::to_string(i), value = std::to_string(i);
    set.push_back(key);
    set.push_back(value);
    get.push_back(key);
    wanted += bulk(value);
  }
  EXPECT_EQ(kOk, client.ask(resp(set)));
  EXPECT_TRUE(same(wanted, client.ask(resp(get))));
  for (const auto &spare : spares_) EXPECT_NE(integer(0), spare->call({"DBSIZE"}));
  servers_[1]->start();
}

TEST_P(Failover, KeepsTheOrderOfRepliesFromBothPools) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string lost = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == "$-1\r\n"; }));
  side_by_side(8, [&](int who) {
    Stream mine = proxy.connect();
    std::string asked, wanted;
    for (int i = 0; i < 500; ++i) {
      std::string value = std::to_string(who) + "-" + std::to_string(i);
      asked += resp({"SET", value, value}) + resp({"GET", value});
      wanted += kOk + bulk(value);
    }
    mine.send(asked);
    EXPECT_TRUE(same(wanted, mine.read_exactly(wanted.size())));
  });
  servers_[1]->start();
}

TEST_P(Failover, EndsWhenTheServerIsTriedAgain) {
  Proxy proxy(pools(300), {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "spared"})) == kOk; }));
  servers_[1]->start();
  EXPECT_TRUE(eventually([&] {
    client.ask(resp({"SET", key, "home"}));
    return servers_[1]->call({"EXISTS", key}) == integer(1);
  }));
  EXPECT_EQ(bulk("home"), client.ask(resp({"GET", key})));
}

TEST_P(Failover, OutlivesThatAllServersAreDownAndThenSomeOfTheSpares) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect();
  for (const auto &server : servers_) server->kill();
  for (int i = 0; i < 30; ++i) {
    std::string key = "k" + std::to_string(i);
    EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "v"})) == kOk; })) << key;
  }
  EXPECT_EQ(3, of_pool(proxy, "server_ejects"));
  EXPECT_EQ(integer(30), client.ask(resp({"DBSIZE"})));
  spares_[0]->kill();
  for (int i = 0; i < 30; ++i) {
    std::string key = "k" + std::to_string(i);
    EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", key, "v"})) == kOk; })) << key;
  }
  EXPECT_EQ(integer(30), spares_[1]->call({"DBSIZE"}));
  spares_[1]->kill();
  EXPECT_TRUE(eventually([&] {
    return of_pool(proxy, "server_ejects", "spare") == 2 || client.ask(resp({"GET", "k1"})).empty();
  }));
  EXPECT_THAT(client.ask(resp({"GET", "k1"})), StartsWith("-"));
  EXPECT_THAT(client.ask(resp({"MGET", "k1", "k2", "k3"})), StartsWith("-"));
  EXPECT_THAT(client.ask(resp({"DBSIZE"})), StartsWith("-"));
  EXPECT_EQ("+PONG\r\n", client.ask(resp({"PING"})));
}

TEST_P(Failover, AClientHearsOfAServerOfTheSparePoolThatWentDownWhenItMayAskAgain) {
  Proxy proxy(pools(), {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string lost = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == "$-1\r\n"; }));
  // Its keys on one of the spare servers, which goes away, too.
  std::vector<std::string> keys;
  for (int i = 0; keys.size() < 20; ++i) {
    std::string key = "both" + std::to_string(i);
    EXPECT_EQ(kOk, client.ask(resp({"SET", key, "x"})));
    if (spares_[0]->call({"EXISTS", key}) == integer(1)) keys.push_back(key);
  }
  spares_[0]->kill();
  int errors = 0;
  for (const std::string &key : keys) errors += client.ask(resp({"GET", key})).starts_with("-");
  EXPECT_LE(errors, 1) << "the one that found out";
  for (const std::string &key : keys) EXPECT_EQ("$-1\r\n", client.ask(resp({"GET", key})));
  servers_[1]->start();
}

TEST_P(Failover, GivesTheServerItsKeysBackByAndBy) {
  std::vector<PoolText> both = pools();
  both[0]
      .set("slow_start", "100h")
      .set("health_check",
           "{interval: 50ms, rise: 1, fall: 1, timeout: " + std::to_string(scaled(milliseconds(1000)).count()) + "}");
  Proxy proxy(both, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::vector<std::string> keys;
  for (int i = 0; i < 10; ++i) keys.push_back(key_on(client, *servers_[1], "slow" + std::to_string(i) + "-"));
  servers_[1]->pause();
  EXPECT_TRUE(eventually([&] { return !is_up(proxy, "s1"); }));
  for (const std::string &key : keys) EXPECT_EQ(kOk, client.ask(resp({"SET", key, "spared"})));
  servers_[1]->resume();
  EXPECT_TRUE(eventually([&] { return is_up(proxy, "s1"); }));
  for (const std::string &key : keys) EXPECT_EQ(bulk("spared"), client.ask(resp({"GET", key})));
}

TEST(FailoverOfMemcached, SplitsAGetOverBothPools) {
  Memcacheds servers = memcacheds(2), spares = memcacheds(1);
  PoolText spare("spare");
  spare.server(spares[0]->address(), "t0");
  Proxy proxy({failing(memcached_pool(servers), "failover").set("failover_pool", "spare"), spare}, {});
  Stream client = proxy.connect();
  servers[1]->kill();
  auto set = [&](const std::string &key) {
    client.send("set " + key + " 0 0 1\r\nx\r\n");
    return client.read_line() == "STORED";
  };
  std::string keys, wanted;
  for (int i = 0; i < 50; ++i) {
    std::string key = "key" + std::to_string(i);
    EXPECT_TRUE(eventually([&] { return set(key); }));
    keys += " " + key;
    wanted += "VALUE " + key + " 0 1\r\nx\r\n";
  }
  client.send("get" + keys + "\r\n");
  EXPECT_EQ(wanted + "END\r\n", client.read_exactly(wanted.size() + 5));
  EXPECT_GT(of_pool(proxy, "failed_over"), 0);
  EXPECT_THAT(spares[0]->call("stats\r\n"), testing::Not(HasSubstr("STAT curr_items 0\r")));
  EXPECT_THAT(servers[0]->call("stats\r\n"), testing::Not(HasSubstr("STAT curr_items 0\r")));
}

TELL_WITH_WORKERS(DownServers);
TELL_WITH_WORKERS(Failover);

}  // namespace
}  // namespace weir::test
