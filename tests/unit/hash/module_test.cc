// What the plugin file says about itself.
#include <gmock/gmock.h>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

std::vector<std::string> names_of(uint32_t kind) {
  std::vector<std::string> names;
  const weir_module &module = hash_module();
  for (uint32_t i = 0; i < module.component_count; ++i) {
    if (module.components[i].kind == kind) names.push_back(module.components[i].name);
  }
  return names;
}

TEST(HashModule, NamesItselfAndItsSurface) {
  const weir_module &module = hash_module();
  EXPECT_STREQ(module.id, "org.weir.hash");
  EXPECT_STREQ(module.version, "0.1.0");
  EXPECT_EQ(module.struct_size, sizeof(weir_module));
  EXPECT_EQ(module.abi_major, WEIR_ABI_MAJOR);
  EXPECT_EQ(module.abi_minor, WEIR_ABI_MINOR);
}

TEST(HashModule, OffersTwemproxysHashesAndDistributionsUnderTheirNamesAndNewerOnes) {
  EXPECT_THAT(names_of(WEIR_K_HASH), testing::UnorderedElementsAreArray(all_hash_names()));
  EXPECT_THAT(names_of(WEIR_K_DIST),
              testing::UnorderedElementsAre("ketama", "modula", "random", "jump", "rendezvous", "maglev", "slots"));
  EXPECT_EQ(hash_module().component_count, 22u);
}

TEST(HashModule, TablesAreWhole) {
  for (const std::string &name : all_hash_names()) {
    const bool wide = name == "xxh64" || name == "murmur3";
    EXPECT_EQ(hash_named(name).struct_size, sizeof(weir_hash)) << name;
    EXPECT_EQ(hash_named(name).bits, wide ? 64u : 32u) << name;
    EXPECT_NE(hash_named(name).run, nullptr) << name;
  }
  for (const std::string &name : names_of(WEIR_K_DIST)) {
    const weir_dist &dist = dist_named(name);
    EXPECT_EQ(dist.struct_size, sizeof(weir_dist)) << name;
    EXPECT_TRUE(dist.build != nullptr && dist.drop != nullptr && dist.select != nullptr && dist.explain != nullptr)
        << name;
    EXPECT_EQ((dist.flags & WEIR_D_KEYS) != 0, name == "slots") << name;
  }
}

}  // namespace
}  // namespace weir::test
