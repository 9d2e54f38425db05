// Configurations that change while clients work.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

namespace fs = std::filesystem;

// A weir whose configuration the story writes anew.
class Reload : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("cannot read its configuration again"); }

  Proxy &start(const std::vector<PoolText> &pools, const std::string &binary = proxy_binary()) {
    proxy_ =
        std::make_unique<Proxy>(pools, Proxy::Options{.workers = 2, .binary = binary, .more = {"--admin", admin_}});
    return *proxy_;
  }
  // As an editor does: written beside, then renamed.
  void write(const std::vector<PoolText> &pools) {
    std::string text;
    for (const PoolText &pool : pools) text += pool.text();
    write(text);
  }
  void write(const std::string &text) {
    std::string path = proxy_->config_file();
    std::ofstream(path + ".new") << text;
    fs::rename(path + ".new", path);
  }
  // What came of it: "ok\n" or "error\n", and then the words.
  std::string reload() const {
    Stream admin = Stream::unix_socket(admin_);
    admin.send("reload\n");
    return admin.read_until_close();
  }
  std::string reload(const std::vector<PoolText> &pools) {
    write(pools);
    return reload();
  }

  // A weir of its own with its plugins, in dir_.
  void install() {
    fs::path program = fs::canonical(proxy_binary());
    fs::create_directories(dir_.file("bin"));
    fs::create_directories(dir_.file("lib/weir/plugins"));
    fs::copy_file(program, dir_.file("bin/weir"));
    fs::copy(program.parent_path().parent_path() / "lib/weir/plugins", dir_.file("lib/weir/plugins"));
  }
  fs::path plugin(const std::string &name) const { return dir_.file("lib/weir/plugins/" + name); }
  // By a new file, as installers do it.
  void replace(const std::string &name) {
    fs::copy_file(plugin(name), plugin("new"));
    fs::rename(plugin("new"), plugin(name));
  }

  TempDir dir_;
  const std::string admin_ = dir_.file("admin.sock");
  std::unique_ptr<Proxy> proxy_;
};

// What a client asks again and again, each reply checked for its owner, until told to end.
class Asker {
 public:
  Asker(const Proxy &proxy, int number, int depth)
      : client_(proxy.connect()), name_("c" + std::to_string(number)), depth_(depth) {
    thread_ = std::thread([this] { ask(); });
  }
  ~Asker() {
    stop_ = true;
    thread_.join();
  }
  // The first thing that was wrong; "" when nothing was.
  std::string wrong() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    thread_ = std::thread([] {});
    return wrong_;
  }
  long answered() const { return answered_; }

 private:
  void ask() {
    try {
      for (long n = 0; !stop_; ++n) {
        std::string requests, replies, keys_of_all = name_ + ":" + std::to_string(n);
        for (int i = 0; i < depth_; ++i) {
          std::string key = keys_of_all + ":" + std::to_string(i);
          requests += resp({"SET", key, key}) + resp({"GET", key}) + resp({"DEL", key, key + "x"});
          replies += kOk + bulk(key) + integer(1);
        }
        client_.send(requests);
        std::string got = client_.read_exactly(replies.size());
        if (got != replies) {
          wrong_ = shown(got);
          return;
        }
        answered_ += depth_ * 3;
      }
    } catch (const std::exception &e) {
      wrong_ = e.what();
    }
  }
  Stream client_;
  const std::string name_;
  const int depth_;
  std::atomic<bool> stop_{false};
  std::atomic<long> answered_{0};
  std::string wrong_;
  std::thread thread_;
};

