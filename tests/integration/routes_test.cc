// routes: requests of a pool that go to other pools, by command, by key prefix and by where the client comes from.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

long long number(const Proxy &proxy, const std::string &pool, const std::string &name) {
  return proxy.stats().at(pool).number(name);
}

std::string mc(Stream &stream, const std::string &request) {
  stream.send(request);
  return stream.read_memcached();
}

// Of all the servers: which of them hold the key.
std::string holders(const RedisServers &servers, const std::string &key) {
  std::string out;
  for (size_t i = 0; i < servers.size(); ++i) {
    if (servers[i]->call({"EXISTS", key}) == integer(1)) out += std::to_string(i);
  }
  return out;
}

class Routes : public WithWorkers {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no routes"); }
  Proxy::Options workers() const { return {.workers = GetParam()}; }
};

TEST_P(Routes, ReadsGoToTheReplicasAndTransactionsDoNot) {
  RedisServers primary = redis_servers(1), replicas = redis_servers(2);
  PoolText alpha = redis_pool(primary).set("routes", "[{commands: read, pool: replicas}]");
  Proxy proxy({alpha, redis_pool(replicas, "replicas")}, workers());
  Stream client = proxy.connect(), there = proxy.connect(1);
  for (int i = 0; i < 8; ++i) {
    std::string key = "k" + std::to_string(i);
    EXPECT_EQ(kOk, client.ask(resp({"SET", key, "primary"})));
    EXPECT_EQ(kOk, there.ask(resp({"SET", key, "replica"})));
    EXPECT_EQ(bulk("replica"), client.ask(resp({"GET", key})));
    EXPECT_EQ(bulk("primary"), primary[0]->call({"GET", key}));
  }
  EXPECT_EQ(array({bulk("replica"), bulk("replica"), bulk("replica")}), client.ask(resp({"MGET", "k1", "k2", "k3"})));
  EXPECT_EQ(integer(4), client.ask(resp({"DEL", "k4", "k5", "k6", "k7"})));
  EXPECT_EQ(bulk("replica"), client.ask(resp({"GET", "k4"})));
  // What is read to be written is read where it is written.
  EXPECT_EQ(kOk, client.ask(resp({"WATCH", "k0"})));
  EXPECT_EQ(bulk("primary"), client.ask(resp({"GET", "k0"})));
  EXPECT_EQ(kOk, client.ask(resp({"MULTI"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"GET", "k0"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"APPEND", "k0", "!"})));
  EXPECT_EQ(array({bulk("primary"), integer(8)}), client.ask(resp({"EXEC"})));
  EXPECT_EQ(bulk("replica"), client.ask(resp({"GET", "k0"})));
  // The pool has one server and the other has two: what goes to a server by its number stays.
  EXPECT_EQ(integer(4), client.ask(resp({"DBSIZE"})));
}

TEST_P(Routes, KeysGoByTheirLongestPrefixAlsoWithinOneCommand) {
  RedisServers own = redis_servers(2), users = redis_servers(2), vip = redis_servers(1);
  PoolText alpha =
      redis_pool(own).set("routes",
                          "[{prefix: \"user:\", pool: users}, {prefix: [\"user:vip:\", \"vip:\"], pool: vip}, "
                          "{prefix: \"user:stays:\", pool: self}]");
  Proxy proxy({alpha, redis_pool(users, "users"), redis_pool(vip, "vip")}, workers());
  Stream client = proxy.connect(), at_users = proxy.connect(1);
  std::vector<std::string> set = {"MSET"}, get = {"MGET"}, del = {"DEL"};
  std::string values;
  std::vector<std::string> replies;
  for (int i = 0; i < 12; ++i) {
    for (const char *prefix : {"user:", "user:vip:", "order:", "user:stays:", "use"}) {
      std::string key = prefix + std::to_string(i);
      set.insert(set.end(), {key, "v-" + key});
      get.push_back(key);
      del.push_back(key);
      replies.push_back(bulk("v-" + key));
    }
  }
  EXPECT_EQ(kOk, client.ask(resp(set)));
  EXPECT_EQ(array(replies), client.ask(resp(get)));
  EXPECT_EQ(bulk("v-user:3"), at_users.ask(resp({"GET", "user:3"})));  // as that pool itself would find it
  EXPECT_EQ("0", holders(vip, "user:vip:3"));
  EXPECT_EQ("", holders(own, "user:3") + holders(users, "user:vip:3") + holders(users, "user:stays:3"));
  EXPECT_EQ(1u, holders(own, "user:stays:3").size());
  EXPECT_EQ(1u, holders(own, "use3").size());
  EXPECT_EQ(integer(60), client.ask(resp(del)));
  // Keys of two pools in a command that is for one server.
  EXPECT_THAT(client.ask(resp({"RENAME", "order:1", "user:1"})), StartsWith("-"));
  // A transaction is where its first key is.
  EXPECT_EQ(kOk, client.ask(resp({"MULTI"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"SET", "user:vip:t", "1"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"INCR", "vip:n"})));
  EXPECT_EQ(array({kOk, integer(1)}), client.ask(resp({"EXEC"})));
  EXPECT_EQ("0", holders(vip, "vip:n"));
  EXPECT_EQ(kOk, client.ask(resp({"MULTI"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"SET", "vip:t", "1"})));
  EXPECT_THAT(client.ask(resp({"SET", "user:t", "1"})), StartsWith("-"));
  EXPECT_THAT(client.ask(resp({"EXEC"})), StartsWith("-EXECABORT"));
  EXPECT_EQ("", holders(vip, "vip:t"));
  // Commands that block wait where their key is.
  client.send(resp({"BLPOP", "vip:list", "10"}));
  Stream other = proxy.connect();
  EXPECT_EQ(integer(1), other.ask(resp({"RPUSH", "vip:list", "x"})));
  EXPECT_EQ(array({bulk("vip:list"), bulk("x")}), client.read_reply());
}

