// health_check: servers are asked whether they are well, go down and come back by what they say, and no client's
// request is spent on finding out.
#include <csignal>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

constexpr const char *kDown = "-ERR the server is down\r\n";

// Probed often; down and up after two probes. Requests' failures count as well, and waiting would bring it back at
// once.
PoolText probed(PoolText pool, const std::string &policy = "") {
  if (!policy.empty()) pool.set("on_failure", policy);
  return pool
      .set("health_check",
           "{interval: 50ms, timeout: " + std::to_string(scaled(milliseconds(500)).count()) + ", rise: 2, fall: 2}")
      .set("server_failure_limit", "1")
      .set("server_retry_timeout", "1");
}

bool reaches(const Proxy &proxy, const std::string &server, const std::string &number, long long from) {
  return proxy.stats_reach([&](const Json &s) { return s.at("alpha").at(server).number(number) >= from; });
}
bool goes(const Proxy &proxy, const std::string &server, bool up) {
  return proxy.stats_reach([&](const Json &s) { return s.at("alpha").at(server).number("server_up") == (up ? 1 : 0); });
}
long long of_server(const Proxy &proxy, const std::string &server, const std::string &number) {
  return proxy.stats().at("alpha").at(server).number(number);
}

class Probes : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
};

TEST_P(Probes, TakeAServerDownAndBringItBackWithoutAnyClient) {
  Proxy proxy({probed(redis_pool(servers_), "rehash")}, {.workers = GetParam()});
  for (const char *server : {"s0", "s1", "s2"}) EXPECT_TRUE(reaches(proxy, server, "probes_ok", 3));
  EXPECT_EQ(0, of_server(proxy, "s1", "probes_failed"));
  EXPECT_EQ(0, of_server(proxy, "s1", "requests"));
  servers_[1]->kill();
  EXPECT_TRUE(goes(proxy, "s1", false));
  EXPECT_GE(of_server(proxy, "s1", "probes_failed"), 2);
  EXPECT_EQ(1, proxy.stats().at("alpha").number("server_ejects"));
  EXPECT_TRUE(goes(proxy, "s0", true));
  servers_[1]->start();
  EXPECT_TRUE(goes(proxy, "s1", true));
  EXPECT_THAT(proxy.log(),
              HasSubstr("server s1 is down until probes find it well, after 2 bad probes in a row; 2 of 3"));
  EXPECT_THAT(proxy.log(), HasSubstr("server s1 is used again, after 2 good probes in a row"));
}

