// The components of puppet.so as a test wants them, and a pool made of them. A process has one set of tables: the
// registry copies them when it loads the file, so each pool keeps those it was made with.
#pragma once

#include <weir/weir.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config/settings.h"
#include "core/plugin/registry.h"
#include "core/route/pool.h"

namespace weir::testing {

struct Tables {
  weir_protocol &protocol;
  weir_hash &hash;
  weir_dist &dist;
  weir_filter &filter;
};
// The tables, set to the plainest components that load: a protocol that parses nothing, a hash that takes a key's first
// digit (0 for other keys), a distribution that takes hash % servers, and a filter that wants to see nothing.
Tables puppet_tables();

// A pool over servers at these addresses ("127.0.0.1:4242"), and all that it refers to.
struct PuppetPool {
  explicit PuppetPool(const std::vector<std::string> &servers, const std::function<void(config::Pool &)> &tune = {});

  std::string complaints;  // why there is no pool
  plugin::Registry registry;
  plugin::PoolNames names;
  config::Settings settings;
  std::unique_ptr<route::Pool> pool;
  config::Pool &config() { return settings.pools.at(0); }
};

}  // namespace weir::testing