TEST_F(Reload, OfASparePoolCostsNoRequestThatWasSentThere) {
  RedisServers servers = redis_servers(3), spares = redis_servers(2);
  PoolText own = redis_pool(servers), spare("spare");
  own.set("on_failure", "failover").set("failover_pool", "spare");
  own.set("server_failure_limit", "1").set("server_retry_timeout", "600000");
  spare.redis().set("hash", "murmur").server(spares[0]->address(), "t0").server(spares[1]->address(), "t1");
  Proxy &proxy = start({own, spare});
  Stream client = proxy.connect();
  std::string lost = key_on(client, *servers[1]);
  servers[1]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", lost})) == "$-1\r\n"; }));
  PoolText slower = spare;
  slower.set("timeout", "20000");
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < 6; ++i) askers.push_back(std::make_unique<Asker>(proxy, i, i < 3 ? 1 : 30));
  for (int i = 0; i < 20; ++i) {
    long before = askers[0]->answered();
    EXPECT_THAT(reload({own, i % 2 == 0 ? slower : spare}), StartsWith("ok"));
    EXPECT_TRUE(eventually([&] { return askers[0]->answered() > before; }));
  }
  for (auto &asker : askers) {
    EXPECT_EQ("", asker->wrong());
    EXPECT_GT(asker->answered(), 0);
  }
  EXPECT_GT(proxy.stats().at("alpha").number("failed_over"), 0);
  EXPECT_EQ(0, proxy.stats().at("alpha").at("s1").number("server_up"));
}

TEST_F(Reload, OfASparePoolLetsNothingOvertakeWhatIsUnderWayThere) {
  std::atomic<bool> answers{false}, slow_seen{false}, next_seen{false};
  FakeServer server(FakeServer::answering([&](const auto &request) -> std::string {
    if (request[1] == "slow") {
      slow_seen = true;
      eventually([&] { return answers.load(); });
    }
    if (request[1] == "next") next_seen = true;
    return bulk(request[1]);
  }));
  PoolText own("alpha"), spare("spare");
  own.redis().server("127.0.0.1:" + std::to_string(free_port()), "gone");
  own.set("on_failure", "failover").set("failover_pool", "spare");
  own.set("server_failure_limit", "1").set("server_retry_timeout", "600000");
  spare.redis().server(server.address(), "t0");
  Proxy &proxy = start({own, spare});
  Stream client = proxy.connect(), of_other_worker = proxy.connect(), other = proxy.connect();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "first"})) == bulk("first"); }));
  client.send(resp({"GET", "slow"}));
  EXPECT_TRUE(eventually([&] { return slow_seen.load(); }));
  spare.set("backlog", "100");
  EXPECT_THAT(reload({own, spare}), StartsWith("ok"));
  client.send(resp({"GET", "next"}));
  // Whoever has nothing under way goes on, over a new connection.
  for (int i = 0; i < 10; ++i) EXPECT_EQ(bulk("other"), other.ask(resp({"GET", "other"})));
  EXPECT_EQ(2, server.accepted());
  EXPECT_FALSE(next_seen);
  answers = true;
  EXPECT_EQ(bulk("slow"), client.read_reply());
  EXPECT_EQ(bulk("next"), client.read_reply());
}

TEST_F(Reload, AHundredTimesUnderLoadCostsNoClientARequest) {
  RedisServers servers = redis_servers(3);
  PoolText first = redis_pool(servers);
  Proxy &proxy = start({first});
  PoolText slower = first;
  slower.set("timeout", "20000");
  std::vector<PoolText> in_turn = {slower, first};
  std::vector<std::unique_ptr<Asker>> askers;
  for (int i = 0; i < 8; ++i) askers.push_back(std::make_unique<Asker>(proxy, i, i < 4 ? 1 : 30));
  for (int i = 0; i < (slow_build() ? 20 : 100); ++i) {
    long before = askers[7]->answered();
    ASSERT_THAT(reload({in_turn[static_cast<size_t>(i % 2)]}), StartsWith("ok\n1 change:\n  pool alpha: timeout "));
    EXPECT_TRUE(eventually([&] { return askers[7]->answered() > before; }));
  }
  for (auto &asker : askers) EXPECT_EQ("", asker->wrong());
  EXPECT_EQ(0, proxy.stats().at("alpha").number("forward_error"));
  EXPECT_EQ(0, proxy.stats().at("alpha").number("client_err"));
  EXPECT_EQ(8, proxy.stats().at("alpha").number("client_connections"));
  // Connections of pools that were replaced are closed when the last answer has come.
  EXPECT_TRUE(proxy.stats_reach([](const Json &now) {
    long open = 0;
    for (int i = 0; i < 3; ++i) open += now.at("alpha").at("s" + std::to_string(i)).number("server_connections");
    return open <= 6;
  }));
}

