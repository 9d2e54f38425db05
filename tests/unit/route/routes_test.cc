// Which entry of `routes:` a request follows.
#include "core/route/routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weir::route {
namespace {

using ::testing::HasSubstr;

constexpr weir_cmd kCommands[] = {{"(other)", 0, 0},
                                  {"get", WEIR_CMD_READ, 0},
                                  {"set", WEIR_CMD_WRITE, 0},
                                  {"getset", WEIR_CMD_READ | WEIR_CMD_WRITE, 0},
                                  {"mget", WEIR_CMD_READ | WEIR_CMD_MULTIKEY, 0},
                                  {"shutdown", WEIR_CMD_ADMIN, 0}};
enum Command : uint32_t { kOther, kGet, kSet, kGetset, kMget, kShutdown };

class RoutesTest : public ::testing::Test {
 protected:
  RoutesTest() {
    protocol_.cmds = kCommands;
    protocol_.cmd_count = std::size(kCommands);
    pool_.name = "alpha";
    pool_.protocol.name = "p";
  }
  // Pools are named by their ways: "1", "2" ...
  void add(std::vector<std::string> commands, std::vector<std::string> prefix, const std::string &pool,
           const std::string &client = "") {
    config::Route route;
    route.commands = std::move(commands);
    route.prefix = std::move(prefix);
    route.pool = pool;
    std::string fault;
    if (!client.empty()) route.networks.push_back(*config::parse_network(client, fault));
    pool_.routes.push_back(route);
  }
  bool compile() {
    return routes_.compile(pool_, protocol_, "pools.alpha.", complaints_,
                           [](const std::string &name) { return static_cast<uint32_t>(std::stoul(name)); });
  }
  // The way; 0 when no entry fits, too.
  uint32_t way(uint32_t cmd, const char *key, bool bound = false) {
    Routes::Query query{cmd, client_, bound};
    const auto *text = reinterpret_cast<const uint8_t *>(key);
    const Routes::Entry *found =
        key == nullptr ? routes_.find(query) : routes_.find(query, {text, std::char_traits<char>::length(key)});
    return found == nullptr ? 0 : found->way;
  }

  weir_protocol protocol_{};
  config::Pool pool_;
  config::Complaints complaints_;
  config::ClientAddress client_{{}, config::ClientAddress::Kind::unix_socket};
  Routes routes_;
};

TEST_F(RoutesTest, TheLongestPrefixWinsAndOfThoseTheFirst) {
  add({}, {"a:b:"}, "1");
  add({}, {"a:"}, "2");
  add({}, {"a:", "a:bc"}, "3");
  add({}, {"a:b:c:d"}, "4");
  add({}, {}, "5");
  add({}, {"b", ""}, "6");  // the reader lets no empty ones through, and they would be no harm
  ASSERT_TRUE(compile());
  EXPECT_EQ(way(kGet, "a:b:1"), 1u);
  EXPECT_EQ(way(kGet, "a:b:c:d"), 4u);
  EXPECT_EQ(way(kGet, "a:b:c:"), 1u);
  EXPECT_EQ(way(kGet, "a:b"), 2u);
  EXPECT_EQ(way(kGet, "a:bc1"), 3u);
  EXPECT_EQ(way(kGet, "a:"), 2u);
  EXPECT_EQ(way(kGet, "a:\xff"), 2u);
  EXPECT_EQ(way(kGet, "b"), 6u);
  EXPECT_EQ(way(kGet, nullptr), 5u);
}

TEST_F(RoutesTest, AnEntryThatDoesNotFitLeavesItToShorterPrefixes) {
  add({"set"}, {"a:b:"}, "1");
  add({"get"}, {"a:"}, "2");
  add({}, {}, "3");
  ASSERT_TRUE(compile());
  EXPECT_EQ(way(kSet, "a:b:1"), 1u);
  EXPECT_EQ(way(kGet, "a:b:1"), 2u);
  EXPECT_EQ(way(kSet, "a:1"), 3u);
}

TEST_F(RoutesTest, ClassesAreOfTheProtocolsTable) {
  add({"read"}, {}, "1");
  add({"WRITE"}, {}, "2");
  add({"Shutdown"}, {}, "3");
  ASSERT_TRUE(compile());
  EXPECT_EQ(way(kGet, "k"), 1u);
  EXPECT_EQ(way(kMget, "k"), 1u);
  EXPECT_EQ(way(kSet, "k"), 2u);
  EXPECT_EQ(way(kGetset, "k"), 2u);  // it changes something
  EXPECT_EQ(way(kShutdown, nullptr), 3u);
  EXPECT_EQ(way(kOther, "k"), 0u);
  EXPECT_EQ(routes_.concerned()[kOther], 0);
  EXPECT_NE(routes_.concerned()[kGetset], 0);
}

TEST_F(RoutesTest, BoundRequestsGoByEntriesForAllCommandsOnly) {
  add({"read"}, {}, "1");
  add({"all"}, {"a"}, "2");
  ASSERT_TRUE(compile());
  EXPECT_EQ(way(kGet, "k", true), 0u);
  EXPECT_EQ(way(kGet, "a", true), 2u);
  EXPECT_EQ(way(kGet, "k"), 1u);
}

TEST_F(RoutesTest, ClientsAreLookedAtWhenSomeEntryWantsIt) {
  add({}, {}, "1", "10.0.0.0/8");
  add({}, {}, "2", "unix");
  ASSERT_TRUE(compile());
  EXPECT_TRUE(routes_.ask_for_clients());
  EXPECT_EQ(way(kGet, "k"), 2u);
}

TEST_F(RoutesTest, UnknownCommandsAreSaidWithTheNearestName) {
  add({"gett"}, {}, "1");
  add({"frobnicate"}, {}, "1");
  EXPECT_FALSE(compile());
  EXPECT_THAT(complaints_.text(),
              HasSubstr("pools.alpha.routes[0].commands: \"gett\" is no command of protocol p, did you mean get?"));
  EXPECT_THAT(complaints_.text(),
              HasSubstr("pools.alpha.routes[1].commands: \"frobnicate\" is no command of protocol p"));
}

}  // namespace
}  // namespace weir::route
