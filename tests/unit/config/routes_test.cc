// routes: what is read of it, and what is said about what is wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/config/network.h"
#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Two pools; alpha's routes are from line 7 on.
Loaded with_routes(const std::string &lines, const std::string &other = "redis") {
  return load("pools:\n  beta: {listen: 127.0.0.1:2, protocol: " + other +
              ", servers: [127.0.0.1:6380:1]}\n  alpha:\n    listen: 127.0.0.1:1\n    protocol: redis\n    routes:\n" +
              lines + "    servers: [127.0.0.1:6379:1]\n");
}

TEST(ConfigRoutes, AreReadWithOneTextOrSeveral) {
  Loaded loaded = with_routes(
      "      - {commands: read, prefix: [\"a:\", b], client: [10.0.0.0/8, unix], pool: beta}\n"
      "      - {mirror: beta}\n      - {commands: [get, SET], pool: self}\n");
  ASSERT_EQ(loaded.complaints, "");
  const Pool &alpha = loaded.settings->pools.at(1);
  ASSERT_EQ(alpha.routes.size(), 3u);
  EXPECT_THAT(alpha.routes[0].commands, ElementsAre("read"));
  EXPECT_THAT(alpha.routes[0].prefix, ElementsAre("a:", "b"));
  EXPECT_EQ(alpha.routes[0].networks.size(), 2u);
  EXPECT_EQ(alpha.routes[0].pool, "beta");
  EXPECT_EQ(alpha.routes[1].mirror, "beta");
  EXPECT_TRUE(route_stays(alpha.routes[2].pool, alpha));
}

TEST(ConfigRoutes, WhatIsPrintedSaysTheSame) {
  Loaded loaded = with_routes(
      "      - {commands: [read, write], prefix: \"a: b, {c}\", client: \"::1\", pool: beta, mirror: beta}\n");
  ASSERT_EQ(loaded.complaints, "");
  Loaded again = load(print(*loaded.settings, fixed_catalog()));
  ASSERT_EQ(again.complaints, "");
  EXPECT_EQ(loaded.settings->pools.at(1).routes, again.settings->pools.at(1).routes);
  EXPECT_EQ(again.settings->pools.at(1).routes.at(0).prefix.at(0), "a: b, {c}");
}

TEST(ConfigRoutes, WhatIsWrongIsSaidWithItsPlace) {
  EXPECT_THAT(
      with_routes("      - {pool: bet}\n").complaints,
      HasSubstr(
          "f:7: pools.alpha.routes[0].pool: expected one of self, beta, alpha, found \"bet\", did you mean beta?"));
  EXPECT_THAT(with_routes("      - {pool: beta}\n", "memcache").complaints,
              HasSubstr("f:7: pools.alpha.routes[0].pool: is a pool of protocol memcache, and this one is of redis"));
  EXPECT_THAT(with_routes("      - {pool: beta}\n      - {command: get, pool: beta}\n").complaints,
              HasSubstr("f:8: pools.alpha.routes[1].command: is unknown, did you mean commands?"));
  EXPECT_THAT(with_routes("      - {commands: get}\n").complaints,
              HasSubstr("f:7: pools.alpha.routes[0].pool: is missing"));
  EXPECT_THAT(with_routes("      - {prefix: {a: b}, pool: beta}\n").complaints,
              HasSubstr("f:7: pools.alpha.routes[0].prefix: expected a text or a list of texts, found a map"));
  EXPECT_THAT(with_routes("      - {prefix: [], pool: beta}\n").complaints, HasSubstr("found an empty list"));
  EXPECT_THAT(with_routes("      - beta\n").complaints,
              HasSubstr("f:7: pools.alpha.routes[0]: expected a list of maps"));
  EXPECT_THAT(with_routes("      - {client: 10.0.0.1/8, pool: beta}\n").complaints,
              HasSubstr("f:7: pools.alpha.routes[0].client: has bits behind its first 8"));
  for (const char *own : {"alpha", "self"}) {
    EXPECT_THAT(with_routes(std::string("      - {mirror: ") + own + "}\n").complaints,
                HasSubstr("f:7: pools.alpha.routes[0].mirror: is the pool itself; name another one, or leave it out"));
  }
  EXPECT_THAT(with_routes("      - {mirror: bet}\n").complaints,
              HasSubstr("f:7: pools.alpha.routes[0].mirror: expected beta, found \"bet\", did you mean beta?"));
}

ClientAddress v4(uint8_t a, uint8_t b, uint8_t c, uint8_t d) {
  return {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, ClientAddress::Kind::ip};
}

TEST(Network, HasTheAddressesThatBeginLikeIt) {
  std::string fault;
  auto ten = parse_network("10.64.0.0/10", fault), all = parse_network("0.0.0.0/0", fault);
  auto one = parse_network("10.1.2.3", fault), six = parse_network("2001:db8::/33", fault);
  auto local = parse_network("unix", fault);
  ASSERT_EQ(fault, "");
  EXPECT_TRUE(ten->has(v4(10, 64, 0, 1)) && ten->has(v4(10, 127, 255, 255)));
  EXPECT_FALSE(ten->has(v4(10, 128, 0, 0)) || ten->has(v4(10, 63, 255, 255)) || ten->has(v4(11, 64, 0, 1)));
  EXPECT_TRUE(one->has(v4(10, 1, 2, 3)));
  EXPECT_FALSE(one->has(v4(10, 1, 2, 2)));
  ClientAddress near{{0x20, 1, 0x0d, 0xb8, 0x7f}, ClientAddress::Kind::ip}, far = near;
  far.bytes[4] = 0x80;
  EXPECT_TRUE(six->has(near));
  EXPECT_FALSE(six->has(far));
  EXPECT_TRUE(all->has(v4(1, 2, 3, 4)));
  EXPECT_FALSE(all->has(near));  // all of IPv4
  ClientAddress socket{{}, ClientAddress::Kind::unix_socket}, nobody{{}, ClientAddress::Kind::unknown};
  EXPECT_TRUE(local->has(socket));
  EXPECT_FALSE(all->has(socket) || local->has(nobody) || all->has(nobody) || local->has(v4(1, 1, 1, 1)));
}

TEST(Network, IsRefusedWithTheReason) {
  for (const char *text : {"", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/-1", "host", "10.0.0.0/8/8"}) {
    std::string fault;
    EXPECT_FALSE(parse_network(text, fault)) << text;
    EXPECT_THAT(fault, HasSubstr("expected a network")) << text;
  }
}

}  // namespace
}  // namespace weir::config::testing
