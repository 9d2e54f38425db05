// weir's own form: its top level, and the keys that only it has.
#include <gmock/gmock.h>

#include "core/config/value.h"
#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::StartsWith;

TEST(WeirForm, ReadsEveryKey) {
  Loaded loaded = load(R"(workers: 3
memory_limit: 2g
plugins: {path: here, files: [a.so, b.so]}
pools:
  alpha:
    listen: "[::1]:22121"
    protocol: redis
    hash: {use: md5, seed: 7}
    distribution: {use: modula}
    filters: [loose, {use: typed, level: 3}]
    servers: ["127.0.0.1:6379:1"]
    timeout: 250ms
    connect_timeout: 0
    request_limit: 1m
    max_keys: 10
    client_inflight: 11
    client_output_limit: 2k
    server_queue_limit: 3k
    client_stall_timeout: 2s
    server_retry_timeout: 1500
)");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_FALSE(loaded.settings->nutcracker);
  EXPECT_EQ(loaded.settings->workers, 3u);
  EXPECT_EQ(loaded.settings->memory_limit, 2ull << 30);
  EXPECT_THAT(loaded.settings->plugins.folders, ElementsAre("here"));
  EXPECT_THAT(loaded.settings->plugins.files, ElementsAre("a.so", "b.so"));
  const Pool &pool = loaded.pool();
  EXPECT_EQ(pool.place.line, 5);
  EXPECT_EQ(pool.listen.host, "::1");
  EXPECT_EQ(pool.protocol.place.line, 7);
  EXPECT_EQ(pool.hash.name, "md5");
  EXPECT_EQ(pool.hash.options->find("seed")->text, "7");
  EXPECT_EQ(pool.hash.options->find("use"), nullptr);
  EXPECT_EQ(pool.distribution.name, "modula");
  ASSERT_EQ(pool.filters.size(), 2u);
  EXPECT_EQ(pool.filters[0].name, "loose");
  EXPECT_TRUE(pool.filters[0].options->entries.empty());
  EXPECT_EQ(pool.filters[1].options->find("level")->text, "3");
  EXPECT_EQ(pool.timeout_us, 250'000u);
  EXPECT_EQ(pool.connect_timeout_us, 0u);
  EXPECT_EQ(pool.request_limit, 1u << 20);
  EXPECT_EQ(pool.max_keys, 10u);
  EXPECT_EQ(pool.client_inflight, 11u);
  EXPECT_EQ(pool.client_output_limit, 2048u);
  EXPECT_EQ(pool.server_queue_limit, 3072u);
  EXPECT_EQ(pool.client_stall_timeout_us, 2'000'000u);
  EXPECT_EQ(pool.server_retry_timeout_us, 1'500'000u);
}

TEST(WeirForm, TakesAShareOfTheMachinesMemoryByDefault) {
  uint64_t memory = machine_memory();
  uint64_t by_default = load(weir_pool("")).settings->memory_limit;
  EXPECT_GT(by_default, memory / 100 * 74);
  EXPECT_LE(by_default, memory / 100 * 75);
  uint64_t tenth = load("memory_limit: 10%\n" + weir_pool("")).settings->memory_limit;
  EXPECT_GT(tenth, memory / 100 * 9);
  EXPECT_LE(tenth, memory / 10);
}

TEST(WeirForm, MayNameAPoolListen) {
  Loaded loaded = load("pools:\n  listen:\n    listen: h:1\n    servers: [\"h:1:1\"]\n");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_FALSE(loaded.settings->nutcracker);
  EXPECT_EQ(loaded.pool().name, "listen");
}

TEST(WeirForm, ComplainsAboutItsTopLevel) {
  struct Case {
    const char *lines, *said;
  };
  for (const Case &c : {
           Case{"workers: 0\n", "f:5: workers: expected a number from 1 to 1024, found \"0\"\n"},
           Case{"workers: 1025\n", "f:5: workers: expected a number from 1 to 1024, found \"1025\"\n"},
           Case{"workers:\n", "f:5: workers: expected a number from 1 to 1024, found nothing\n"},
           Case{"memory_limit: 0%\n",
                "f:5: memory_limit: expected a size like 2g from 1m up, or a share of the "
                "machine's memory from 1% to 100%, found \"0%\"\n"},
           Case{"memory_limit: 101%\n", "f:5: memory_limit: expected a size like 2g"},
           Case{"memory_limit: 5\n", "f:5: memory_limit: expected a size like 2g"},
           Case{"worker: 2\n", "f:5: worker: is unknown, did you mean workers?\n"},
           Case{"workers: 1\nworkers: 2\n", "f:6: workers: is a duplicate, first given in line 5; keep one of both\n"},
           Case{"plugins: x.so\n", "f:5: plugins: expected a map like {path: folder, files: [file]}, found \"x.so\"\n"},
           Case{"plugins: {paht: x}\n", "f:5: plugins.paht: is unknown, did you mean path?\n"},
           Case{"plugins:\n  files:\n    - a\n    - {b: c}\n",
                "f:6: plugins.files: expected a list of texts, found in it a map\n"},
           Case{"dns: ns.example\n",
                "f:5: dns: expected the address of a DNS server like 10.0.0.2, 10.0.0.2:5353 or [::1]:5353, found "
                "\"ns.example\"\n"},
           Case{"dns: [10.0.0.2, \"10.0.0.2:0\"]\n", "f:5: dns: expected the address of a DNS server"},
           Case{"dns: [\"[10.0.0.2]:53\"]\n", "f:5: dns: expected the address of a DNS server"},
           Case{"beta: {servers: [\"h:1:1\"]}\n",
                "f:5: beta: is unknown; docs/config.md lists all keys (a pool must stand under pools:)\n"},
       }) {
    Loaded loaded = load(weir_pool("") + c.lines);
    EXPECT_FALSE(loaded.settings) << c.lines;
    EXPECT_THAT(loaded.complaints, StartsWith(c.said));
    EXPECT_EQ(std::count(loaded.complaints.begin(), loaded.complaints.end(), '\n'), 1) << loaded.complaints;
  }
}

TEST(WeirForm, ComplainsAboutItsBounds) {
  struct Case {
    const char *line, *said;
  };
  for (const Case &c : {
           Case{"request_limit: 1\n",
                "request_limit: expected a size like 512k, 64m or 1g from 1k to 1024g, found \"1\"\n"},
           Case{"request_limit: 9x\n", "request_limit: expected a size"},
           Case{"client_output_limit: 99999999999999999999g\n", "client_output_limit: expected a size"},
           Case{"max_keys: 0\n", "max_keys: expected a number from 1 to"},
           Case{"client_inflight: 0\n", "client_inflight: expected a number from 1 to"},
           Case{"connect_timeout: 5 s\n", "connect_timeout: expected a duration"},
           Case{"client_stall_timeout: 9000h\n", "client_stall_timeout: expected a duration of at most a year"},
           Case{"filters: loose\n",
                "filters: expected a list of names, or of maps like {use: name, key: value}, found "
                "\"loose\"\n"},
       }) {
    EXPECT_THAT(load(weir_pool(std::string("    ") + c.line)).complaints,
                StartsWith(std::string("f:5: pools.alpha.") + c.said));
  }
}

TEST(WeirForm, SaysWhenThereIsNoPool) {
  for (const char *text : {"", "# nothing\n", "workers: 2\n", "pools:\n", "pools: {}\n"}) {
    Loaded loaded = load(text);
    EXPECT_FALSE(loaded.settings) << text;
    EXPECT_THAT(loaded.complaints, StartsWith("f: the configuration has no pools; expected \"pools:\"")) << text;
  }
  EXPECT_EQ(load("pools: hunter2\n").complaints, "f:1: pools: expected a map of pools by name, found text\n");
  EXPECT_EQ(load("[1, 2]\n").complaints, "f:1: expected a map of keys, found a list\n");
  EXPECT_EQ(load("hello\n").complaints, "f:1: expected a map of keys, found text\n");
}

TEST(WeirForm, TellsItsPluginsBeforeTheyAreLoaded) {
  Complaints complaints;
  auto root = read_text("plugins: {path: [a, b], files: c}\npools: {x: {hash: not-loaded-yet}}\n", "f", complaints);
  Plugins plugins = plugins_of(*root, complaints);
  EXPECT_TRUE(complaints.empty()) << complaints.text();
  EXPECT_THAT(plugins.folders, ElementsAre("a", "b"));
  EXPECT_THAT(plugins.files, ElementsAre("c"));
  auto twemproxys = read_text("plugins:\n  listen: h:1\n  path: x\n", "f", complaints);
  EXPECT_TRUE(plugins_of(*twemproxys, complaints).folders.empty());
  EXPECT_TRUE(complaints.empty());
}

TEST(WeirForm, LetsAnAliasStandForAWholePool) {
  Loaded loaded =
      load("pools:\n  a:\n    listen: h:1\n    servers: &s\n      - h:1:1\n  b: {listen: h:2, servers: *s}\n");
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.settings->pools[1].servers.at(0).name, "h:1");
}

