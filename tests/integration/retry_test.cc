// Connections to servers that are lost: what is asked again, what a client hears of it, and how often weir connects.
#include <array>
#include <atomic>
#include <thread>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Retry : public WithWorkers {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("sends nothing again"); }
  static PoolText reads(const RedisServers &servers) { return redis_pool(servers).set("retry", "reads"); }
  static long long retries(const Proxy &proxy, const std::string &server = "s0") {
    return proxy.stats().at("alpha").at(server).number("retries");
  }
  static long long connects(const RedisServer &server) { return std::stoll(server.info("total_connections_received")); }
  // Every connection to the server is cut, except the one that says so.
  static void cut(const RedisServer &server) { server.call({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}); }
};

// A server that takes a request and hangs up, as one does that is ended, or that had closed before the request came.
TEST_P(Retry, OfAReadIsNotSeenByItsClient) {
  std::atomic<int> connections{0};
  FakeServer server([&](Stream &s) {
    bool first = ++connections == 1;
    for (;;) {
      std::string key = s.read_request().at(1);
      if (first) return;
      s.send(bulk("for " + key));
    }
  });
  PoolText pool;
  Proxy proxy(pool.redis().set("retry", "reads").server(server.address(), "s0"), 1);
  Stream client = proxy.connect();
  EXPECT_EQ(bulk("for key"), client.ask(resp({"GET", "key"})));
  EXPECT_EQ(1, retries(proxy));
  EXPECT_EQ(2, server.accepted());
}

TEST_P(Retry, OfAWriteDoesNotHappenNorOfAReadUnlessAskedFor) {
  for (const char *policy : {"reads", "unsent"}) {
    std::atomic<int> requests{0};
    FakeServer server([&](Stream &s) {
      s.read_request();
      ++requests;
    });
    PoolText pool;
    Proxy proxy(pool.redis().set("retry", policy).server(server.address(), "s0"), 1);
    Stream client = proxy.connect();
    bool reads = std::string_view(policy) == "reads";
    EXPECT_THAT(client.ask(reads ? resp({"INCR", "key"}) : resp({"GET", "key"})), StartsWith("-ERR"));
    EXPECT_EQ(0, retries(proxy));
    EXPECT_EQ(1, requests) << policy;
  }
}

// Connections are cut all the time. Every client counts on a key of its own: what it reads must be what it wrote last,
// or what it wrote when it was told that it does not know whether that was done.
TEST_P(Retry, ClientsThatReadSeeNoErrorWhileConnectionsAreCutAndNoReplyIsAnothers) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(reads(servers), GetParam());
  constexpr int kClients = 4, kCuts = 30;
  std::array<std::atomic<int>, kClients> asked{};
  std::atomic<int> cuts{0};
  // From one cut to the next each client gets answers: a request is cut off at most once.
  std::thread saboteur([&] {
    for (; cuts < kCuts; ++cuts) {
      cut(*servers[static_cast<size_t>(cuts) % 2]);
      std::array<int, kClients> before{};
      std::copy(asked.begin(), asked.end(), before.begin());
      eventually([&] {
        bool all = true;
        for (size_t i = 0; i < kClients; ++i) all &= asked[i] >= before[i] + 2;
        return all;
      });
    }
  });
  std::atomic<int> lost_writes{0};
  side_by_side(kClients, [&](int me) {
    Stream client = proxy.connect();
    std::string key = "count" + std::to_string(me), known = kNil;
    for (int i = 1; cuts < kCuts; ++i) {
      std::string value = std::to_string(me) + ":" + std::to_string(i);
      bool written = client.ask(resp({"SET", key, value})) == kOk;
      lost_writes += written ? 0 : 1;
      if (written) known = bulk(value);
      ++asked[static_cast<size_t>(me)];
      std::string read = client.ask(resp({"GET", key}));
      ++asked[static_cast<size_t>(me)];
      if (!written && read == bulk(value)) known = read;
      EXPECT_EQ(known, read) << "client " << me << ", " << i;
    }
  });
  saboteur.join();
  EXPECT_LE(lost_writes, kCuts * kClients);
  EXPECT_GT(retries(proxy, "s0") + retries(proxy, "s1"), 0);
}

TEST_P(Retry, AServerThatDiesIsNotSeenByReadsWhereItIsEjected) {
  RedisServers servers = redis_servers(3);
  PoolText pool = reads(servers).set("auto_eject_hosts", "true").set("distribution", "modula");
  Proxy proxy(pool.set("server_retry_timeout", "600000"), GetParam());
  Stream client = proxy.connect(), busy = servers[1]->connect();
  std::string key = key_on(client, *servers[1]);
  busy.send(resp({"EVAL", "while true do end", "0"}));  // it answers nobody any more
  std::string many;
  for (int i = 0; i < 50; ++i) many += resp({"GET", key});
  client.send(many);
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").at("s1").number("out_queue") >= 50; }));
  servers[1]->kill();
  int missing = 0;
  for (int i = 0; i < 50; ++i) {
    std::string reply = client.read_reply();
    EXPECT_FALSE(reply.starts_with("-")) << i << ": " << reply;
    missing += reply == kNil ? 1 : 0;
  }
  EXPECT_EQ(50, missing);
  EXPECT_EQ(1, proxy.stats().at("alpha").number("server_ejects"));
}