// Key by key, whatever filters make of them: also of a command that is so large that it is sent in slices.
TEST_P(Routes, GoByTheKeysOfTheClientAlsoWhenAFilterRewritesVeryMany) {
  RedisServers own = redis_servers(1), users = redis_servers(1);
  TempDir dir;
  const std::string script = dir.write("prefix.lua",
                                       "weir.on_request(\"mset\", \"mget\", \"get\", \"del\", "
                                       "function(req) req:prefix(\"v2:\") end)\n"
                                       "weir.on_request(\"unlink\", function(req) req:reject(req.pool.name) end)\n");
  PoolText alpha = redis_pool(own).set("routes", "[{prefix: \"user:\", pool: users}]");
  Proxy proxy({alpha.set("lua", "{file: " + script + "}"), redis_pool(users, "users")}, workers());
  Stream client = proxy.connect();
  constexpr int kKeys = 5000;
  std::vector<std::string> set = {"MSET"}, get = {"MGET"}, values;
  for (int i = 0; i < kKeys; ++i) {
    std::string key = (i % 2 == 0 ? "user:" : "order:") + std::to_string(i);
    set.insert(set.end(), {key, std::to_string(i)});
    get.push_back(key);
    values.push_back(bulk(std::to_string(i)));
  }
  EXPECT_EQ(kOk, client.ask(resp(set)));
  EXPECT_EQ(integer(kKeys / 2), users[0]->call({"DBSIZE"}));
  EXPECT_EQ(integer(kKeys / 2), own[0]->call({"DBSIZE"}));
  EXPECT_EQ(bulk("8"), client.ask(resp({"GET", "user:8"})));
  EXPECT_TRUE(same(array(values), client.ask(resp(get))));
  get[0] = "UNLINK";
  EXPECT_EQ("-ERR users\r\n", client.ask(resp(get))) << "filters are told where its first key goes";
}

// In one turn, up to a bound; as filters have left them.
TEST_P(Routes, CommandsOfVeryManyKeysAreCopied) {
  RedisServers own = redis_servers(2), shadow = redis_servers(2);
  TempDir dir;
  const std::string script =
      dir.write("prefix.lua", "weir.on_request(\"mset\", function(req) req:prefix(\"v2:\") end)\n");
  PoolText alpha = redis_pool(own).set("routes", "[{commands: write, mirror: shadow}]");
  Proxy proxy({alpha.set("lua", "{file: " + script + "}"), redis_pool(shadow, "shadow")}, workers());
  Stream client = proxy.connect(), there = proxy.connect(1);
  const auto keys = [](const char *command, int n, bool values) {
    std::vector<std::string> words = {command};
    for (int i = 0; i < n; ++i) {
      words.push_back((values ? "k" : "v2:k") + std::to_string(i));
      if (values) words.emplace_back("x");
    }
    return words;
  };
  EXPECT_EQ(kOk, client.ask(resp(keys("MSET", 5000, true))));
  EXPECT_TRUE(eventually([&] { return there.ask(resp({"DBSIZE"})) == integer(5000); }));
  EXPECT_EQ(integer(5000), there.ask(resp(keys("EXISTS", 5000, false))));
  EXPECT_EQ(integer(5000), client.ask(resp(keys("DEL", 5000, false)))) << "no filter has seen its keys";
  EXPECT_TRUE(eventually([&] { return there.ask(resp({"DBSIZE"})) == integer(0); }));
  EXPECT_EQ(0, number(proxy, "alpha", "mirror_dropped"));
  EXPECT_EQ(kOk, client.ask(resp(keys("MSET", 17000, true))));
  EXPECT_EQ(1, number(proxy, "alpha", "mirror_dropped"));
  EXPECT_EQ(integer(0), there.ask(resp({"DBSIZE"})));
}

