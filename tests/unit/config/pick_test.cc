// A boolean key in the pool picks the protocol.
#include <gmock/gmock.h>

#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;

const weir_schema_switch kOtherPick = {"binary", 1, 0};
const weir_schema kOther = {sizeof(weir_schema), 0, nullptr, &kOtherPick};

Catalog with_other() {
  Catalog catalog = fixed_catalog();
  catalog.push_back({WEIR_K_PROTOCOL, "other", &kOther});
  return catalog;
}

Catalog without(const std::string &name) {
  Catalog catalog;
  for (const CatalogEntry &entry : fixed_catalog()) {
    if (entry.name != name) catalog.push_back(entry);
  }
  return catalog;
}

TEST(Pick, FollowsTheKeysValue) {
  EXPECT_EQ(load(weir_pool("    redis: true\n")).pool().protocol.name, "redis");
  EXPECT_EQ(load(weir_pool("    redis: false\n")).pool().protocol.name, "memcache");
  EXPECT_EQ(load(weir_pool("")).pool().protocol.name, "memcache");
}

TEST(Pick, TrueWinsOverFalse) {
  Loaded loaded = load(weir_pool("    redis: false\n    binary: true\n"), with_other());
  ASSERT_TRUE(loaded.settings) << loaded.complaints;
  EXPECT_EQ(loaded.pool().protocol.name, "other");
}

TEST(Pick, CannotGoTwoWays) {
  EXPECT_EQ(load(weir_pool("    redis: true\n    binary: true\n"), with_other()).complaints,
            "f:6: pools.alpha.binary: picks protocol other, but redis picks redis; keep one of both\n");
}

TEST(Pick, AgreesWithProtocol) {
  EXPECT_TRUE(load(weir_pool("    protocol: redis\n    redis: true\n")).settings);
  EXPECT_TRUE(load(weir_pool("    protocol: colour\n    redis: false\n")).settings);
  EXPECT_EQ(load(weir_pool("    protocol: memcache\n    redis: true\n")).complaints,
            "f:6: pools.alpha.redis: contradicts protocol: memcache; keep one of both\n");
  EXPECT_EQ(load(weir_pool("    protocol: redis\n    redis: false\n")).complaints,
            "f:6: pools.alpha.redis: contradicts protocol: redis; keep one of both\n");
  EXPECT_EQ(load(weir_pool("    protocol: colour\n    redis: true\n")).complaints,
            "f:6: pools.alpha.redis: contradicts protocol: colour; keep one of both\n");
}

TEST(Pick, NeedsALoadedProtocol) {
  EXPECT_THAT(
      load(weir_pool("    redis: false\n"), without("memcache")).complaints,
      HasSubstr("f:2: pools.alpha.protocol: is not given, and nothing else in the pool picks a loaded one; write "
                "protocol: and one of redis, colour\n"));
  EXPECT_THAT(load(weir_pool(""), without("memcache")).complaints,
              HasSubstr("f:2: pools.alpha.protocol: is missing; write protocol: and one of redis, colour\n"));
}

}  // namespace
}  // namespace weir::config::testing