// ---- how often weir connects
// ---------------------------------------------------------------------------------------

class Churn : public Retry {};

// memcached and redis close connections that are idle for a while; weir opens them when they are needed, quietly.
TEST_P(Churn, AnIdleConnectionThatWasClosedIsReopenedWithoutAFailure) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers).set("auto_eject_hosts", "true").set("server_failure_limit", "1");
  Proxy proxy(pool, 1);
  Stream client = proxy.connect();
  long long before = connects(*servers[0]);
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(kOk, client.ask(resp({"SET", "key", std::to_string(i)})));
    cut(*servers[0]);
    EXPECT_TRUE(proxy.stats_reach([&](const Json &s) {
      const Json &server = s.at("alpha").at("s0");
      return server.number("server_eof") == i && server.number("server_connections") == 0;
    }));
  }
  EXPECT_EQ(0, proxy.stats().at("alpha").number("server_ejects"));
  EXPECT_EQ(0, proxy.stats().at("alpha").at("s0").number("server_err"));
  // Each call of the test is a connection, too: one to cut and one to ask.
  EXPECT_EQ(before + 5 + 5 + 1, connects(*servers[0]));
}

// How many sockets of this machine wait out their time with this port at the other end.
int time_waits(uint16_t port) {
  std::string table = read_whole("/proc/net/tcp");
  char wanted[16];
  snprintf(wanted, sizeof wanted, ":%04X 06", port);
  int n = 0;
  for (size_t at = 0; (at = table.find(wanted, at)) != std::string::npos; at += sizeof wanted - 1) ++n;
  return n;
}

TEST_P(Churn, LoadOverAServerThatIsDownOpensFewConnections) {
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers), GetParam());
  Clock::time_point start = Clock::now();
  EXPECT_EQ(kOk, proxy.connect().ask(resp({"SET", "key", "v"})));
  servers[0]->kill();
  side_by_side(4, [&](int) {
    Stream client = proxy.connect();
    for (int i = 0; i < 500; ++i) ASSERT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR"));
  });
  long long tries = proxy.stats().at("alpha").at("s0").number("server_err");
  auto lasted = std::chrono::duration_cast<milliseconds>(Clock::now() - start).count();
  // From the sixth on it is 250 ms and more from one to the next, a worker.
  EXPECT_LE(tries, GetParam() * (8 + lasted / 160)) << "in " << lasted << " ms";
  servers[0]->start();
  Stream client = proxy.connect();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "key", "v"})) == kOk; }));
}

TEST_P(Churn, RestartsIdleClosesAndEjectionsPileUpNoSockets) {
  RedisServers servers = redis_servers(2);
  PoolText pool = reads(servers).set("auto_eject_hosts", "true").set("server_retry_timeout", "50");
  Proxy proxy(pool, GetParam());
  std::atomic<bool> over{false};
  std::vector<std::thread> load;
  for (int me = 0; me < 4; ++me) {
    load.emplace_back([&, me] {
      Stream client = proxy.connect();
      std::string key = "key" + std::to_string(me);
      while (!over) client.ask(resp({"SET", key, "v"})), client.ask(resp({"GET", key}));
    });
  }
  Stream client = proxy.connect();
  auto served = [&] {
    return eventually([&] {
      bool all = true;
      for (int i = 0; i < 20; ++i) all &= client.ask(resp({"SET", "k" + std::to_string(i), "v"})) == kOk;
      return all;
    });
  };
  constexpr int kRounds = 5;
  int cuts = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < 4; ++i, ++cuts) cut(*servers[1]);
    servers[0]->kill();
    EXPECT_TRUE(served());
    servers[0]->start();
    EXPECT_TRUE(served());
  }
  over = true;
  for (std::thread &t : load) t.join();
  // What a server closes waits at the server's end, if at all; weir's end would be where the port is the remote one.
  int waiting = time_waits(servers[0]->port()) + time_waits(servers[1]->port());
  // The test's own calls wait there as well: a cut is one connection.
  EXPECT_LE(waiting, cuts + kRounds * (8 + 4 * GetParam()));
  long long opened = proxy.stats().number("total_connections");
  EXPECT_LE(opened, 5 + GetParam() * (2 + cuts + kRounds * 40));
}

TELL_WITH_WORKERS(Retry);
TELL_WITH_WORKERS(Churn);

}  // namespace
}  // namespace weir::test
