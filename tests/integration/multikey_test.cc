// Commands with many keys, taken apart over the servers and put together again.
#include <set>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class MultiKey : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
};

TEST_P(MultiKey, MgetPutsValuesInTheOrderOfItsKeys) {
  std::vector<std::string> keys, values;
  for (int i = 0; i < 100; ++i) {
    keys.push_back("key" + std::to_string(i));
    ask({"SET", keys.back(), "value" + std::to_string(i)});
  }
  std::vector<std::string> mget = {"MGET"};
  for (size_t i = 0; i < 100; ++i) {
    mget.push_back(keys[i * 37 % 100]);
    values.push_back(bulk("value" + std::to_string(i * 37 % 100)));
  }
  EXPECT_EQ(array(values), ask(mget));
}

TEST_P(MultiKey, MgetAnswersTwiceForADuplicateAndNilForAMissingKey) {
  ask({"MSET", "a", "1", "b", "2", "c", "3"});
  EXPECT_EQ(array({bulk("1"), kNil, bulk("2"), bulk("1"), bulk("3"), kNil, bulk("1")}),
            ask({"MGET", "a", "none", "b", "a", "c", "nothing", "a"}));
}

TEST_P(MultiKey, MgetOfAKeyOfAnotherTypeIsNil) {
  ask({"LPUSH", "list", "x"});
  ask({"SET", "a", "1"});
  EXPECT_EQ(array({bulk("1"), kNil, kNil}), ask({"MGET", "a", "list", "none"}));
}

TEST_P(MultiKey, MsetSpreadsItsPairsOverTheServersAndTheLastOfADuplicateWins) {
  std::vector<std::string> mset = {"MSET"};
  for (int i = 0; i < 60; ++i) mset.insert(mset.end(), {"key" + std::to_string(i), std::to_string(i)});
  mset.insert(mset.end(), {"key7", "last"});
  EXPECT_EQ(kOk, ask(mset));
  EXPECT_EQ(bulk("last"), ask({"GET", "key7"}));
  long total = 0;
  for (const auto &s : servers_) {
    long n = atol(s->call({"DBSIZE"}).c_str() + 1);
    EXPECT_GT(n, 0);
    total += n;
  }
  EXPECT_EQ(60, total);
}