TEST_P(Routes, MemcachedsKeysToo) {
  Memcacheds own = memcacheds(2), pages = memcacheds(2);
  PoolText alpha = memcached_pool(own).set("routes", "[{prefix: \"page:\", pool: pages}]");
  Proxy proxy({alpha, memcached_pool(pages, "pages")}, workers());
  Stream client = proxy.connect(), there = proxy.connect(1);
  std::string get = "get", values;
  for (int i = 0; i < 10; ++i) {
    for (const char *prefix : {"page:", "p"}) {
      std::string key = prefix + std::to_string(i);
      EXPECT_EQ("STORED\r\n", mc(client, "set " + key + " 0 0 1\r\n" + std::to_string(i) + "\r\n"));
      get += " " + key;
      values += "VALUE " + key + " 0 1\r\n" + std::to_string(i) + "\r\n";
    }
  }
  client.send(get + "\r\n");
  EXPECT_EQ(values + "END\r\n", client.read_exactly(values.size() + 5));
  EXPECT_EQ("DELETED\r\n", mc(there, "delete page:3\r\n"));
  EXPECT_EQ("NOT_FOUND\r\n", mc(client, "delete page:3\r\n"));
  EXPECT_EQ("NOT_FOUND\r\n", mc(there, "delete p3\r\n"));
}

TEST_P(Routes, ClientsGoByWhereTheyComeFrom) {
  RedisServers own = redis_servers(1), local = redis_servers(1), far = redis_servers(1);
  TempDir dir;
  PoolText alpha = redis_pool(own).set(
      "routes", "[{client: [10.0.0.0/8, \"2001:db8::/32\"], pool: far}, {client: 127.0.0.0/8, pool: local}]");
  PoolText beta = redis_pool(own, "beta").listen(dir.file("s")).set("routes", "[{client: unix, pool: local}]");
  Proxy proxy({alpha, beta, redis_pool(local, "local"), redis_pool(far, "far")}, workers());
  Stream tcp = proxy.connect(), unix = Stream::unix_socket(dir.file("s"));
  EXPECT_EQ(kOk, tcp.ask(resp({"SET", "a", "1"})));
  EXPECT_EQ(kOk, unix.ask(resp({"SET", "b", "1"})));
  EXPECT_EQ(integer(2), tcp.ask(resp({"DBSIZE"})));  // without a key, too
  EXPECT_EQ(integer(1), local[0]->call({"EXISTS", "a"}));
  EXPECT_EQ(integer(1), local[0]->call({"EXISTS", "b"}));
  EXPECT_EQ(integer(0), own[0]->call({"DBSIZE"}));
}

TEST_P(Routes, APoolThatIsDownIsNobodyElsesTrouble) {
  RedisServers own = redis_servers(2), users = redis_servers(1);
  PoolText alpha = redis_pool(own).set("routes", "[{prefix: \"user:\", pool: users}]");
  Proxy proxy({alpha, redis_pool(users, "users").set("on_failure", "fail_fast").set("server_failure_limit", "1")},
              workers());
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"MSET", "user:1", "a", "k", "b"})));
  users[0]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "user:1"})) == "-ERR the server is down\r\n"; }));
  EXPECT_EQ(bulk("b"), client.ask(resp({"GET", "k"})));
  EXPECT_THAT(client.ask(resp({"MGET", "k", "user:1"})), StartsWith("-"));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "c"})));
  users[0]->start();
}