TEST_P(Probes, SpareClientsTheErrors) {
  Proxy proxy({probed(redis_pool(servers_), "rehash")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->pause();  // without a timeout a request would wait for ever
  EXPECT_TRUE(goes(proxy, "s1", false));
  EXPECT_EQ(kOk, client.ask(resp({"SET", key, "elsewhere"})));
  EXPECT_EQ(bulk("elsewhere"), client.ask(resp({"GET", key})));
  servers_[1]->resume();
  EXPECT_TRUE(goes(proxy, "s1", true));
  EXPECT_EQ(bulk("x"), client.ask(resp({"GET", key})));
}

TEST_P(Probes, AreTheOnlyWayBackAlsoForAServerThatRequestsTookDown) {
  Proxy proxy({probed(redis_pool(servers_), "fail_fast")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", key})) == kDown; }));
  long long errors = of_server(proxy, "s1", "server_err"), failed = of_server(proxy, "s1", "probes_failed");
  EXPECT_TRUE(proxy.stats_reach([&](const Json &s) {
    EXPECT_EQ(kDown, client.ask(resp({"GET", key})));
    return s.at("alpha").at("s1").number("probes_failed") > failed + 5;
  }));
  EXPECT_EQ(errors, of_server(proxy, "s1", "server_err")) << "a request was spent";
  servers_[1]->start();
  EXPECT_TRUE(goes(proxy, "s1", true));
  EXPECT_EQ("$-1\r\n", client.ask(resp({"GET", key})));
}

TEST_P(Probes, OnlyWatchWhenNothingIsToBeDoneOnFailure) {
  Proxy proxy({probed(redis_pool(servers_))}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->kill();
  EXPECT_TRUE(goes(proxy, "s1", false));
  EXPECT_THAT(client.ask(resp({"GET", key})), testing::AllOf(StartsWith("-"), testing::Ne(kDown)));
  EXPECT_EQ(0, proxy.stats().at("alpha").number("server_ejects"));
  servers_[1]->start();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", key})) == "$-1\r\n"; }));
}

TEST_P(Probes, AskFromOneWorkerOnOneConnection) {
  FakeServer server(FakeServer::answering([](const auto &) { return "+PONG\r\n"; }));
  PoolText pool;
  pool.redis().server(server.address(), "s0");
  Proxy proxy({probed(pool, "fail_fast")}, {.workers = GetParam()});
  EXPECT_TRUE(reaches(proxy, "s0", "probes_ok", 10));
  EXPECT_EQ(1, server.accepted());
}

TEST_P(Probes, FindAServerThatIsLoadingOrBusyUnwellAndSayWhy) {
  std::atomic<int> state{0};
  FakeServer server(FakeServer::answering([&](const auto &) -> std::string {
    const char *answers[] = {"+PONG\r\n", "-LOADING Redis is loading the dataset in memory\r\n",
                             "-BUSY Redis is busy running a script.\r\n",
                             "-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n"};
    return answers[state];
  }));
  PoolText pool;
  pool.redis().server(server.address(), "s0");
  Proxy proxy({probed(pool, "fail_fast")}, {.workers = GetParam()});
  for (int bad : {1, 2, 3}) {
    EXPECT_TRUE(goes(proxy, "s0", true));
    state = bad;
    EXPECT_TRUE(goes(proxy, "s0", false)) << bad;
    state = 0;
  }
  EXPECT_TRUE(goes(proxy, "s0", true));
  for (const char *why : {"LOADING Redis", "BUSY Redis", "MASTERDOWN Link"}) {
    EXPECT_THAT(proxy.log(), HasSubstr("s0: a probe failed: PING: the server said -" + std::string(why)));
  }
}

TEST_P(Probes, OpenAConnectionAnewWhenTheServerClosesIt) {
  FakeServer server([](Stream &client) {
    client.read_request();
    client.send("+PONG\r\n");
  });
  PoolText pool;
  pool.redis().server(server.address(), "s0");
  Proxy proxy({probed(pool, "fail_fast")}, {.workers = GetParam()});
  EXPECT_TRUE(reaches(proxy, "s0", "probes_ok", 5));
  EXPECT_GE(server.accepted(), 5);
  EXPECT_TRUE(goes(proxy, "s0", true));
}

TEST_P(Probes, TakeAnAnswerInPiecesAndNoOtherForOne) {
  FakeServer slow([](Stream &client) {
    while (true) {
      client.read_request();
      for (char c : std::string("+PONG\r\n")) client.send(std::string(1, c));
    }
  });
  FakeServer wrong(FakeServer::answering([](const auto &) { return "$4\r\nPONG\r\n"; }));
  FakeServer rubbish(FakeServer::answering([](const auto &) { return "HTTP/1.1 400 Bad Request\r\n\r\n"; }));
  FakeServer twice(FakeServer::answering([](const auto &) { return "+PONG\r\n+PONG\r\n"; }));
  PoolText pool;
  pool.redis().server(slow.address(), "slow").server(wrong.address(), "wrong");
  pool.server(rubbish.address(), "rubbish").server(twice.address(), "twice");
  Proxy proxy({probed(pool, "rehash")}, {.workers = GetParam()});
  EXPECT_TRUE(goes(proxy, "wrong", false));
  EXPECT_TRUE(goes(proxy, "rubbish", false));
  EXPECT_TRUE(reaches(proxy, "slow", "probes_ok", 5));
  EXPECT_EQ(0, of_server(proxy, "slow", "probes_failed"));
  EXPECT_TRUE(reaches(proxy, "twice", "probes_failed", 1));
}

TEST_P(Probes, LogInLikeOtherConnections) {
  RedisServer guarded({.password = "open"});
  PoolText pool, locked_out("beta");
  pool.redis().set("redis_auth", "open").server(guarded.address(), "s0");
  locked_out.redis().set("redis_auth", "shut").server(guarded.address(), "s0");
  Proxy proxy({probed(pool, "fail_fast"), probed(locked_out, "fail_fast")}, {.workers = GetParam()});
  EXPECT_TRUE(reaches(proxy, "s0", "probes_ok", 3));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("beta").at("s0").number("server_up") == 0; }));
  EXPECT_TRUE(goes(proxy, "s0", true));
  EXPECT_THAT(proxy.log(), HasSubstr("pool beta: server s0: a probe failed: NOAUTH Authentication required"));
}

TEST_P(Probes, OfMemcachedTakeItDownAndBringItBack) {
  Memcacheds servers = memcacheds(2);
  Proxy proxy({probed(memcached_pool(servers), "rehash")}, {.workers = GetParam()});
  EXPECT_TRUE(reaches(proxy, "s0", "probes_ok", 3));
  EXPECT_TRUE(reaches(proxy, "s1", "probes_ok", 3));
  servers[1]->kill();
  EXPECT_TRUE(goes(proxy, "s1", false));
  servers[1]->start();
  EXPECT_TRUE(goes(proxy, "s1", true));
  EXPECT_EQ(0, of_server(proxy, "s0", "probes_failed"));
}

TEST_P(Probes, BringAServerBackWithItsKeysByAndBy) {
  Proxy proxy({probed(redis_pool(servers_), "rehash").set("slow_start", "100h")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::vector<std::string> keys;
  for (int i = 0; i < 20; ++i) keys.push_back(key_on(client, *servers_[1], "slow" + std::to_string(i) + "-"));
  servers_[1]->pause();
  EXPECT_TRUE(goes(proxy, "s1", false));
  for (const std::string &key : keys) EXPECT_EQ(kOk, client.ask(resp({"SET", key, "elsewhere"})));
  servers_[1]->resume();
  EXPECT_TRUE(goes(proxy, "s1", true));
  // In a hundred hours they would all be back; now not one in a million is.
  for (const std::string &key : keys) EXPECT_EQ(bulk("elsewhere"), client.ask(resp({"GET", key})));
  EXPECT_THAT(proxy.log(), HasSubstr("good probes in a row; it gets its keys by and by, for 100h"));
}

TEST_P(Probes, BringAServerBackWithAllItsKeysInTheEnd) {
  Proxy proxy({probed(redis_pool(servers_), "rehash").set("slow_start", "200ms")}, {.workers = GetParam()});
  Stream client = proxy.connect();
  std::string key = key_on(client, *servers_[1]);
  servers_[1]->pause();
  EXPECT_TRUE(goes(proxy, "s1", false));
  EXPECT_EQ("$-1\r\n", client.ask(resp({"GET", key})));
  servers_[1]->resume();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", key})) == bulk("x"); }));
  EXPECT_TRUE(eventually([&] { return proxy.log().find("server s1 has all its keys again") != std::string::npos; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(bulk("x"), client.ask(resp({"GET", key})));
}

TEST(ProbesAtTheEnd, GoOnAsLongAsAnyWorkerHasClients) {
  FakeServer server(FakeServer::answering([](const auto &request) { return request[0] == "PING" ? "+PONG\r\n" : ""; }));
  PoolText pool;
  pool.redis().server(server.address(), "s0");
  Proxy proxy({probed(pool, "fail_fast")}, {.workers = 2});
  EXPECT_TRUE(reaches(proxy, "s0", "probes_ok", 1));
  Stream of_first = proxy.connect();
  EXPECT_EQ(bulk("here"), of_first.ask(resp({"ECHO", "here"})));
  Stream of_second = proxy.connect();
  of_second.send(resp({"GET", "k"}));
  EXPECT_TRUE(eventually([&] { return server.accepted() == 2; }));
  of_first.close();
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 1; }));
  proxy.process().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return server.accepted() == 3; })) << "the worker that is left asks by itself";
  of_second.close();
  proxy.stop();
}

TELL_WITH_WORKERS(Probes);

}  // namespace
}  // namespace weir::test