TEST_F(Reload, KeysGoToTheServersOfTheNewFile) {
  RedisServers old = redis_servers(1), now = redis_servers(1);
  PoolText pool = redis_pool(old);
  start({pool});
  Stream client = proxy_->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "old"})));
  PoolText moved("alpha");
  moved.redis().listen("127.0.0.1:" + std::to_string(pool.port())).server(now[0]->address(), "other");
  std::string said = reload({moved});
  EXPECT_THAT(said, StartsWith("ok\n"));
  EXPECT_THAT(said, HasSubstr("pool alpha: servers "));
  EXPECT_EQ(kNil, client.ask(resp({"GET", "k"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "new"})));
  EXPECT_EQ(bulk("new"), now[0]->call({"GET", "k"}));
  EXPECT_EQ(bulk("old"), old[0]->call({"GET", "k"}));
  EXPECT_TRUE(eventually([&] { return old[0]->info("connected_clients") == "1"; })) << "only the one that asks";
}

TEST_F(Reload, ARequestUnderWayIsAnsweredByTheServerItWasSentTo) {
  std::promise<void> asked, answer;
  FakeServer slow([&](Stream &s) {
    s.read_request();
    asked.set_value();
    answer.get_future().wait_for(patience());
    s.send(bulk("from the old one"));
    s.read_until_close();
  });
  RedisServers now = redis_servers(1);
  PoolText pool;
  start({pool.redis().server(slow.address())});
  Stream client = proxy_->connect();
  client.send(resp({"GET", "k"}));
  asked.get_future().wait_for(patience());
  PoolText moved("alpha");
  moved.redis().listen("127.0.0.1:" + std::to_string(pool.port())).server(now[0]->address());
  EXPECT_THAT(reload({moved}), StartsWith("ok\n"));
  Stream newcomer = proxy_->connect();
  EXPECT_EQ(kNil, newcomer.ask(resp({"GET", "k"})));
  answer.set_value();
  EXPECT_EQ(bulk("from the old one"), client.read_reply());
}

// Only what they say next ends it: they must be heard, and go over then.
TEST_F(Reload, ClientsInTransactionsAndSubscriptionsGoOn) {
  RedisServer server;
  PoolText pool;
  pool.redis().server(server.address());
  Proxy &proxy = start({pool});
  Stream queued = proxy.connect(), watching = proxy.connect(), listening = proxy.connect(), blocked = proxy.connect();
  EXPECT_EQ(kOk, queued.ask(resp({"MULTI"})));
  EXPECT_EQ("+QUEUED\r\n", queued.ask(resp({"SET", "k", "1"})));
  EXPECT_EQ(kOk, watching.ask(resp({"WATCH", "w"})));
  EXPECT_EQ(array({bulk("subscribe"), bulk("a"), integer(1)}), listening.ask(resp({"SUBSCRIBE", "a"})));
  blocked.send(resp({"BLPOP", "list", "0"}) + resp({"MULTI"}) + resp({"GET", "k"}));
  EXPECT_TRUE(eventually([&] { return server.info("blocked_clients") == "1"; }));
  EXPECT_THAT(reload({PoolText(pool).set("client_inflight", "77")}), StartsWith("ok\n"));

  EXPECT_EQ("+QUEUED\r\n", queued.ask(resp({"GET", "k"})));
  EXPECT_EQ(array({kOk, bulk("1")}), queued.ask(resp({"EXEC"})));
  EXPECT_EQ(kOk, watching.ask(resp({"MULTI"})));
  EXPECT_EQ(array({}), watching.ask(resp({"EXEC"})));
  EXPECT_EQ(array({bulk("subscribe"), bulk("b"), integer(2)}), listening.ask(resp({"SUBSCRIBE", "b"})));
  EXPECT_EQ(array({bulk("unsubscribe"), bulk("a"), integer(1)}), listening.ask(resp({"UNSUBSCRIBE", "a"})));
  EXPECT_EQ(array({bulk("unsubscribe"), bulk("b"), integer(0)}), listening.ask(resp({"UNSUBSCRIBE", "b"})));
  server.call({"RPUSH", "list", "v"});
  EXPECT_EQ(array({bulk("list"), bulk("v")}), blocked.read_reply());
  EXPECT_EQ(kOk, blocked.read_reply());
  EXPECT_EQ("+QUEUED\r\n", blocked.read_reply());
  EXPECT_EQ(array({bulk("1")}), blocked.ask(resp({"EXEC"})));
  for (Stream *client : {&queued, &watching, &listening, &blocked})
    EXPECT_EQ(bulk("1"), client->ask(resp({"GET", "k"})));
  EXPECT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 4; }));
}