TEST_P(Routes, AMirrorThatHangsDelaysNobody) {
  RedisServers own = redis_servers(2), neighbours = redis_servers(1), shadow = redis_servers(2);
  RedisServer hanging;
  hanging.pause();
  PoolText alpha = redis_pool(own).set("routes", "[{commands: SET, mirror: dead}, {commands: write, mirror: shadow}]");
  PoolText dead = PoolText("dead").redis().server(hanging.address()).set("server_queue_limit", "8k");
  Proxy proxy({alpha, redis_pool(neighbours, "beta"), redis_pool(shadow, "shadow"), dead}, workers());
  Stream client = proxy.connect(), neighbour = proxy.connect(1), there = proxy.connect(2);
  EXPECT_EQ(kOk, client.ask(resp({"MSET", "a", "1", "b", "2", "c", "3", "d", "4"})));
  EXPECT_EQ(integer(2), client.ask(resp({"DEL", "a", "b"})));
  EXPECT_TRUE(eventually([&] {
    return there.ask(resp({"MGET", "a", "b", "c", "d"})) == array({kNil, kNil, bulk("3"), bulk("4")});
  }));
  const std::string large(64 << 10, 'x');
  for (int i = 0; i < 150; ++i) {  // more than sockets hold
    ASSERT_EQ(kOk, client.ask(resp({"SET", "large", large})));
    ASSERT_EQ(kOk, neighbour.ask(resp({"SET", "n", "1"})));
  }
  EXPECT_TRUE(same(bulk(large), client.ask(resp({"GET", "large"}))));
  EXPECT_GT(number(proxy, "alpha", "mirrored"), 2);
  EXPECT_GT(number(proxy, "alpha", "mirror_dropped"), 0);
  EXPECT_EQ(0, number(proxy, "alpha", "forward_error"));
  EXPECT_EQ(0, number(proxy, "alpha", "client_err"));
  hanging.resume();
}

TELL_WITH_WORKERS(Routes);

// With "admin" in that folder as the admin port. What was said.
std::string reloaded(const Proxy &proxy, const TempDir &dir, const std::vector<PoolText> &pools) {
  std::string text;
  for (const PoolText &pool : pools) text += pool.text();
  std::ofstream(proxy.config_file() + ".new") << text;
  std::filesystem::rename(proxy.config_file() + ".new", proxy.config_file());
  Stream admin = Stream::unix_socket(dir.file("admin"));
  admin.send("reload\n");
  return admin.read_until_close();
}

// The configuration changes while clients ask for keys of both pools; each reply is checked.
TEST(RoutesReload, LosesNoRequest) {
  SKIP_ON_TWEMPROXY("has no routes");
  RedisServers own = redis_servers(2), users = redis_servers(2), others = redis_servers(1);
  TempDir dir;
  const PoolText plain = redis_pool(own), beta = redis_pool(users, "users");
  PoolText alpha = plain, more = plain;
  const std::string route = "{prefix: \"user:\", pool: users}";
  alpha.set("routes", "[" + route + "]");
  Proxy proxy({alpha, beta}, {.workers = 2, .more = {"--admin", dir.file("admin")}});
  auto reload = [&](const std::vector<PoolText> &pools) { return reloaded(proxy, dir, pools); };
  std::atomic<bool> stop{false};
  std::atomic<long> rounds{0};
  auto ask = [&](int me) {
    Stream client = proxy.connect();
    for (long n = 0; !stop; ++n, ++rounds) {
      std::string mine = std::to_string(me) + ":" + std::to_string(n), user = "user:" + mine, key = "key:" + mine;
      std::string requests = resp({"MSET", user, mine, key, mine}) + resp({"GET", user}) + resp({"MGET", key, user}) +
                             resp({"DEL", user, key});
      std::string replies = kOk + bulk(mine) + array({bulk(mine), bulk(mine)}) + integer(2);
      client.send(requests);
      if (std::string got = client.read_exactly(replies.size()); got != replies) return shown(got);
    }
    return std::string();
  };
  std::vector<std::future<std::string>> clients;
  for (int i = 0; i < 3; ++i) clients.push_back(std::async(std::launch::async, ask, i));
  auto some_rounds = [&] {
    long before = rounds;
    return eventually([&] { return rounds > before + 20; });
  };
  EXPECT_TRUE(some_rounds());
  EXPECT_THAT(reload({alpha, PoolText(beta).set("timeout", "9000")}), StartsWith("ok"));  // the target is another
  EXPECT_TRUE(some_rounds());
  more.set("routes", "[" + route + ", {prefix: \"x\", pool: users}]");
  EXPECT_THAT(reload({more, PoolText(beta).set("timeout", "8000")}), StartsWith("ok"));  // both are
  EXPECT_TRUE(some_rounds());
  EXPECT_THAT(reload({more}), testing::AllOf(StartsWith("error"), HasSubstr("users")));  // it is needed
  EXPECT_THAT(reload({more, redis_pool(others, "gamma"), beta}), StartsWith("ok"));
  EXPECT_TRUE(some_rounds());
  stop = true;
  for (auto &client : clients) EXPECT_EQ("", client.get());
  // A target with other servers: what comes next goes there.
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "user:a", "1"})));
  PoolText moved = PoolText(beta.name()).redis().set("hash", "murmur").server(others[0]->address());
  EXPECT_THAT(reload({more, moved}), StartsWith("ok"));
  EXPECT_EQ("$-1\r\n", client.ask(resp({"GET", "user:a"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "user:a", "2"})));
  EXPECT_EQ(bulk("2"), others[0]->call({"GET", "user:a"}));
}

