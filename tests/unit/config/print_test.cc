// What is printed is in force, loads again, and prints the same.
#include <gmock/gmock.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string printed(const std::string &text) {
  Loaded loaded = load(text);
  EXPECT_TRUE(loaded.settings) << loaded.complaints;
  return loaded.settings ? print(*loaded.settings, fixed_catalog()) : "";
}

TEST(Print, ShowsEveryDefaultInWeirsOwnForm) {
  EXPECT_EQ(
      printed("memory_limit: 1g\n" + weir_pool("    redis: true\n    redis_auth: hunter2\n    filters: [loose]\n")),
      R"(memory_limit: 1g
max_clients: 0
drain_timeout: 10s
upgrade_timeout: 1m
pools:
  alpha:
    listen: 127.0.0.1:22121
    protocol:
      use: redis
      # redis_auth: (secret, not shown)
      redis_db: 0
      mget_failure: error
    hash: fnv1a_64
    distribution: ketama
    filters:
      - use: loose
        on_error: reject
    servers:
      - 127.0.0.1:6379:1
    timeout: 0
    connect_timeout: 5s
    reconnect_delay: 500ms
    retry: unsent
    backlog: 512
    client_connections: 0
    idle_timeout: 0
    client_inflight: 65536
    client_output_limit: 64m
    client_stall_timeout: 30s
    request_limit: 512m
    max_keys: 1048576
    resolve_interval: 30s
    server_connections: 1
    server_queue_limit: 64m
    server_inflight: 262144
    max_profiles: 64
    lease_limit: 1000
    auto_eject_hosts: false
    server_retry_timeout: 30s
    server_failure_limit: 2
    slow_start: 0
    preconnect: false
    tcpkeepalive: false
    tcpkeepalive_idle: 0
    tcpkeepalive_interval: 0
    tcpkeepalive_count: 0
    tcp_user_timeout: 0
    reuseport: false
)");
}

TEST(Print, LoadsAgainAndPrintsTheSame) {
  for (const std::string &text : {
           nutcracker_pool(""),
           nutcracker_pool("  redis: true\n  redis_db: 3\n  redis_auth: x\n  timeout: 400\n  hash_tag: '\"\\'\n"),
           weir_pool("    filters: [{use: typed, label: 12, names: ['true', ~, \"\"], extra: {a: [[], {}, {b: null}]}, "
                     "wait: 90000}]\n"),
           weir_pool(
               "    filters: [{use: loose, a: 0x10, b: '0x10', c: \"a\\nb\", d: -1, e: \"- x\", f: 'yes'}, loose]\n"),
           "dns: [10.0.0.2, \"[::1]:5353\"]\n" + weir_pool("    resolve_interval: 0\n"),
           "workers: 2\ndrain_timeout: 0\nuser: nobody\ngroup: '5'\n" + weir_pool(""),
           "workers: 2\nplugins: {path: \"a b\", files: [\"true\"]}\n" + weir_pool("    protocol: colour\n"),
           std::string("pools: {\"a: b\": {listen: /tmp/x y 0600, servers: [\"/a b:2 c\", \"[::1]:1:3\"]}, \"1\": "
                       "{listen: \"h:1\", servers: [\"h:11211:1 h:11211\", \"h:11211:1\"]}}\n"),
       }) {
    std::string once = printed(text);
    std::string without = once;  // a secret is not in what is read again
    const size_t at = without.find("      # redis_auth");
    if (at != std::string::npos) without.erase(at, without.find('\n', at) - at + 1);
    EXPECT_EQ(printed(once), without);
  }
}

TEST(Print, NeverShowsASecret) {
  std::string out =
      printed(weir_pool("    redis: true\n    redis_auth: hunter2\n    filters: [{use: typed, pin: 1234}]\n"));
  EXPECT_THAT(out, Not(HasSubstr("hunter2")));
  EXPECT_THAT(out, Not(HasSubstr("1234")));
  EXPECT_THAT(out, HasSubstr("# pin: (secret, not shown)"));
}

TEST(Print, KeepsAShareOfTheMachinesMemory) {
  EXPECT_THAT(printed(weir_pool("")), HasSubstr("memory_limit: 75%\n"));
  EXPECT_THAT(printed("memory_limit: 10%\n" + weir_pool("")), HasSubstr("memory_limit: 10%\n"));
}

TEST(Print, SaysNothingOfASecretThatWasNotGiven) {
  EXPECT_THAT(printed(weir_pool("    redis: true\n")), Not(HasSubstr("secret")));
}

TEST(Print, ShowsWhereASecretComesFrom) {
  setenv("WEIR_PRINT_TEST", "hunter2", 1);
  std::string out = printed(weir_pool("    redis: true\n    redis_auth: {env: WEIR_PRINT_TEST}\n"));
  EXPECT_THAT(out, Not(HasSubstr("hunter2")));
  EXPECT_THAT(out, HasSubstr("      redis_auth:\n        env: WEIR_PRINT_TEST\n"));
  EXPECT_EQ(printed(out), out);
}

TEST(Print, KeepsTheNamesOfServers) {
  std::string out =
      printed("a:\n  listen: h:1\n  servers:\n    - h:11211:1\n    - i:11211:1 i:11211\n    - /s:1\n    - /t:1 t\n");
  EXPECT_THAT(out, HasSubstr("      - h:11211:1\n      - i:11211:1 i:11211\n      - /s:1\n      - /t:1 t\n"));
}

}  // namespace
}  // namespace weir::config::testing