TEST_F(Reload, ARequestOfWhichHalfHasComeGoesOn) {
  RedisServers servers = redis_servers(2);
  PoolText pool = redis_pool(servers);
  start({pool});
  std::string small = resp({"SET", "small", "value"}), large = resp({"SET", "large", std::string(300'000, 'x')});
  Stream one = proxy_->connect(), two = proxy_->connect(), three = proxy_->connect();
  one.send(small.substr(0, 17));
  two.send(large.substr(0, 100'000));
  EXPECT_EQ(kOk, three.ask(resp({"SET", "k", "v"})));
  // That the halves were read is seen by nobody; the reload comes whether they were or not.
  PoolText changed = pool;
  EXPECT_THAT(reload({changed.set("timeout", "9000")}), StartsWith("ok\n"));
  EXPECT_EQ(bulk("v"), three.ask(resp({"GET", "k"})));
  one.send(small.substr(17));
  two.send(large.substr(100'000));
  EXPECT_EQ(kOk, one.read_reply());
  EXPECT_EQ(kOk, two.read_reply());
  EXPECT_EQ(bulk("value"), two.ask(resp({"GET", "small"})));
}

TEST_F(Reload, ABadFileChangesNothingAndSaysWhy) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), bad = pool;
  start({pool});
  Stream client = proxy_->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  std::string said = reload({bad.set("hash", "murmurr").set("timeout", "7")});
  EXPECT_THAT(said, StartsWith("error\n"));
  EXPECT_THAT(said, HasSubstr("conf.yml:"));
  EXPECT_THAT(said, HasSubstr("murmurr"));
  EXPECT_THAT(said, HasSubstr("nothing was changed"));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "k"})));
  // Nor does one with an address that is taken: what could be bound is closed again.
  PoolText fine("beta"), taken("gamma");
  fine.redis().server(servers[0]->address());
  taken.redis().listen(servers[0]->address()).server(servers[0]->address());
  said = reload({pool, fine, taken});
  EXPECT_THAT(said, StartsWith("error\n"));
  EXPECT_THAT(said, HasSubstr("in use"));
  EXPECT_FALSE(is_listening(fine.port()));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "k"})));
}

TEST_F(Reload, PoolsComeAndGoAndTheOthersNoticeNothing) {
  RedisServers servers = redis_servers(1);
  PoolText stays = redis_pool(servers, "alpha"), comes = redis_pool(servers, "beta"),
           goes = redis_pool(servers, "gamma");
  start({stays, goes});
  Stream client = proxy_->connect(), theirs = proxy_->connect(1);
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  EXPECT_EQ(bulk("v"), theirs.ask(resp({"GET", "k"})));
  std::string said = reload({stays, comes});
  EXPECT_THAT(said, HasSubstr("pool gamma: gone"));
  EXPECT_THAT(said, HasSubstr("pool beta: new"));
  EXPECT_TRUE(theirs.closed_within());
  EXPECT_FALSE(is_listening(goes.port()));
  EXPECT_EQ(bulk("v"), Stream::tcp(comes.port()).ask(resp({"GET", "k"})));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "k"})));
  Json stats = proxy_->stats();
  EXPECT_EQ(2, stats.at("alpha").at("s0").number("requests"));
  EXPECT_EQ(1, stats.at("beta").at("s0").number("requests"));
  // The pool that says what it said keeps its connections, too: the only new one is that of who asks.
  auto connections = [&] { return std::stol(servers[0]->info("total_connections_received")); };
  long before = connections();
  EXPECT_THAT(reload({stays, PoolText(comes).set("timeout", "9000")}), HasSubstr("pool beta: timeout"));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "k"})));
  EXPECT_EQ(before + 1, connections());
  EXPECT_EQ("ok\nnothing has changed\n", reload());
}

