// Servers that die, hang, come back and lie: what clients then hear, and what they never hear.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

using Failure = WithWorkers;

TEST_P(Failure, AKilledServerGivesErrorsAndServesAgainOnceItIsBack) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string dead = key_on(client, *servers[0]), live = key_on(client, *servers[1], "other");
  servers[0]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", dead})).starts_with("-"); }));
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client.ask(resp({"GET", dead})), StartsWith("-"));  // at once, for there is nobody to wait for
    EXPECT_EQ(bulk("x"), client.ask(resp({"GET", live})));
  }
  servers[0]->start();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", dead, "again"})) == kOk; }));
  EXPECT_EQ(bulk("again"), client.ask(resp({"GET", dead})));
}

TEST_P(Failure, NobodyListeningIsSaidQuickly) {
  PoolText pool;
  pool.redis().set("timeout", "60000").server("127.0.0.1:" + std::to_string(free_port()));
  Proxy proxy(pool, GetParam());
  Stream client = proxy.connect();
  Clock::time_point start = Clock::now();
  EXPECT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR Connection refused"));
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(30));  // not after the timeout
  EXPECT_THAT(client.ask(resp({"SET", "key", "v"})), StartsWith("-ERR Connection refused"));
}

TEST_P(Failure, MemcachedClientsHearServerError) {
  PoolText pool;
  pool.server("127.0.0.1:" + std::to_string(free_port()));
  Proxy proxy(pool, GetParam());
  Stream client = proxy.connect();
  client.send("get key\r\n");
  EXPECT_THAT(client.read_line(), StartsWith("SERVER_ERROR Connection refused"));
  client.send(mc_set("key", "v"));
  EXPECT_THAT(client.read_line(), StartsWith("SERVER_ERROR Connection refused"));
}

TEST_P(Failure, OneDeadShardFailsOnlyTheCommandsThatNeedIt) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream client = proxy.connect();
  std::string dead = key_on(client, *servers[0]), live = key_on(client, *servers[1], "other");
  servers[0]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"DEL", dead, live})).starts_with("-"); }));
  EXPECT_THAT(client.ask(resp({"MSET", dead, "1", live, "1"})), StartsWith("-"));
  EXPECT_EQ(array({bulk("1"), bulk("1")}), client.ask(resp({"MGET", live, live})));
  SKIP_ON_TWEMPROXY("closes the connection after a failed MGET");
  EXPECT_THAT(client.ask(resp({"MGET", dead, live})), StartsWith("-"));
  EXPECT_EQ(bulk("1"), client.ask(resp({"GET", live})));
}

TEST_P(Failure, AHangingServerTimesOutAndItsLateRepliesReachNobody) {
  RedisServers servers = redis_servers(2);
  PoolText pool = redis_pool(servers).set("timeout", std::to_string(scaled(milliseconds(300)).count()));
  Proxy proxy(pool, GetParam());
  Stream client = proxy.connect(), other = proxy.connect();
  std::string hung = key_on(client, *servers[0]), live = key_on(client, *servers[1], "other");
  client.ask(resp({"SET", hung, "late"}));
  for (int round = 0; round < 3; ++round) {
    servers[0]->pause();
    client.send(resp({"GET", hung}) + resp({"GET", live}));
    EXPECT_EQ(bulk("x"), other.ask(resp({"GET", live})));  // the other server is none the worse
    EXPECT_EQ("-ERR Connection timed out\r\n", client.read_reply());
    EXPECT_EQ(bulk("x"), client.read_reply());
    servers[0]->resume();
    // The late reply comes about now. Whoever asks next must get what was asked for.
    for (int i = 0; i < 20; ++i) {
      std::string n = std::to_string(round * 100 + i);
      std::string echoed;
      EXPECT_TRUE(eventually([&] {
        echoed = client.ask(resp({"EVAL", "return ARGV[1]", "1", hung, n}));
        return !echoed.starts_with("-");  // until it is back
      }));
      EXPECT_EQ(bulk(n), echoed);
      EXPECT_EQ(bulk("x"), other.ask(resp({"GET", live})));
    }
  }
}

