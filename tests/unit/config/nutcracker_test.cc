// twemproxy's form: files load unchanged, and each of its complaints has one here.
#include <gmock/gmock.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;

TEST(Nutcracker, FillsInTwemproxysDefaults) {
  Loaded loaded = load(nutcracker_pool(""));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_TRUE(loaded.settings->nutcracker);
  EXPECT_EQ(loaded.settings->file, "f");
  EXPECT_EQ(loaded.settings->workers, 0u);
  const Pool &pool = loaded.pool();
  EXPECT_EQ(pool.name, "alpha");
  EXPECT_EQ(pool.place.line, 1);
  EXPECT_EQ(pool.protocol.name, "memcache");
  EXPECT_EQ(pool.hash.name, "fnv1a_64");
  EXPECT_EQ(pool.distribution.name, "ketama");
  EXPECT_EQ(pool.hash_tag, "");
  EXPECT_EQ(pool.timeout_us, 0u);
  EXPECT_EQ(pool.connect_timeout_us, 5'000'000u);
  EXPECT_EQ(pool.backlog, 512u);
  EXPECT_EQ(pool.client_connections, 0u);
  EXPECT_EQ(pool.server_connections, 1u);
  EXPECT_EQ(pool.server_retry_timeout_us, 30'000'000u);
  EXPECT_EQ(pool.server_failure_limit, 2u);
  EXPECT_FALSE(pool.tcpkeepalive || pool.reuseport || pool.preconnect || pool.auto_eject_hosts);
  EXPECT_EQ(pool.request_limit, 512u << 20);
  EXPECT_EQ(pool.max_keys, 1'048'576u);
  EXPECT_EQ(pool.client_inflight, 65'536u);
  EXPECT_EQ(pool.client_output_limit, 64u << 20);
  EXPECT_EQ(pool.server_queue_limit, 64u << 20);
  EXPECT_EQ(pool.client_stall_timeout_us, 30'000'000u);
  EXPECT_EQ(pool.idle_timeout_us, 0u);
  EXPECT_EQ(pool.server_inflight, 262'144u);
  EXPECT_EQ(pool.tcpkeepalive_idle_us + pool.tcpkeepalive_interval_us + pool.tcpkeepalive_count, 0u);
  EXPECT_EQ(pool.tcp_user_timeout_us, 0u);
  EXPECT_EQ(loaded.settings->max_clients, 0u);
}

TEST(Nutcracker, ReadsEveryKey) {
  Loaded loaded = load(R"(alpha:
  listen: /tmp/a.sock 0600
  hash: md5
  hash_tag: "{}"
  distribution: modula
  timeout: 400
  backlog: 1024
  client_connections: 7
  redis: true
  tcpkeepalive: true
  reuseport: true
  redis_auth: s3cret
  redis_db: 4
  preconnect: true
  auto_eject_hosts: true
  server_connections: 3
  server_retry_timeout: 2000
  server_failure_limit: 5
  servers:
    - 127.0.0.1:6379:1 one
    - /tmp/s.sock:2
)");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Pool &pool = loaded.pool();
  EXPECT_EQ(pool.listen.path, "/tmp/a.sock");
  EXPECT_EQ(pool.listen.mode, 0600u);
  EXPECT_EQ(pool.hash.name, "md5");
  EXPECT_EQ(pool.hash_tag, "{}");
  EXPECT_EQ(pool.distribution.name, "modula");
  EXPECT_EQ(pool.timeout_us, 400'000u);
  EXPECT_EQ(pool.backlog, 1024u);
  EXPECT_EQ(pool.client_connections, 7u);
  EXPECT_EQ(pool.protocol.name, "redis");
  EXPECT_TRUE(pool.tcpkeepalive && pool.reuseport && pool.preconnect && pool.auto_eject_hosts);
  EXPECT_EQ(pool.protocol.options->find("redis_auth")->text, "s3cret");
  EXPECT_EQ(pool.protocol.options->find("redis_db")->text, "4");
  EXPECT_EQ(pool.server_connections, 3u);
  EXPECT_EQ(pool.server_retry_timeout_us, 2'000'000u);
  EXPECT_EQ(pool.server_failure_limit, 5u);
  ASSERT_EQ(pool.servers.size(), 2u);
  EXPECT_EQ(pool.servers[0].name, "one");
  EXPECT_EQ(pool.servers[1].name, "/tmp/s.sock:");
  EXPECT_EQ(pool.servers[1].place.line, 21);
}

TEST(Nutcracker, TakesQuotedValuesAndTheWordNullAsTwemproxyDoes) {
  Loaded loaded = load(nutcracker_pool("  redis: \"true\"\n  redis_auth: null\n  redis_db: '2'\n  backlog: \"9\"\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Node &options = *loaded.pool().protocol.options;
  EXPECT_EQ(options.find("redis_auth")->text, "null");
  EXPECT_EQ(options.find("redis_auth")->kind, Node::Kind::scalar);
  EXPECT_TRUE(options.find("redis_auth")->quoted);
  EXPECT_FALSE(options.find("redis_db")->quoted) << "a component asks for a number";
  EXPECT_EQ(loaded.pool().backlog, 9u);
}

TEST(Nutcracker, TakesPasswordsAndPoolNamesThatTwemproxyTakes) {
  for (std::string text :
       {"true", "123", "a b", "a#b", "a:b", "-x", "pass,word[1]", "?x", "100%", "=", "<<", "~", "\xc3\xbc"}) {
    Loaded loaded = load(nutcracker_pool("  redis: true\n  redis_auth: " + text + "\n"));
    ASSERT_TRUE(loaded.settings) << text << loaded.complaints;
    EXPECT_EQ(loaded.pool().protocol.options->find("redis_auth")->text, text);
  }
  for (std::string name : {"a b", "null", "1", "~"}) {
    Loaded loaded = load(name + ":\r\n  listen: h:1\r\n  servers:\r\n  - h:1:1 a:b\r\n");
    ASSERT_TRUE(loaded.settings) << name << loaded.complaints;
    EXPECT_EQ(loaded.pool().name, name);
    EXPECT_EQ(loaded.pool().servers.at(0).name, "a:b");
  }
}

TEST(Nutcracker, TakesTheKeysOfWeirsOwn) {
  Loaded loaded = load(nutcracker_pool("  protocol: redis\n  connect_timeout: 1s\n  filters: [loose]\n"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.pool().connect_timeout_us, 1'000'000u);
  EXPECT_EQ(loaded.pool().filters.at(0).name, "loose");
}

TEST(Nutcracker, IgnoresAnotherProtocolsHarmlessKeyAsTwemproxyDoes) {
  EXPECT_TRUE(load(nutcracker_pool("  redis: false\n  redis_db: 1\n")).settings);
  EXPECT_EQ(load(nutcracker_pool("  redis_db: x\n")).complaints,
            "f:4: pools.alpha.redis_db: expected a number from 0 to 2147483647, found \"x\"\n");
}

TEST(Nutcracker, ComplainsAboutEachKeyAtItsLine) {
  struct Case {
    const char *lines, *said;
  };
  for (const Case &c : {
           Case{"  hash: md5\n  hash: md5\n",
                "f:5: pools.alpha.hash: is a duplicate, first given in line 4; keep one of both\n"},
           Case{"  timeout: -1\n",
                "f:4: pools.alpha.timeout: expected a duration of at most a year like 250ms, 2s or "
                "400 (milliseconds), found \"-1\"\n"},
           Case{"  backlog: 1k\n", "f:4: pools.alpha.backlog: expected a number from 0 to 2147483647, found \"1k\"\n"},
           Case{"  backlog: +1\n", "f:4: pools.alpha.backlog: expected a number from 0 to 2147483647, found \"+1\"\n"},
           Case{"  server_failure_limit: 99999999999999999999\n",
                "f:4: pools.alpha.server_failure_limit: expected a number from 0 to 2147483647, found "
                "\"99999999999999999999\"\n"},
           Case{"  server_connections: 0\n",
                "f:4: pools.alpha.server_connections: expected a number from 1 to 2147483647, found \"0\"\n"},
           Case{"  preconnect: yes\n", "f:4: pools.alpha.preconnect: expected true or false, found \"yes\"\n"},
           Case{"  tcpkeepalive: True\n", "f:4: pools.alpha.tcpkeepalive: expected true or false, found \"True\"\n"},
           Case{"  reuseport:\n", "f:4: pools.alpha.reuseport: expected true or false, found nothing\n"},
           Case{"  auto_eject_hosts: [true]\n",
                "f:4: pools.alpha.auto_eject_hosts: expected true or false, found a list\n"},
           Case{"  redis: 1\n", "f:4: pools.alpha.redis: expected true or false, found \"1\"\n"},
           Case{"  hash: fnv1a_46\n",
                "f:4: pools.alpha.hash: expected one of fnv1a_64, fnv1_64, md5, crc32a, murmur, found "
                "\"fnv1a_46\", did you mean fnv1a_64?\n"},
           Case{"  distribution: ketma\n",
                "f:4: pools.alpha.distribution: expected one of ketama, modula, random, found "
                "\"ketma\", did you mean ketama?\n"},
           Case{"  hash_tag: \"{\"\n",
                "f:4: pools.alpha.hash_tag: expected exactly two characters, like \"{}\", found \"{\"\n"},
           Case{"  hash_tag: \"{}}\"\n",
                "f:4: pools.alpha.hash_tag: expected exactly two characters, like \"{}\", found \"{}}\"\n"},
           Case{"  redis_auth: hunter2\n", "f:4: pools.alpha.redis_auth: is only valid with protocol redis\n"},
           Case{"  server_conections: 2\n",
                "f:4: pools.alpha.server_conections: is unknown, did you mean server_connections?\n"},
           Case{"  zzzzzzzz: 2\n",
                "f:4: pools.alpha.zzzzzzzz: is unknown; docs/config.md lists all keys, and the filters that are loaded "
                "are typed, loose\n"},
       }) {
    EXPECT_EQ(load(nutcracker_pool(c.lines)).complaints, c.said);
  }
}

TEST(Nutcracker, ComplainsAboutThePoolAsAWhole) {
  struct Case {
    const char *text, *said;
  };
  for (const Case &c : {
           Case{"a:\n  listen: h:1\n", "f:1: pools.a.servers: is missing; expected a list of \"host:port:weight"},
           Case{"a:\n  listen: h:1\n  servers:\n", "f:3: pools.a.servers: the pool has no servers; expected a list of"},
           Case{"a:\n  listen: h:1\n  servers: []\n",
                "f:3: pools.a.servers: the pool has no servers; expected a list of"},
           Case{"a:\n  listen: h:1\n  servers: h:1:1\n", "f:3: pools.a.servers: expected a list of"},
           Case{"a:\n  servers:\n    - h:1:1\n",
                "f:1: pools.a.listen: is missing; expected \"host:port\" or \"/path [mode]\""},
           Case{"a:\n  listen: h\n  servers:\n    - h:1:1\n", "f:2: pools.a.listen: expected \"host:port\""},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\n    - h:2:x\n",
                "f:5: pools.a.servers[1]: expected a weight of at least 1"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\n    - [h]\n",
                "f:5: pools.a.servers[1]: expected \"host:port:weight"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1 x\n    - h:2:1\n    - h:3:1 x\n",
                "f:6: pools.a.servers[2]: is the second server named \"x\", after line 4; give one of them another "
                "name"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\nb:\n",
                "f:5: pools.b: expected a map with the keys of a pool (listen, servers, ...), found nothing"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\nb:\n  listen: h:1\n  servers:\n    - h:1:1\n",
                "f:5: pools.b.listen: is the address that pool a listens on (line 1); each pool needs its own"},
           Case{"a:\n  listen: 0.0.0.0:1\n  servers:\n    - h:1:1\nb:\n  listen: 10.0.0.1:1\n  servers:\n    - h:1:1\n",
                "f:5: pools.b.listen: is taken by pool a (line 1), which listens on all addresses of this port; choose "
                "another port"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\na:\n  listen: h:2\n  servers:\n    - h:1:1\n",
                "f:5: pools.a: is a duplicate, first given in line 1; keep one of both"},
           Case{"a:\n  listen: h:1\n  servers:\n    - h:1:1\nworkers: 2\n",
                "f:5: workers: belongs to weir's own form, but this file has twemproxy's"},
       }) {
    Loaded loaded = load(c.text);
    EXPECT_FALSE(loaded.settings) << c.text;
    EXPECT_THAT(loaded.complaints, ::testing::StartsWith(c.said));
    EXPECT_EQ(std::count(loaded.complaints.begin(), loaded.complaints.end(), '\n'), 1) << loaded.complaints;
  }
}

TEST(Nutcracker, SaysAllThatIsWrongInTheOrderOfTheFile) {
  EXPECT_EQ(load(R"(alpha:
  listen: nowhere
  hash: md6
  timeout: soon
  servers:
    - h:1:0
beta:
  redis: maybe
  listen: h:1
)")
                .complaints,
            R"(f:2: pools.alpha.listen: expected "host:port" or "/path [mode]", found "nowhere"
f:3: pools.alpha.hash: expected one of fnv1a_64, fnv1_64, md5, crc32a, murmur, found "md6", did you mean md5?
f:4: pools.alpha.timeout: expected a duration of at most a year like 250ms, 2s or 400 (milliseconds), found "soon"
f:6: pools.alpha.servers[0]: expected a weight of at least 1 in "host:port:weight [name]" or "/path:weight [name]", found "h:1:0"
f:7: pools.beta.servers: is missing; expected a list of "host:port:weight [name]" or "/path:weight [name]"
f:8: pools.beta.redis: expected true or false, found "maybe"
)");
}

TEST(Nutcracker, SortsPoolsByLengthThenBytesAndKeepsServers) {
  auto pool = [](const std::string &name, const std::string &port) {
    return name + ":\n  listen: h:" + port + "\n  servers:\n    - h:2:1 zz\n    - h:1:1 b\n";
  };
  Loaded loaded = load(pool("ccc", "1") + pool("b", "2") + pool("aa", "3") + pool("a", "4"));
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  std::vector<std::string> names;
  for (const Pool &p : loaded.settings->pools) names.push_back(p.name);
  EXPECT_THAT(names, ::testing::ElementsAre("a", "b", "aa", "ccc"));
  EXPECT_EQ(loaded.pool().servers[0].name, "zz");
}

TEST(Nutcracker, AllowsAPoolNamedLikeAKeyOfWeirsOwn) {
  Loaded loaded =
      load("pools:\n  listen: h:1\n  servers:\n    - h:1:1\nworkers:\n  listen: h:2\n  servers:\n    - h:1:1\n");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.settings->pools.size(), 2u);
}

}  // namespace
}  // namespace weir::config::testing
