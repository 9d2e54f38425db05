// What the file says about itself, and its configuration.
#include <weir/schema.h>

#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

TEST_F(MemcacheTest, SchemaPicksItForPoolsWithoutRedis) {
  const auto *schema = static_cast<const weir_schema *>(driver.component()->extension(WEIR_EXT_SCHEMA));
  ASSERT_NE(schema, nullptr);
  EXPECT_STREQ(schema->pick->key, "redis");
  EXPECT_EQ(schema->pick->value, 0u);
  EXPECT_EQ(schema->pick->otherwise, 1u);
  ASSERT_EQ(schema->key_count, 2u);
  EXPECT_STREQ(schema->keys[0].name, "shard_failure");
  EXPECT_STREQ(schema->keys[0].fallback, "error");
  EXPECT_STREQ(schema->keys[1].name, "admin_commands");
  EXPECT_STREQ(schema->keys[1].fallback, "allow");
  EXPECT_EQ(driver.component()->extension("weir.other/1"), nullptr);
}

TEST_F(MemcacheTest, TableBeginsWithOtherAndNamesEveryCommandOnce) {
  const weir_protocol *p = driver.protocol();
  EXPECT_STREQ(p->cmds[0].name, "(other)");
  for (uint32_t i = 1; i < p->cmd_count; ++i) EXPECT_EQ(driver.command(p->cmds[i].name), i) << p->cmds[i].name;
}

TEST_F(MemcacheTest, EveryNameOfTheTableIsFoundOnTheWire) {
  const weir_protocol *p = driver.protocol();
  for (uint32_t i = 1; i < p->cmd_count; ++i)
    EXPECT_EQ(one(std::string(p->cmds[i].name) + "\r\n").cmd, p->cmds[i].name);
}

TEST(MemcacheSettings, AnUnknownShardFailureIsRefusedWithWhatIsExpected) {
  ProtocolDriver driver("memcache", "memcache", {{"shard_failure", "perhaps"}});
  EXPECT_FALSE(driver.ok());
  EXPECT_NE(driver.why().find("expected error or miss, found 'perhaps'"), std::string::npos) << driver.why();
}

TEST(MemcacheSettings, AnUnknownWordForAdminCommandsIsRefusedToo) {
  ProtocolDriver driver("memcache", "memcache", {{"admin_commands", "yes"}});
  EXPECT_FALSE(driver.ok());
  EXPECT_NE(driver.why().find("expected allow or deny, found 'yes'"), std::string::npos) << driver.why();
}

TEST(MemcacheSettings, BothWordsAreTaken) {
  for (const char *word : {"error", "miss"}) {
    ProtocolDriver driver("memcache", "memcache", {{"shard_failure", word}});
    EXPECT_TRUE(driver.ok()) << driver.why();
    EXPECT_TRUE(driver.host().unread().empty());
  }
}

}  // namespace
}  // namespace weir::test
