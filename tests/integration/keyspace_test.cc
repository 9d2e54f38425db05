// Commands about all keys of a pool, wherever they lie: as if there were one server.
#include <algorithm>
#include <set>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

// "*2\r\n$1\r\na\r\n$1\r\nb\r\n": the elements, when all are bulk strings.
std::vector<std::string> strings(const std::string &reply) {
  std::vector<std::string> all;
  size_t at = reply.find('\n') + 1;
  while (at < reply.size()) {
    size_t line = reply.find('\n', at) + 1, len = std::stoul(reply.substr(at + 1));
    all.push_back(reply.substr(line, len));
    at = line + len + 2;
  }
  return all;
}

struct Scanned {
  std::string cursor;
  std::vector<std::string> keys;
};
Scanned scanned(const std::string &reply) {
  EXPECT_THAT(reply, StartsWith("*2\r\n$"));
  size_t begin = reply.find('\n', 5) + 1, end = reply.find('\r', begin);
  return {reply.substr(begin, end - begin), strings(reply.substr(end + 2))};
}

class Keyspace : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  std::set<std::string> fill(int n) {
    std::vector<std::string> mset = {"MSET"};
    std::set<std::string> keys;
    for (int i = 0; i < n; ++i) {
      keys.insert("key" + std::to_string(i));
      mset.insert(mset.end(), {"key" + std::to_string(i), "x"});
    }
    EXPECT_EQ(kOk, ask(mset));
    return keys;
  }
  // The whole scan: what came, once for each time it came.
  std::vector<std::string> scan(const std::vector<std::string> &options = {}) {
    std::vector<std::string> all;
    std::string cursor = "0";
    for (int rounds = 0; rounds < 100'000; ++rounds) {
      std::vector<std::string> args = {"SCAN", cursor};
      args.insert(args.end(), options.begin(), options.end());
      Scanned step = scanned(ask(args));
      all.insert(all.end(), step.keys.begin(), step.keys.end());
      cursor = step.cursor;
      if (cursor == "0") return all;
    }
    ADD_FAILURE() << "the scan does not end";
    return all;
  }
};