TEST_F(Reload, CountersGoOn) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), changed = pool;
  start({pool});
  Stream client = proxy_->connect();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  EXPECT_THAT(reload({changed.set("client_connections", "100")}), StartsWith("ok\n"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  EXPECT_TRUE(proxy_->stats_reach([](const Json &s) { return s.at("alpha").at("s0").number("requests") == 10; }));
  EXPECT_EQ(1, proxy_->stats().at("alpha").number("client_connections"));
}

TEST_F(Reload, APoolThatListensElsewhereKeepsItsClients) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), elsewhere = redis_pool(servers);
  start({pool});
  Stream client = proxy_->connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  EXPECT_THAT(reload({elsewhere}), StartsWith("ok\n"));
  EXPECT_FALSE(is_listening(pool.port()));
  EXPECT_EQ(bulk("v"), Stream::tcp(elsewhere.port()).ask(resp({"GET", "k"})));
  EXPECT_EQ(bulk("v"), client.ask(resp({"GET", "k"})));
}

TEST_F(Reload, AClientThatReadsNothingYetGetsAllItsReplies) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), changed = pool;
  start({pool});
  Stream client = proxy_->connect();
  std::string value(64 << 10, 'y');
  ASSERT_EQ(kOk, client.ask(resp({"SET", "k", value})));
  std::string requests, replies;
  for (int i = 0; i < 400; ++i) requests += resp({"GET", "k"});
  client.send(requests);
  EXPECT_TRUE(proxy_->stats_reach([](const Json &s) { return s.at("alpha").at("s0").number("responses") > 50; }));
  EXPECT_THAT(reload({changed.set("timeout", "9000")}), StartsWith("ok\n"));
  for (int i = 0; i < 400; ++i) ASSERT_TRUE(same(bulk(value), client.read_reply())) << i;
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
}

TEST_F(Reload, AServerThatIsDownStaysSo) {
  RedisServers servers = redis_servers(2);
  PoolText pool = redis_pool(servers).set("auto_eject_hosts", "true").set("server_failure_limit", "1");
  pool.set("server_retry_timeout", "600000");
  start({pool});
  Stream client = proxy_->connect();
  std::string key = key_on(client, *servers[1]);
  servers[1]->kill();
  EXPECT_THAT(client.ask(resp({"GET", key})), StartsWith("-"));
  EXPECT_TRUE(proxy_->stats_reach([](const Json &s) { return s.at("alpha").number("server_ejects") == 1; }));
  EXPECT_EQ(kNil, client.ask(resp({"GET", key})));
  EXPECT_THAT(reload({PoolText(pool).set("timeout", "9000")}), StartsWith("ok\n"));
  EXPECT_EQ(kNil, client.ask(resp({"GET", key})));
  EXPECT_EQ(0, proxy_->stats().at("alpha").at("s1").number("server_up"));
}

// The symptom was a crash: the ring that a server's standing had replaced outlived its pool.
TEST_F(Reload, ThatFailsAfterItMadeItsPoolsLeavesNothingBehind) {
  RedisServers servers = redis_servers(2);
  PoolText pool = redis_pool(servers).set("auto_eject_hosts", "true").set("server_failure_limit", "1");
  pool.set("server_retry_timeout", "600000");
  start({pool});
  Stream client = proxy_->connect();
  std::string key = key_on(client, *servers[1]);
  servers[1]->kill();
  client.ask(resp({"GET", key}));
  EXPECT_TRUE(proxy_->stats_reach([](const Json &s) { return s.at("alpha").number("server_ejects") == 1; }));
  PoolText taken = redis_pool(servers, "beta").listen(servers[0]->address());
  for (int i = 0; i < 20; ++i) {
    EXPECT_THAT(reload({PoolText(pool).set("timeout", "9000"), taken}), HasSubstr("in use"));
    EXPECT_EQ(kNil, client.ask(resp({"GET", key})));
  }
}

