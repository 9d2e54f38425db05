// Clients of all manners: half closed, gone, slow, many, idle, in pieces.
#include <fcntl.h>
#include <sys/resource.h>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Client : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(2);
  Proxy proxy_{redis_pool(servers_), GetParam()};
};

TEST_P(Client, ThatHalfClosesGetsAllItsReplies) {
  Stream client = proxy_.connect();
  std::string requests, replies, value(500, 'v');
  for (int i = 0; i < 1'000; ++i) {
    std::string key = "key" + std::to_string(i % 100);
    requests += resp({"SET", key, value}) + resp({"GET", key});
    replies += kOk + bulk(value);
  }
  client.send(requests);
  client.half_close();
  EXPECT_TRUE(same(replies, client.read_until_close()));
}

TEST_P(Client, ThatHalfClosesAmidARequestGetsTheRepliesBeforeIt) {
  Stream client = proxy_.connect();
  client.send(resp({"SET", "a", "1"}) + resp({"GET", "a"}) + "*2\r\n$3\r\nGE");
  client.half_close();
  EXPECT_EQ(kOk + bulk("1"), client.read_until_close());
}

TEST_P(Client, ThatLeavesWithRequestsInFlightHarmsNobody) {
  std::string value(10'000, 'v'), requests;
  for (int i = 0; i < 50; ++i) {
    std::string key = "key" + std::to_string(i);
    requests += resp({"SET", key, value}) + resp({"GET", key}) + resp({"MGET", key, "other", "key1"});
  }
  Stream steady = proxy_.connect();
  for (int round = 0; round < (slow_build() ? 20 : 100); ++round) {
    Stream leaver = proxy_.connect();
    leaver.send(requests);
    if (round % 2) {
      leaver.reset();
    } else {
      leaver.close();
    }
    std::string n = std::to_string(round);
    ASSERT_EQ(kOk, steady.ask(resp({"SET", "steady", n})));
    ASSERT_EQ(bulk(n), steady.ask(resp({"GET", "steady"})));
  }
  EXPECT_TRUE(proxy_.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 1; }));
}

TEST_P(Client, MayTrickleItsRequestsByteByByte) {
  Stream client = proxy_.connect();
  std::string binary("\0\r\n$5", 6);
  for (char c : resp({"SET", "key", binary}) + resp({"GET", "key"}) + resp({"MGET", "key", "none"})) {
    client.send(std::string(1, c));
  }
  EXPECT_EQ(kOk + bulk(binary) + array({bulk(binary), kNil}), client.read_replies(3));
}

TEST_P(Client, MayCutItsRequestsAnywhere) {
  Stream client = proxy_.connect();
  std::string request = resp({"SET", "key", "value"}) + resp({"MGET", "key", "none", "key"});
  for (size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    if (cut % 7 == 0) std::this_thread::yield();
    client.send(request.substr(cut));
    ASSERT_EQ(kOk + array({bulk("value"), kNil, bulk("value")}), client.read_replies(2)) << cut;
  }
}

TEST_P(Client, ThatDoesNotReadHoldsUpNobodyElseAndTakesBoundedMemory) {
  SKIP_ON_TWEMPROXY("holds all replies of a client that does not read");
  Stream writer = proxy_.connect();
  std::string big(1 << 20, 'b');
  EXPECT_EQ(kOk, writer.ask(resp({"SET", "big", big})));
  Stream greedy = proxy_.connect();
  greedy.set_receive_buffer(4'096);
  std::string gets;
  for (int i = 0; i < 1'000; ++i) gets += resp({"GET", "big"});
  try {
    greedy.send_until_stuck(gets, milliseconds(1'000));  // a thousand MiB of replies, none of them read
  } catch (const StreamError &) {                        // closed at its bound: fair
  }
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(same(bulk(big), writer.ask(resp({"GET", "big"}))));
  std::string status = read_whole("/proc/" + std::to_string(proxy_.process().pid()) + "/status");
  long peak_kib = atol(status.substr(status.find("VmHWM:") + 6).c_str());
  EXPECT_LT(peak_kib, 400 * 1024 * (slow_build() ? 3 : 1));
}

TEST_P(Client, ThatReadsSlowlyGetsEverything) {
  Stream client = proxy_.connect();
  client.set_receive_buffer(32'768);
  std::string value(100'000, 'v');
  for (size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>('a' + i % 23);
  client.ask(resp({"SET", "key", value}));
  std::string gets, replies;
  for (int i = 0; i < 100; ++i) {
    gets += resp({"GET", "key"});
    replies += bulk(value);
  }
  client.send(gets);
  std::string got;
  while (got.size() < replies.size()) {
    got += client.read_exactly(std::min<size_t>(99'991, replies.size() - got.size()));
    std::this_thread::yield();
  }
  EXPECT_TRUE(same(replies, got));
}

TELL_WITH_WORKERS(Client);

class ClientLimit : public WithWorkers {};

TEST_P(ClientLimit, IsEnforcedWithAClearErrorAndFreedByWhoLeaves) {
  SKIP_ON_TWEMPROXY("never enforces client_connections");
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers).set("client_connections", "3"), GetParam());
  std::vector<Stream> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(proxy.connect());
    EXPECT_EQ(kOk, clients.back().ask(resp({"SET", "k", "v"})));
  }
  Stream fourth = proxy.connect();
  EXPECT_THAT(fourth.read_until_close(), MatchesRegex("-ERR .*client.*\r\n"));
  for (Stream &c : clients) EXPECT_EQ(bulk("v"), c.ask(resp({"GET", "k"})));
  clients.pop_back();
  EXPECT_TRUE(eventually([&] {
    try {
      return proxy.connect().ask(resp({"GET", "k"})) == bulk("v");
    } catch (const StreamError &) {
      return false;
    }
  }));
}

TELL_WITH_WORKERS(ClientLimit);

class ManyClients : public WithWorkers {};

TEST_P(ManyClients, TenThousandIdleConnectionsWhileOthersWork) {
  const rlim_t needed = 10'100;
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_max < needed + 200) {
    GTEST_SKIP() << "the hard limit of open files is " << files.rlim_max << ", the story needs " << needed + 200;
  }
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);  // the proxy inherits it
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("backlog", "4096"), GetParam());
  std::vector<Stream> idle;
  Stream worker = proxy.connect();
  for (int i = 0; i < 10'000; ++i) {
    idle.push_back(proxy.connect());
    if (i % 1'000 != 0) continue;
    ASSERT_EQ(kOk, worker.ask(resp({"SET", "n", std::to_string(i)}))) << i;
  }
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 10'001; }));
  for (int i = 0; i < 1'000; ++i) ASSERT_EQ(bulk("9000"), worker.ask(resp({"GET", "n"})));
  for (size_t i = 0; i < idle.size(); i += 997) EXPECT_EQ("+PONG\r\n", idle[i].ask(resp({"PING"}))) << i;
  idle.clear();
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 1; }));
  EXPECT_EQ(bulk("9000"), worker.ask(resp({"GET", "n"})));
}

TELL_WITH_WORKERS(ManyClients);

}  // namespace
}  // namespace weir::test
