// Names that servers may not have, since the statistics show something else by them.
#include "core/route/pool.h"

#include <gtest/gtest.h>

#include "tests/unit/route/puppet.h"

namespace weir::testing {
namespace {

void *counting(const weir_host *host, weir_errbuf *) {
  static int instance;
  const auto *stats = static_cast<const weir_stats *>(host->extension(host, WEIR_EXT_STATS));
  stats->define(host, WEIR_S_COUNTER, "hits", "");
  return &instance;
}

enum class With { nothing, filter, counting_hash };

// Why there is no pool with a server of that name.
std::string complaints(const char *server, With with) {
  Tables tables = puppet_tables();
  if (with == With::counting_hash) {
    tables.hash.create = &counting;
    tables.hash.destroy = [](void *) {};
  }
  PuppetPool made({"127.0.0.1:1", "127.0.0.1:2"}, [&](config::Pool &pool) {
    pool.servers[1].name = server;
    if (with != With::filter) return;
    config::FilterUse &filter = pool.filters.emplace_back();
    static_cast<config::Use &>(filter) = pool.hash;
    filter.path = "filters[0]";
    filter.on_error = "reject";
  });
  EXPECT_EQ(made.pool == nullptr, !made.complaints.empty());
  return made.complaints;
}

TEST(Pool, AServerIsNotNamedAsWhatItsPluginsCount) {
  const std::string tags = complaints("tags", With::filter), plugins = complaints("plugins", With::counting_hash);
  EXPECT_NE(tags.find("pools.p.servers[1]: is named \"tags\", where the statistics of this pool show what its filters "
                      "tag; give the server another name"),
            std::string::npos)
      << tags;
  EXPECT_NE(tags.find("test:9:"), std::string::npos) << tags;
  EXPECT_NE(plugins.find("is named \"plugins\", where the statistics of this pool show what its plugins count"),
            std::string::npos)
      << plugins;
}

TEST(Pool, WhereNothingIsCountedServersAreNamedAsTheyEverWere) {
  EXPECT_EQ(complaints("tags", With::nothing), "");
  EXPECT_EQ(complaints("plugins", With::nothing), "");
  EXPECT_EQ(complaints("plugins", With::filter), "");
  EXPECT_EQ(complaints("tags", With::counting_hash), "");
}

}  // namespace
}  // namespace weir::testing