// The symptom was a client that was never read again.
TEST_F(Reload, AClientThatWaitsToGoOverStaysWithTheOldPluginWhenThatIsReplacedMeanwhile) {
  std::promise<void> answer;
  std::shared_future<void> told = answer.get_future().share();
  FakeServer slow([told](Stream &s) {
    while (true) {
      s.read_request();
      told.wait_for(patience());
      s.send(bulk("v"));
    }
  });
  PoolText pool;
  pool.redis().server(slow.address());
  install();
  start({pool}, dir_.file("bin/weir"));
  Stream client = proxy_->connect();
  std::string next = resp({"GET", "next"});
  client.send(resp({"GET", "k"}) + next.substr(0, 9));  // some of its next request has come
  EXPECT_TRUE(proxy_->stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 1; }));
  EXPECT_THAT(reload({PoolText(pool).set("client_inflight", "77")}), StartsWith("ok\n"));
  replace("redis.so");
  EXPECT_EQ("ok\n1 change:\n  pool alpha: new plugins\n", reload());
  answer.set_value();
  EXPECT_EQ(bulk("v"), client.read_reply());
  client.send(next.substr(9));
  EXPECT_EQ(bulk("v"), client.read_reply());
}

TEST_F(Reload, AServerIsSaidToBeUpOrDownByThePoolThatServes) {
  std::promise<void> asked;
  FakeServer silent([&](Stream &s) {
    s.read_request();
    asked.set_value();
    s.read_until_close();
  });
  RedisServers good = redis_servers(1);
  PoolText pool;
  pool.redis().set("timeout", "1000").set("auto_eject_hosts", "true").set("server_failure_limit", "1");
  pool.set("server_retry_timeout", "600000").server(silent.address(), "s0");
  start({pool});
  Stream client = proxy_->connect();
  client.send(resp({"GET", "k"}));
  asked.get_future().wait_for(patience());
  PoolText now;
  now.redis().listen("127.0.0.1:" + std::to_string(pool.port())).server(good[0]->address(), "s0");
  EXPECT_THAT(reload({now}), StartsWith("ok\n"));
  EXPECT_THAT(client.read_reply(), StartsWith("-"));  // the old pool's server has timed out, and is down there
  EXPECT_EQ(kNil, client.ask(resp({"GET", "k"})));
  EXPECT_EQ(1, proxy_->stats().at("alpha").at("s0").number("server_up"));
}

TEST_F(Reload, TheAdminPortIsNoPools) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers);
  start({pool});
  EXPECT_THAT(reload({redis_pool(servers).listen(admin_)}), testing::AllOf(StartsWith("error\n"), HasSubstr("admin")));
  EXPECT_EQ("ok\nnothing has changed\n", reload({pool}));
}

TEST_F(Reload, TheAdminPortMayBeOfTcp) {
  RedisServers servers = redis_servers(1);
  uint16_t port = free_port();
  Proxy proxy({redis_pool(servers)}, {.more = {"--admin", "127.0.0.1:" + std::to_string(port)}});
  Finished done = run({proxy_binary(), "reload", "--admin", "127.0.0.1:" + std::to_string(port)});
  EXPECT_EQ((Ended{0, 0}), done.ended) << done.err;
  EXPECT_EQ("nothing has changed\n", done.out);
}

TEST_F(Reload, APluginFileThatWasReplacedIsUsedFromThenOn) {
  install();
  RedisServers servers = redis_servers(2);
  PoolText pool = redis_pool(servers).set("redis_auth", "sesame");
  for (auto &server : servers) server->call({"CONFIG", "SET", "requirepass", "sesame"});
  start({pool}, dir_.file("bin/weir"));
  Stream fresh = proxy_->connect(), known = proxy_->connect();
  EXPECT_EQ(kOk, known.ask(resp({"AUTH", "sesame"})));
  EXPECT_EQ("ok\nnothing has changed\n", reload());
  for (const std::string name : {"redis.so", "hash.so", "redis.so"}) {
    replace(name);
    EXPECT_EQ("ok\n1 change:\n  pool alpha: new plugins\n", reload()) << name;
    EXPECT_EQ(kOk, known.ask(resp({"SET", "k", name})));
    EXPECT_EQ(bulk(name), known.ask(resp({"GET", "k"})));
  }
  EXPECT_EQ(kOk, fresh.ask(resp({"AUTH", "sesame"})));
  EXPECT_EQ(bulk("redis.so"), fresh.ask(resp({"GET", "k"})));
  fs::last_write_time(plugin("hash.so"), fs::last_write_time(plugin("hash.so")) + std::chrono::seconds(9));
  EXPECT_THAT(reload(), testing::AllOf(StartsWith("error\n"), HasSubstr("hash.so was written over")));
  EXPECT_EQ(bulk("redis.so"), known.ask(resp({"GET", "k"})));
}

