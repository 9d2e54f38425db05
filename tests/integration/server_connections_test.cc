// With several connections to a server, one client's effects still happen in the order it asked for them.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

using ServerConnections = WithWorkers;

TEST_P(ServerConnections, OneClientsEffectsStayInOrder) {
  SKIP_ON_TWEMPROXY("spreads one client's requests over all its connections");
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers).set("server_connections", "4"), GetParam());
  Stream client = proxy.connect();
  const int rounds = slow_build() ? 20 : 200, n = 50;
  for (int round = 0; round < rounds; ++round) {
    std::string requests, replies;
    for (int i = 1; i <= n; ++i) {
      requests += resp({"SET", "k", std::to_string(i)});
      replies += kOk;
    }
    client.send(requests + resp({"GET", "k"}));
    ASSERT_EQ(replies + bulk(std::to_string(n)), client.read_replies(n + 1)) << "round " << round;
  }
}

TEST_P(ServerConnections, EachClientReadsItsOwnWrites) {
  SKIP_ON_TWEMPROXY("spreads one client's requests over all its connections");
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("server_connections", "4"), GetParam());
  side_by_side(8, [&](int id) {
    Stream client = proxy.connect();
    for (int round = 0; round < (slow_build() ? 20 : 200); ++round) {
      std::string key = "client" + std::to_string(id), n = std::to_string(round);
      client.send(resp({"SET", key, n}) + resp({"APPEND", key, "x"}) + resp({"GET", key}) + resp({"DEL", key}) +
                  resp({"GET", key}));
      ASSERT_EQ(kOk + integer(static_cast<long>(n.size()) + 1) + bulk(n + "x") + integer(1) + kNil,
                client.read_replies(5));
    }
  });
}

TEST_P(ServerConnections, AreOpenedUpToTheirNumberAndNotBeyond) {
  std::atomic<int> together{0};
  FakeServer server([&](Stream &s) {  // answers nobody before all four clients have asked, over whatever connections
    for (;;) {
      s.read_request();
      ++together;
      eventually([&] { return together >= 4; });
      s.send(kNil);
    }
  });
  PoolText pool;
  pool.redis().set("server_connections", "4").server(server.address());
  Proxy proxy(pool, 1);
  std::vector<Stream> clients;
  for (int i = 0; i < 4; ++i) clients.push_back(proxy.connect());
  for (Stream &c : clients) c.send(resp({"GET", "k"}));
  for (Stream &c : clients) EXPECT_EQ(kNil, c.read_reply());
  for (int round = 0; round < 20; ++round) {
    for (Stream &c : clients) EXPECT_EQ(kNil, c.ask(resp({"GET", "k"})));
  }
  EXPECT_EQ(4, server.accepted());
}

TEST_P(ServerConnections, AreOneByDefault) {
  FakeServer server(FakeServer::answering([](const auto &) { return kNil; }));
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()), 1);
  side_by_side(8, [&](int) {
    Stream client = proxy.connect();
    for (int i = 0; i < 20; ++i) ASSERT_EQ(kNil, client.ask(resp({"GET", "k"})));
  });
  EXPECT_EQ(1, server.accepted());
}

TEST_P(ServerConnections, OfAPreconnectedPoolAreThereBeforeTheFirstRequest) {
  FakeServer one(FakeServer::silent()), two(FakeServer::silent());
  PoolText pool;
  pool.redis().set("preconnect", "true").server(one.address()).server(two.address());
  Proxy proxy(pool, GetParam());
  EXPECT_TRUE(eventually([&] { return one.accepted() >= 1 && two.accepted() >= 1; }));
}

TELL_WITH_WORKERS(ServerConnections);

}  // namespace
}  // namespace weir::test
