// What a reload says has changed.
#include <gmock/gmock.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> changed(const std::string &before, const std::string &now) {
  Loaded one = load(before), two = load(now);
  EXPECT_TRUE(one.settings) << one.complaints;
  EXPECT_TRUE(two.settings) << two.complaints;
  if (!one.settings || !two.settings) return {};
  return differences(*one.settings, *two.settings, fixed_catalog());
}

std::string pool(const std::string &name, int port, const std::string &lines = "",
                 const std::string &servers = "[\"127.0.0.1:6379:1 a\", \"127.0.0.1:6380:1 b\"]") {
  return name + ":\n  listen: 127.0.0.1:" + std::to_string(port) + "\n  redis: true\n  servers: " + servers + "\n" +
         lines;
}

TEST(Differences, AreNoneBetweenTwoWaysToWriteTheSame) {
  EXPECT_THAT(changed(pool("alpha", 1), pool("alpha", 1)), IsEmpty());
  EXPECT_THAT(changed(pool("alpha", 1), "# a comment\n\n" + pool("alpha", 1, "  hash: fnv1a_64\n  timeout: 0\n")),
              IsEmpty());
  EXPECT_THAT(changed(pool("alpha", 1) + pool("beta", 2), pool("beta", 2) + pool("alpha", 1)), IsEmpty());
}

TEST(Differences, NameEachKeyWithWhatItWasAndIs) {
  EXPECT_THAT(changed(pool("alpha", 1, "  timeout: 400\n"), pool("alpha", 1, "  timeout: 2000\n  hash_tag: \"{}\"\n")),
              ElementsAre("pool alpha: hash_tag unset -> \"{}\"", "pool alpha: timeout 400ms -> 2s"));
  EXPECT_THAT(changed(pool("alpha", 1), pool("alpha", 2)),
              ElementsAre("pool alpha: listen 127.0.0.1:1 -> 127.0.0.1:2"));
}

TEST(Differences, OfServersAreThoseThatGoAndThoseThatCome) {
  EXPECT_THAT(changed(pool("alpha", 1), pool("alpha", 1, "", "[\"127.0.0.1:6379:2 a\", \"127.0.0.1:6380:1 b\"]")),
              ElementsAre("pool alpha: servers: without 127.0.0.1:6379:1 a, with 127.0.0.1:6379:2 a"));
  EXPECT_THAT(changed(pool("alpha", 1), pool("alpha", 1, "", "[\"127.0.0.1:6380:1 b\", \"127.0.0.1:6379:1 a\"]")),
              ElementsAre("pool alpha: servers: another order"));
}

TEST(Differences, OfPools) {
  EXPECT_THAT(changed(pool("alpha", 1) + pool("beta", 2), pool("beta", 2) + pool("gamma", 3)),
              ElementsAre("pool alpha: gone", "pool gamma: new"));
}

TEST(Differences, OfTheTopKeys) {
  std::string pools = weir_pool("    redis: true\n");
  EXPECT_THAT(changed("max_clients: 100\nworkers: 2\n" + pools, "max_clients: 200\nadmin: /run/a.sock\n" + pools),
              ElementsAre("workers 2 -> unset", "admin unset -> /run/a.sock", "max_clients 100 -> 200"));
}

TEST(Differences, ShowNoSecret) {
  EXPECT_THAT(changed(pool("alpha", 1, "  redis_auth: hunter2\n"), pool("alpha", 1, "  redis_auth: hunter3\n")),
              ElementsAre("pool alpha: a secret changed"));
}

}  // namespace
}  // namespace weir::config::testing
