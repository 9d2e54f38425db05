#include <gmock/gmock.h>

#include "core/config/schema.h"
#include "tests/unit/config/loading.h"

namespace weir::config::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What stands between the n-th pair of fences.
std::string example(const std::string &text, int n) {
  size_t at = 0;
  for (int i = 0; i < n; ++i) at = text.find("```yaml\n", at) + 8;
  return text.substr(at, text.find("```", at) - at);
}

TEST(Reference, ExplainsEveryKeyOfTheTables) {
  std::string text = reference(fixed_catalog());
  for (const auto &key : pool_keys()) EXPECT_THAT(text, HasSubstr("| `" + std::string(key.name) + "`"));
  for (const auto &key : top_keys()) EXPECT_THAT(text, HasSubstr("| `" + std::string(key.name) + "`"));
  for (const auto &key : plugin_keys()) EXPECT_THAT(text, HasSubstr("| `" + std::string(key.name) + "`"));
  EXPECT_THAT(text, HasSubstr("| `backlog` | number, at least 0 | `512` | How many connections"));
  EXPECT_THAT(text, HasSubstr("| `listen` | address | (required) |"));
  EXPECT_THAT(text, HasSubstr("| `max_keys` * | number, at least 1 | `1048576` |"));
}

TEST(Reference, ExplainsComponents) {
  std::string text = reference(fixed_catalog());
  EXPECT_THAT(text, HasSubstr("- hash: `fnv1a_64`, `fnv1_64`, `md5`, `crc32a`, `murmur`\n"));
  EXPECT_THAT(text, HasSubstr("### protocol redis\n\nAlso picked by `redis: true` in the pool.\n\n| Key |"));
  EXPECT_THAT(text, HasSubstr("`redis: false` in the pool, and when the pool has neither `redis` nor `protocol`."));
  EXPECT_THAT(text, HasSubstr("| `redis_auth` | text | | The password. May stand directly in the pool. Secret: never "
                              "shown. `{file: PATH}` or `{env: NAME}` may stand for it. |"));
  EXPECT_THAT(text, HasSubstr("| `mode` | one of `fast`, `slow` | | A mode \\| a way. |"));
  EXPECT_THAT(text, Not(HasSubstr("### filter loose")));
}

TEST(Reference, ShowsExamplesThatLoad) {
  std::string text = reference(fixed_catalog());
  Loaded twemproxys = load(example(text, 1)), own = load(example(text, 2));
  ASSERT_TRUE(twemproxys.settings) << twemproxys.complaints;
  ASSERT_TRUE(own.settings) << own.complaints;
  EXPECT_TRUE(twemproxys.settings->nutcracker);
  EXPECT_EQ(twemproxys.pool().protocol.name, "redis");
  EXPECT_EQ(own.pool().protocol.name, "redis");
}

TEST(Reference, CanDoWithoutPlugins) {
  EXPECT_THAT(reference({}), HasSubstr("- protocol: none\n"));
}

}  // namespace
}  // namespace weir::config::testing