TEST(Options, MakeOnePoolThatLoads) {
  std::string text =
      yaml_of_options("redis", "127.0.0.1:22121", {"127.0.0.1:6379", "[::1]:6380", "h:1:2 n", "/s", "/t:3"});
  Loaded loaded = load(text);
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  const Pool &pool = loaded.pool();
  EXPECT_EQ(pool.protocol.name, "redis");
  std::vector<std::string> names;
  for (const Server &server : pool.servers) names.push_back(server.name);
  EXPECT_THAT(names, ElementsAre("127.0.0.1:6379", "[::1]:6380", "n", "/s:", "/t:"));
  EXPECT_EQ(pool.servers[2].weight, 2u);
  EXPECT_EQ(pool.servers[4].weight, 3u);
}

TEST(Options, CannotSmuggleInKeys) {
  Loaded loaded = load(yaml_of_options("redis\n    timeout: 1", "h:1\"", {"h:1\n      - x:1:1"}));
  EXPECT_FALSE(loaded.settings);
  EXPECT_THAT(loaded.complaints, ::testing::HasSubstr("found \"redis\\u000a    timeout: 1\""));
  EXPECT_EQ(std::count(loaded.complaints.begin(), loaded.complaints.end(), '\n'), 3) << loaded.complaints;
}

}  // namespace
}  // namespace weir::config::testing
