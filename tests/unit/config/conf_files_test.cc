// The configurations that come with weir load.
#include <gtest/gtest.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

Settings load_file(const std::string &name) {
  Complaints complaints;
  auto root = read_file(WEIR_CONF_DIR "/" + name, complaints);
  auto settings = root ? check(root, fixed_catalog(), complaints) : std::nullopt;
  EXPECT_EQ(complaints.text(), "");
  return settings.value_or(Settings{});
}

TEST(ConfFiles, TwemproxysFormLoads) {
  Settings settings = load_file("nutcracker.yml");
  EXPECT_TRUE(settings.nutcracker);
  ASSERT_EQ(settings.pools.size(), 4u);
  EXPECT_EQ(settings.pools[0].name, "beta");
  EXPECT_EQ(settings.pools[2].name, "delta");
  EXPECT_EQ(settings.pools[3].protocol.name, "memcache");
}

TEST(ConfFiles, WeirsOwnFormLoads) {
  Settings settings = load_file("weir.yml");
  EXPECT_FALSE(settings.nutcracker);
  EXPECT_EQ(settings.workers, 2u);
  ASSERT_EQ(settings.pools.size(), 2u);
  EXPECT_EQ(settings.pools[0].protocol.name, "memcache");
  EXPECT_EQ(settings.pools[1].servers.size(), 3u);
}

TEST(ConfFiles, RoutesLoad) {
  Settings split = load_file("read_write.yml"), prefixes = load_file("prefix_routes.yml");
  ASSERT_EQ(split.pools.size(), 2u);
  EXPECT_EQ(split.pools[1].routes.size(), 2u);
  ASSERT_EQ(prefixes.pools.size(), 5u);
  EXPECT_EQ(prefixes.pools[2].routes.size(), 6u);
}

}  // namespace
}  // namespace weir::config::testing