TEST_P(MultiKey, DelUnlinkAndTouchAddUp) {
  auto fill = [&] { ask({"MSET", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5"}); };
  fill();
  EXPECT_EQ(integer(5), ask({"TOUCH", "a", "b", "none", "c", "d", "e"}));
  EXPECT_EQ(integer(3), ask({"DEL", "a", "none", "b", "a", "c"}));  // the second a is gone by then
  fill();
  EXPECT_EQ(integer(5), ask({"UNLINK", "a", "b", "c", "d", "e", "none"}));
  EXPECT_EQ(integer(0), ask({"DEL", "a", "b", "c", "d", "e"}));
}

TEST_P(MultiKey, ExistsCountsOverAllServers) {
  SKIP_ON_TWEMPROXY("EXISTS is not split");
  ask({"MSET", "a", "1", "b", "2", "c", "3", "d", "4"});
  EXPECT_EQ(integer(5), ask({"EXISTS", "a", "b", "c", "none", "d", "a"}));
}

TEST_P(MultiKey, NamesOfCommandsAreTakenInAnyCase) {
  EXPECT_EQ(kOk, ask({"mSeT", "a", "1", "b", "2"}));
  EXPECT_EQ(array({bulk("1"), bulk("2")}), ask({"mget", "a", "b"}));
  EXPECT_EQ(integer(2), ask({"Del", "a", "b"}));
}

TEST_P(MultiKey, TenThousandKeysInOneCommand) {
  std::vector<std::string> mset = {"MSET"}, mget = {"MGET"}, del = {"DEL"}, values;
  for (int i = 0; i < 10'000; ++i) {
    std::string key = "key" + std::to_string(i), value = "value" + std::to_string(i);
    mset.insert(mset.end(), {key, value});
    mget.push_back(key);
    del.push_back(key);
    values.push_back(bulk(value));
  }
  EXPECT_EQ(kOk, ask(mset));
  EXPECT_TRUE(same(array(values), ask(mget)));
  EXPECT_EQ(integer(10'000), ask(del));
  EXPECT_EQ(bulk("alive"), ask({"SET", "k", "alive"}) == kOk ? ask({"GET", "k"}) : "");
}

TEST_P(MultiKey, LargeValuesInOneMget) {
  std::string big(1 << 20, 'b');
  ask({"SET", "a", big});
  ask({"SET", "b", "small"});
  ask({"SET", "c", big});
  EXPECT_TRUE(same(array({bulk(big), bulk("small"), kNil, bulk(big)}), ask({"MGET", "a", "b", "none", "c"})));
}

TEST_P(MultiKey, ManyClientsDoNotMixTheirParts) {
  side_by_side(8, [&](int id) {
    Stream client = proxy_.connect();
    std::vector<std::string> mset = {"MSET"}, mget = {"MGET"}, values;
    for (int i = 0; i < 30; ++i) {
      std::string key = std::to_string(id) + ":" + std::to_string(i);
      mset.insert(mset.end(), {key, "of " + key});
      mget.push_back(key);
      values.push_back(bulk("of " + key));
    }
    for (int round = 0; round < (slow_build() ? 5 : 50); ++round) {
      client.send(resp(mset) + resp(mget) + resp(mget));
      ASSERT_TRUE(same(kOk + array(values) + array(values), client.read_replies(3))) << "client " << id;
    }
  });
}

TEST_P(MultiKey, KeysOfOneCommandOnTwoServersAreRefusedAndTheConnectionGoesOn) {
  SKIP_ON_TWEMPROXY("sends such a command to the server of its first key");
  std::string here = key_on(client_, *servers_[0], "set"), there = key_on(client_, *servers_[1], "set");
  std::string refused = ask({"RENAME", here, there});
  EXPECT_THAT(refused, StartsWith("-"));
  EXPECT_EQ("+PONG\r\n", ask({"PING"}));
  EXPECT_EQ(bulk("x"), ask({"GET", here}));
}

TEST_P(MultiKey, KeysOfOneCommandOnOneServerAreServed) {
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers).set("hash_tag", "\"{}\""), GetParam());
  Stream client = proxy.connect();
  EXPECT_EQ(integer(2), client.ask(resp({"SADD", "{t}a", "1", "2"})));
  EXPECT_EQ(integer(1), client.ask(resp({"SADD", "{t}b", "2"})));
  EXPECT_EQ(array({bulk("1")}), client.ask(resp({"SDIFF", "{t}a", "{t}b"})));
  EXPECT_EQ(integer(2), client.ask(resp({"SUNIONSTORE", "{t}c", "{t}a", "{t}b"})));
}

TELL_WITH_WORKERS(MultiKey);

class MemcachedMultiGet : public WithWorkers {
 protected:
  Memcacheds servers_ = memcacheds(3);
  Proxy proxy_{memcached_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();
  std::string ask(const std::string &request) {
    client_.send(request);
    return client_.read_memcached();
  }
};

TEST_P(MemcachedMultiGet, LeavesOutMissesAndKeepsTheRestWhole) {
  std::string get = "get", hits;
  for (int i = 0; i < 60; ++i) {
    std::string key = "key" + std::to_string(i);
    get += " " + key;
    if (i % 3 == 0) continue;
    EXPECT_EQ("STORED\r\n", ask(mc_set(key, "value " + key, std::to_string(i))));
    hits += mc_value(key, "value " + key, std::to_string(i));
  }
  std::string got = ask(get + "\r\n");
  if (proxy_is_twemproxy()) {  // a miss moves what comes after it
    EXPECT_EQ(hits.size() + 5, got.size());
  } else {
    EXPECT_TRUE(same(hits + "END\r\n", got));
  }
  EXPECT_EQ("END\r\n", ask("get none nothing nowhere\r\n"));
}

TEST_P(MemcachedMultiGet, GetsCarriesTheServersOwnCas) {
  ask(mc_set("a", "1"));
  ask(mc_set("b", "2"));
  std::string both = ask("gets a b\r\n");
  EXPECT_THAT(both, MatchesRegex("VALUE a 0 1 [0-9]+\r\n1\r\nVALUE b 0 1 [0-9]+\r\n2\r\nEND\r\n"));
  std::string cas = both.substr(12, both.find('\r') - 12);
  EXPECT_EQ("STORED\r\n", ask("cas a 0 0 1 " + cas + "\r\n3\r\n"));
  EXPECT_EQ("EXISTS\r\n", ask("cas a 0 0 1 " + cas + "\r\n4\r\n"));
}

TEST_P(MemcachedMultiGet, ThousandsOfKeysInOneCommand) {
  const int n = 2'000;
  std::string get = "get", sets, stored, hits;
  for (int i = 0; i < n; ++i) {
    std::string key = "key" + std::to_string(i);
    sets += mc_set(key, key);
    stored += "STORED\r\n";
    get += " " + key;
    hits += mc_value(key, key);
  }
  client_.send(sets);
  EXPECT_TRUE(same(stored, client_.read_exactly(stored.size())));
  EXPECT_TRUE(same(hits + "END\r\n", ask(get + "\r\n")));
}

TELL_WITH_WORKERS(MemcachedMultiGet);

class LargeReply : public WithWorkers {};

// Parts of an MGET have to be held until all are there. One that is over the bound must fail alone: its connection
// carries other clients' requests.
TEST_P(LargeReply, ARepliesPartTooLargeToBeHeldFailsItsOwnRequestOnly) {
  SKIP_ON_TWEMPROXY("has no such bound");
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("client_output_limit", "1m"), GetParam());
  Stream client = proxy.connect(), other = proxy.connect();
  std::vector<std::string> mget = {"MGET"};
  for (int i = 0; i < 10; ++i) {
    mget.push_back("large" + std::to_string(i));
    ASSERT_EQ(kOk, client.ask(resp({"SET", mget.back(), std::string(1'000'000, 'x')})));
  }
  ASSERT_EQ(kOk, other.ask(resp({"SET", "small", "value"})));
  for (int round = 0; round < 3; ++round) {
    client.send(resp(mget));
    for (int i = 0; i < 50; ++i) EXPECT_EQ(bulk("value"), other.ask(resp({"GET", "small"})));
    EXPECT_THAT(client.read_reply(), StartsWith("-ERR"));
    EXPECT_EQ(bulk("value"), client.ask(resp({"GET", "small"})));
  }
  Json page = proxy.stats();
  for (const char *name : {"s0", "s1"}) {
    EXPECT_EQ(0, page.at("alpha").at(name).number("server_err")) << "its connection was closed";
    EXPECT_EQ(0, page.at("alpha").at(name).number("server_eof"));
  }
}

TEST_P(LargeReply, AMultiGetTooLargeToBeHeldFailsItsOwnRequestOnly) {
  SKIP_ON_TWEMPROXY("has no such bound");
  Memcacheds servers = memcacheds(2);
  Proxy proxy(memcached_pool(servers).set("client_output_limit", "1m"), GetParam());
  Stream client = proxy.connect(), other = proxy.connect();
  std::string get = "get";
  for (int i = 0; i < 20; ++i) {
    std::string key = "large" + std::to_string(i);
    client.send(mc_set(key, std::string(500'000, 'x')));
    ASSERT_EQ("STORED", client.read_line());
    get += " " + key;
  }
  other.send(mc_set("small", "value"));
  ASSERT_EQ("STORED", other.read_line());
  for (int round = 0; round < 3; ++round) {
    client.send(get + "\r\n");
    for (int i = 0; i < 50; ++i) {
      other.send("get small\r\n");
      EXPECT_EQ("VALUE small 0 5", other.read_line());
      EXPECT_EQ("value", other.read_line());
      EXPECT_EQ("END", other.read_line());
    }
    EXPECT_THAT(client.read_line(), StartsWith("SERVER_ERROR"));
  }
  Json page = proxy.stats();
  for (const char *name : {"s0", "s1"}) EXPECT_EQ(0, page.at("alpha").at(name).number("server_err"));
}

TELL_WITH_WORKERS(LargeReply);

}  // namespace
}  // namespace weir::test