// Of two pools that send to each other neither waits for the other's end.
TEST(RoutesReload, LeavesPoolsThatSendToEachOther) {
  SKIP_ON_TWEMPROXY("has no routes");
  RedisServers primary = redis_servers(1), replica = redis_servers(1);
  TempDir dir;
  PoolText alpha = redis_pool(primary).set("routes", "[{commands: read, pool: replicas}]");
  PoolText replicas = redis_pool(replica, "replicas").set("on_failure", "failover").set("failover_pool", "alpha");
  Proxy proxy({alpha, replicas}, {.workers = 2, .more = {"--admin", dir.file("admin")}});
  Stream client = proxy.connect(), there = proxy.connect(1);
  auto left = [&] {
    const std::string log = proxy.log(), line = ": the one before the reload is left\n";
    int n = 0;
    for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++n;
    return n;
  };
  for (int round = 1; round <= 2; ++round) {
    EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
    EXPECT_EQ("$-1\r\n", client.ask(resp({"GET", "k"})));
    EXPECT_EQ("$-1\r\n", there.ask(resp({"GET", "k"})));
    const std::string timeout = std::to_string(8000 + round);
    const std::vector<PoolText> both = {PoolText(alpha).set("timeout", timeout),
                                        PoolText(replicas).set("timeout", timeout)};
    EXPECT_THAT(reloaded(proxy, dir, both), StartsWith("ok"));
    EXPECT_TRUE(eventually([&] { return left() == 2 * round; })) << proxy.log();
  }
}

// The reads wait at a server that is lost after the reload: they are for the servers of their pool, not for those whose
// places in the worker's row were theirs before.
TEST(RoutesReload, ReadsThatAreSentAgainStayInTheirPool) {
  SKIP_ON_TWEMPROXY("has no routes");
  RedisServers own = redis_servers(1), users = redis_servers(2), orders = redis_servers(1);
  std::promise<void> asked, lose;
  std::shared_future<void> lost = lose.get_future().share();
  std::atomic<int> requests{0};
  FakeServer hanging([&](Stream &s) {
    s.read_request();
    if (++requests == 1) asked.set_value();
    lost.wait();
  });
  TempDir dir;
  PoolText alpha = redis_pool(own)
                       .set("retry", "reads")
                       .set("routes", "[{prefix: \"user:\", pool: users}, {prefix: \"order:\", pool: orders}]");
  PoolText of_orders =
      PoolText("orders").redis().set("hash", "murmur").set("retry", "reads").set("auto_eject_hosts", "true");
  of_orders.set("server_failure_limit", "1").set("server_retry_timeout", "60000");
  of_orders.server(hanging.address(), "s0").server(orders[0]->address(), "s1");
  PoolText one = PoolText("users").redis().server(users[0]->address(), "s0");
  PoolText two = PoolText(one).server(users[1]->address(), "s1");
  Proxy proxy({alpha, one, of_orders}, {.workers = 1, .more = {"--admin", dir.file("admin")}});
  Stream client = proxy.connect();
  std::string requested, wanted;
  for (int i = 0; i < 16; ++i) {
    const std::string key = "order:" + std::to_string(i);
    orders[0]->call({"SET", key, "an order"});
    for (auto &server : users) server->call({"SET", key, "a user"});
    requested += resp({"GET", key});
    wanted += bulk("an order");
  }
  client.send(requested);
  asked.get_future().wait();
  EXPECT_THAT(reloaded(proxy, dir, {alpha, two, of_orders}), StartsWith("ok"));
  lose.set_value();
  EXPECT_EQ(wanted, client.read_exactly(wanted.size()));
}

}  // namespace
}  // namespace weir::test