// A connection that does not move at all for the timeout is given up; this one moves, but one request takes too long.
TEST_P(Failure, ASlowRequestFailsAloneOnASharedConnection) {
  SKIP_ON_TWEMPROXY("fails every request of the connection");
  const milliseconds timeout = scaled(milliseconds(1'500));
  std::promise<void> first_came, slow_came, answer_first, answer_slow;
  FakeServer server([&](Stream &s) {
    s.read_request();
    first_came.set_value();
    s.read_request();
    slow_came.set_value();
    answer_first.get_future().wait_for(patience());
    s.send(bulk("for first"));
    answer_slow.get_future().wait_for(patience());
    s.send(bulk("for slow"));
    for (;;) s.send(bulk("for " + s.read_request().at(1)));
  });
  PoolText pool;
  pool.redis().set("timeout", std::to_string(timeout.count())).server(server.address());
  Proxy proxy(pool, 1);
  Stream first = proxy.connect(), slow = proxy.connect(), later = proxy.connect();
  Clock::time_point start = Clock::now();
  first.send(resp({"GET", "first"}));
  first_came.get_future().wait_for(patience());
  slow.send(resp({"GET", "slow"}));
  slow_came.get_future().wait_for(patience());
  eventually([&] { return Clock::now() - start > timeout / 2; });
  answer_first.set_value();
  EXPECT_EQ(bulk("for first"), first.read_reply());
  later.send(resp({"GET", "later"}));
  EXPECT_EQ("-ERR Connection timed out\r\n", slow.read_reply());
  answer_slow.set_value();
  EXPECT_EQ(bulk("for later"), later.read_reply());
  EXPECT_EQ(bulk("for again"), slow.ask(resp({"GET", "again"})));
  EXPECT_EQ(1, server.accepted());
}

TEST_P(Failure, AServerThatClosesInTheMidstOfAReplyNeverMakesItLookWhole) {
  SKIP_ON_TWEMPROXY("may miss a close that comes together with data");
  std::atomic<int> served{0};
  FakeServer server([&](Stream &s) {
    s.read_request();
    if (++served == 1) return s.send("$100\r\nhalf of i");  // and close
    s.send(bulk("whole"));
    for (;;) s.read_request(), s.send(bulk("whole"));
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()), GetParam());
  Stream client = proxy.connect();
  try {
    EXPECT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR"));
  } catch (const StreamError &e) {  // a part was on its way already: then nothing may follow it
    EXPECT_THAT(e.what(), StartsWith("closed after"));
  }
  EXPECT_EQ(bulk("whole"), proxy.connect().ask(resp({"GET", "key"})));
}

TEST_P(Failure, AReplyThatIsNoReplyClosesTheServerConnectionAndGivesAnError) {
  std::atomic<int> served{0};
  FakeServer server([&](Stream &s) {
    s.read_request();
    if (++served == 1) s.send("nonsense\r\n");
    if (served == 1) s.read_until_close();
    s.send(kOk);
    for (;;) s.read_request(), s.send(kOk);
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()), GetParam());
  Stream client = proxy.connect();
  EXPECT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR"));
  EXPECT_EQ(kOk, client.ask(resp({"GET", "key"})));
}

TEST_P(Failure, AReplyThatNobodyAskedForReachesNobody) {
  std::atomic<int> connections{0};
  FakeServer server([&](Stream &s) {
    bool first = ++connections == 1;
    s.read_request();
    s.send(bulk("right") + (first ? bulk("stray") : ""));
    for (;;) s.read_request(), s.send(bulk("right"));
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()), GetParam());
  Stream client = proxy.connect();
  EXPECT_EQ(bulk("right"), client.ask(resp({"GET", "key"})));
  for (int i = 0; i < 50; ++i) {
    std::string reply = client.ask(resp({"GET", "key"}));
    if (reply.starts_with("-")) continue;  // fair while it reconnects
    EXPECT_EQ(bulk("right"), reply) << i;
  }
}

TEST_P(Failure, ATrickledReplyIsPutTogether) {
  FakeServer server([](Stream &s) {
    for (;;) {
      s.read_request();
      for (char c : array({bulk("a value"), kNil, array({integer(-7), bulk("")})})) s.send(std::string(1, c));
    }
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()), GetParam());
  Stream client = proxy.connect();
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(array({bulk("a value"), kNil, array({integer(-7), bulk("")})}),
              client.ask(resp({"LRANGE", "k", "0", "1"})));
  }
}

TELL_WITH_WORKERS(Failure);

}  // namespace
}  // namespace weir::test