TEST_P(Keyspace, AScanSeesEveryKeyOfEveryServerOnce) {
  SKIP_ON_TWEMPROXY("has no SCAN");
  std::set<std::string> keys = fill(2'000);
  for (const auto &s : servers_) EXPECT_NE(integer(0), s->call({"DBSIZE"}));
  std::vector<std::string> seen = scan();
  EXPECT_EQ(keys.size(), seen.size()) << "nothing changes meanwhile, so nothing comes twice";
  EXPECT_EQ(keys, std::set<std::string>(seen.begin(), seen.end()));
}

TEST_P(Keyspace, AScanPassesItsOptionsOn) {
  SKIP_ON_TWEMPROXY("has no SCAN");
  fill(200);
  ask({"SADD", "set1", "a"});
  ask({"SADD", "set2", "a"});
  std::vector<std::string> some = scan({"MATCH", "key1?", "COUNT", "17"});
  EXPECT_EQ(10u, some.size());
  std::vector<std::string> sets = scan({"TYPE", "set", "COUNT", "1000"});
  std::sort(sets.begin(), sets.end());
  EXPECT_EQ((std::vector<std::string>{"set1", "set2"}), sets);
  client_.send("scan 0 match set? count 1000\r\n");
  EXPECT_THAT(client_.read_reply(), StartsWith("*2\r\n$1\r\n1\r\n"));
}

TEST_P(Keyspace, AKeyThatIsThereAllTheTimeIsSeenWhileTablesGrowAndShrink) {
  SKIP_ON_TWEMPROXY("has no SCAN");
  std::set<std::string> keys = fill(300), seen;
  Stream writer = proxy_.connect();
  std::string cursor = "0";
  for (int step = 0; step == 0 || cursor != "0"; ++step) {
    Scanned part = scanned(ask({"SCAN", cursor, "COUNT", "20"}));
    seen.insert(part.keys.begin(), part.keys.end());
    cursor = part.cursor;
    std::string batch;
    for (int i = 0; i < 200; ++i) {
      std::string key = "other" + std::to_string(step / 2 * 200 + i);
      batch += step % 2 == 0 ? resp({"SET", key, "x"}) : resp({"DEL", key});
    }
    writer.send(batch);
    writer.read_replies(200);
    ASSERT_LT(step, 10'000);
  }
  for (const std::string &key : keys) EXPECT_TRUE(seen.count(key)) << key;
}

TEST_P(Keyspace, AScanWhoseNextServerIsGoneFailsAndGoesOnWhenItIsBack) {
  SKIP_ON_TWEMPROXY("has no SCAN");
  fill(50);
  servers_[1]->kill();
  EXPECT_THAT(scanned(ask({"SCAN", "0", "COUNT", "1000"})).cursor, "1");
  EXPECT_THAT(ask({"SCAN", "1"}), StartsWith("-ERR"));
  EXPECT_EQ("-ERR invalid cursor: it names a server that the pool does not have; begin again with SCAN 0\r\n",
            ask({"SCAN", "3"}));
  servers_[1]->start();
  EXPECT_THAT(scanned(ask({"SCAN", "1"})).cursor, "2");
}

TEST_P(Keyspace, RandomKeysComeFromEveryServer) {
  SKIP_ON_TWEMPROXY("has no RANDOMKEY");
  EXPECT_EQ(kNil, ask({"RANDOMKEY"}));
  fill(30);
  std::set<size_t> seen;
  for (int i = 0; i < 1'000 && seen.size() < servers_.size(); ++i) {
    std::string key = strings("*1\r\n" + ask({"RANDOMKEY"})).at(0);
    for (size_t s = 0; s < servers_.size(); ++s)
      if (servers_[s]->call({"EXISTS", key}) == integer(1)) seen.insert(s);
  }
  EXPECT_EQ(servers_.size(), seen.size());
  std::string only = "only";
  EXPECT_EQ(kOk, ask({"FLUSHALL", "SYNC"}));
  EXPECT_EQ(kOk, ask({"SET", only, "x"}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(bulk(only), ask({"RANDOMKEY"}));
}

TEST_P(Keyspace, KeysSizesAndFlushesAreOfAllServers) {
  SKIP_ON_TWEMPROXY("has no KEYS");
  std::set<std::string> keys = fill(100);
  std::vector<std::string> got = strings(ask({"KEYS", "key*"}));
  EXPECT_EQ(100u, got.size());
  EXPECT_EQ(keys, std::set<std::string>(got.begin(), got.end()));
  EXPECT_EQ(integer(100), ask({"DBSIZE"}));
  for (const std::vector<std::string> &flush : {std::vector<std::string>{"FLUSHALL", "ASYNC"}, {"FLUSHDB", "SYNC"}}) {
    EXPECT_EQ("-ERR syntax error\r\n", ask({flush[0], "nonsense"}));
    EXPECT_EQ(integer(100), ask({"DBSIZE"}));
    EXPECT_EQ(kOk, ask(flush));
    EXPECT_EQ(integer(0), ask({"DBSIZE"}));
    fill(100);
  }
  servers_[2]->kill();
  EXPECT_THAT(ask({"FLUSHALL"}), MatchesRegex("-ERR .* \\(server 3 of 3\\)\r\n"));
  EXPECT_EQ(integer(0), servers_[0]->call({"DBSIZE"})) << "the others have done it";
}

TEST_P(Keyspace, SubscriptionsAreCountedWhereverTheyAre) {
  SKIP_ON_TWEMPROXY("has no PUBSUB");
  EXPECT_EQ("*0\r\n", ask({"PUBSUB", "CHANNELS"}));
  std::vector<Stream> listeners;
  for (const auto &s : servers_) {
    listeners.push_back(s->connect());
    EXPECT_THAT(listeners.back().ask(resp({"SUBSCRIBE", "news"})), HasSubstr("subscribe"));
    EXPECT_THAT(listeners.back().ask(resp({"PSUBSCRIBE", "n*"})), HasSubstr("psubscribe"));
  }
  EXPECT_THAT(listeners[0].ask(resp({"SUBSCRIBE", "sport"})), HasSubstr("subscribe"));
  EXPECT_EQ(array({bulk("news"), bulk("sport")}), ask({"PUBSUB", "CHANNELS"}));
  EXPECT_EQ(array({bulk("sport")}), ask({"PUBSUB", "CHANNELS", "s*"}));
  EXPECT_EQ(array({bulk("sport"), integer(1), bulk("none"), integer(0), bulk("news"), integer(3)}),
            ask({"PUBSUB", "NUMSUB", "sport", "none", "news"}));
  EXPECT_EQ(integer(1), ask({"PUBSUB", "NUMPAT"}));
  EXPECT_EQ("*0\r\n", ask({"PUBSUB", "SHARDCHANNELS"}));
  EXPECT_EQ(array({bulk("x"), integer(0)}), ask({"PUBSUB", "SHARDNUMSUB", "x"}));
}

TEST_P(Keyspace, ScriptsAndFunctionsAreOnEveryServer) {
  SKIP_ON_TWEMPROXY("has no SCRIPT");
  const std::string sha = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db", body = "return 1", none(40, '0');
  EXPECT_EQ(bulk(sha), ask({"SCRIPT", "LOAD", body}));
  for (const auto &s : servers_) EXPECT_EQ(array({integer(1)}), s->call({"SCRIPT", "EXISTS", sha}));
  EXPECT_EQ(array({integer(1), integer(0)}), ask({"SCRIPT", "EXISTS", sha, none}));
  EXPECT_THAT(ask({"SCRIPT", "LOAD", "return ("}), StartsWith("-ERR Error compiling script"));
  EXPECT_EQ(kOk, servers_[1]->call({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(array({integer(1)}), ask({"SCRIPT", "EXISTS", sha})) << "weir has it";
  const std::string two = "7f923f79fe76194c868d7e1d0820de36700eb649";
  EXPECT_EQ(array({integer(0)}), ask({"SCRIPT", "EXISTS", two}));
  EXPECT_EQ(integer(2), ask({"EVAL", "return 2", "1", "key"}));
  EXPECT_EQ(array({integer(1)}), ask({"SCRIPT", "EXISTS", two})) << "it ran somewhere, and weir saw it";
  EXPECT_EQ(kOk, ask({"SCRIPT", "FLUSH", "SYNC"}));

  const std::string library = "#!lua name=lib\nredis.register_function('one', function() return 1 end)";
  EXPECT_EQ(bulk("lib"), ask({"FUNCTION", "LOAD", library}));
  EXPECT_THAT(ask({"FUNCTION", "LOAD", library}), StartsWith("-ERR Library 'lib' already exists"));
  for (const auto &s : servers_) EXPECT_EQ(integer(1), ask({"FCALL", "one", "1", key_on(client_, *s, "for")}));
  EXPECT_EQ(servers_[0]->call({"FUNCTION", "LIST"}), ask({"FUNCTION", "LIST"}));
  std::string dump = ask({"FUNCTION", "DUMP"});
  dump = dump.substr(dump.find('\n') + 1);
  dump.resize(dump.size() - 2);
  EXPECT_EQ(kOk, ask({"FUNCTION", "DELETE", "lib"}));
  EXPECT_THAT(ask({"FCALL", "one", "0"}), StartsWith("-ERR Function not found"));
  EXPECT_EQ(kOk, ask({"FUNCTION", "RESTORE", dump}));
  EXPECT_EQ(integer(1), ask({"FCALL", "one", "0"}));
  EXPECT_EQ(kOk, ask({"FUNCTION", "FLUSH"}));
  for (const auto &s : servers_) EXPECT_EQ("*0\r\n", s->call({"FUNCTION", "LIST"}));
}

TEST_P(Keyspace, AnyDatabaseAndVersionIsSeenWhole) {
  SKIP_ON_TWEMPROXY("has no HELLO");
  EXPECT_EQ(kOk, ask({"SET", "in database 0", "x"}));
  EXPECT_THAT(ask({"HELLO", "3"}), StartsWith("%"));
  EXPECT_EQ(kOk, ask({"SELECT", "5"}));
  EXPECT_EQ("_\r\n", ask({"RANDOMKEY"}));
  std::set<std::string> keys = fill(300);
  std::vector<std::string> seen = scan({"COUNT", "17"});
  EXPECT_EQ(keys.size(), seen.size());
  EXPECT_EQ(keys, std::set<std::string>(seen.begin(), seen.end()));
  EXPECT_EQ(integer(300), ask({"DBSIZE"}));
  EXPECT_THAT(ask({"RANDOMKEY"}), StartsWith("$"));
  EXPECT_EQ(array({bulk("none"), integer(0)}), ask({"PUBSUB", "NUMSUB", "none"}));
  std::string sets = "~1\r\n" + bulk("b");
  for (const char *name : {"one", "two", "three"}) ask({"SADD", name, "b", name});
  EXPECT_EQ(sets, ask({"SINTER", "one", "two", "three"}));
  for (const char *name : {"z1", "z2", "z3"}) ask({"ZADD", name, "1.5", "b", "2", name});
  EXPECT_EQ("*1\r\n*2\r\n" + bulk("z1") + ",2\r\n", ask({"ZDIFF", "3", "z1", "z2", "z3", "WITHSCORES"}));
  EXPECT_EQ(kOk, ask({"FLUSHDB"}));
  EXPECT_EQ(kOk, ask({"SELECT", "0"}));
  EXPECT_EQ(array({bulk("in database 0")}), ask({"KEYS", "*"}));
}

TEST_P(Keyspace, TimesAreOneNumber) {
  SKIP_ON_TWEMPROXY("has no TIME");
  EXPECT_THAT(ask({"TIME"}), MatchesRegex("\\*2\r\n\\$10\r\n[0-9]{10}\r\n\\$[1-6]\r\n[0-9]+\r\n"));
  EXPECT_THAT(ask({"LASTSAVE"}), MatchesRegex(":[0-9]{10}\r\n"));
  EXPECT_EQ(kOk, ask({"SWAPDB", "0", "1"}));
  EXPECT_EQ("-ERR DB index is out of range\r\n", ask({"SWAPDB", "0", "99"}));
}

TELL_WITH_WORKERS(Keyspace);

}  // namespace
}  // namespace weir::test