TEST_F(Reload, ByTheCommandLineSaysWhatChanged) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), changed = pool;
  start({pool});
  write({changed.set("timeout", "1234")});
  Finished done = run({proxy_binary(), "reload", "--admin", admin_});
  EXPECT_EQ((Ended{0, 0}), done.ended) << done.err;
  EXPECT_THAT(done.out, HasSubstr("pool alpha: timeout 0 -> 1234ms"));
  write("alpha:\n");
  done = run({proxy_binary(), "reload", "--admin", admin_});
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("conf.yml"));
  done = run({proxy_binary(), "reload", "--admin", dir_.file("nobody.sock")});
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("cannot be reached: "));
}

TEST_F(Reload, AskedForManyTimesAtOnceIsAnsweredToEach) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers);
  start({pool});
  write({PoolText(pool).set("timeout", "1234")});
  std::vector<Stream> admins;
  for (int i = 0; i < 10; ++i) admins.push_back(Stream::unix_socket(admin_));
  for (Stream &admin : admins) admin.send("reload\n");
  int changed = 0;
  for (Stream &admin : admins) {
    std::string said = admin.read_until_close();
    EXPECT_THAT(said, StartsWith("ok\n"));
    changed += said.find("timeout 0 -> 1234ms") != std::string::npos ? 1 : 0;
  }
  EXPECT_GE(changed, 1);
}

TEST_F(Reload, BySignalSaysInTheLogWhatChanged) {
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers), changed = pool;
  start({pool});
  write({changed.set("timeout", "1234")});
  proxy_->process().signal(SIGUSR1);
  EXPECT_TRUE(eventually([&] { return proxy_->log().find("pool alpha: timeout 0 -> 1234ms") != std::string::npos; }));
}

TEST_F(Reload, TheAdminPortRefusesWhatItDoesNotKnow) {
  RedisServers servers = redis_servers(1);
  start({redis_pool(servers)});
  auto say = [&](const std::string &line) {
    Stream admin = Stream::unix_socket(admin_);
    admin.send(line);
    return admin.read_until_close();
  };
  EXPECT_THAT(say("GET / HTTP/1.1\r\n"), StartsWith("error\nthere is no command 'GET / HTTP/1.1'"));
  EXPECT_THAT(say("help\n"), HasSubstr("reload"));
  EXPECT_THAT(say("config\n"), HasSubstr("pools:"));
  EXPECT_THAT(say("stats\n"), HasSubstr("\"service\":\"nutcracker\""));
  EXPECT_EQ("", say(std::string(1000, 'x')));
}

TEST_F(Reload, RepliesThatWereTimedOutAreNobodysAfterwards) {
  std::promise<void> answer;
  std::shared_future<void> told = answer.get_future().share();
  FakeServer slow([told](Stream &s) {
    s.read_request();
    told.wait_for(patience());
    s.send(bulk("late"));
    while (true) {
      s.read_request();
      s.send(bulk("in time"));
    }
  });
  PoolText pool, changed;
  pool.redis().set("timeout", "100").server(slow.address());
  start({pool});
  Stream client = proxy_->connect();
  EXPECT_THAT(client.ask(resp({"GET", "k"})), StartsWith("-"));
  changed = PoolText(pool).set("client_connections", "50");
  EXPECT_THAT(reload({changed}), StartsWith("ok\n"));
  EXPECT_EQ(bulk("here"), client.ask(resp({"ECHO", "here"})));
  answer.set_value();
}

}  // namespace
}  // namespace weir::test
