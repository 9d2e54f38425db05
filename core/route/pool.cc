#include "core/route/pool.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "core/base/log.h"

namespace weir::route {
namespace {

// The component a pool names, at work; null when it complained.
std::unique_ptr<plugin::Instance> instance(const plugin::Registry &registry, uint32_t kind, const config::Use &use,
                                           const std::string &path, const Pool &pool, const plugin::PoolNames &names,
                                           uint32_t workers, config::Complaints &complaints) {
  const plugin::Component *component = registry.find(kind, use.name);
  if (component == nullptr) {
    complaints.add(use.place, path, "no loaded plugin offers \"" + use.name + "\"; see weir --list-plugins");
    return nullptr;
  }
  return plugin::Instance::make(*component, use, path, pool.index, names, workers, complaints);
}

// In the statistics the servers stand beside what the pool's plugins count. False: it complained.
bool names_are_free(const Pool &pool, const std::string &path, config::Complaints &complaints) {
  const auto &servers = pool.settings.servers;
  auto is_free = [&](std::string_view name, const char *shown) {
    auto named = std::find_if(servers.begin(), servers.end(), [name](const auto &s) { return s.name == name; });
    if (named == servers.end()) return true;
    complaints.add(named->place, path + "servers[" + std::to_string(named - servers.begin()) + "]",
                   "is named \"" + named->name + "\", where the statistics of this pool show " + shown +
                       "; give the server another name");
    return false;
  };
  return (pool.filters.all.empty() || is_free(kTagsName, "what its filters tag")) &&
         (pool.plugin_numbers().empty() || is_free(kPluginsName, "what its plugins count"));
}

}  // namespace

Pool::Pool(const config::Pool &pool, uint32_t pool_index)
    : settings(pool), index(pool_index), id([] {
        static std::atomic<uint32_t> last{0};
        return last.fetch_add(1, std::memory_order_relaxed);
      }()) {}

std::unique_ptr<Pool> Pool::make(const config::Pool &settings, uint32_t index, const plugin::Registry &registry,
                                 const plugin::PoolNames &names, uint32_t workers, config::Complaints &complaints) {
  std::unique_ptr<Pool> pool(new Pool(settings, index));
  std::string path = "pools." + settings.name + ".";
  auto use = [&](uint32_t kind, const config::Use &what, const char *key) {
    return instance(registry, kind, what, path + key, *pool, names, workers, complaints);
  };
  pool->protocol = use(WEIR_K_PROTOCOL, settings.protocol, "protocol");
  pool->hash = use(WEIR_K_HASH, settings.hash, "hash");
  pool->dist = use(WEIR_K_DIST, settings.distribution, "distribution");
  if (!pool->protocol || !pool->hash || !pool->dist) return nullptr;
  const weir_protocol &protocol = pool->protocol->protocol();
  auto way = [&](const std::string &name) {
    auto named = std::find_if(names.begin(), names.end(), [&name](const auto &known) { return known.name == name; });
    return pool->add_target(static_cast<uint32_t>(named - names.begin()), names);
  };
  if (!pool->routes.compile(settings, protocol, path, complaints, way)) return nullptr;
  Filters &filters = pool->filters;
  filters.requests.resize(protocol.cmd_count);
  filters.responses.resize(protocol.cmd_count);
  for (const config::FilterUse &filter : settings.filters) {
    filters.all.push_back(use(WEIR_K_FILTER, filter, filter.path.c_str()));
    if (!filters.all.back()) return nullptr;
    if (!filters.ask(protocol, settings.protocol.name, filter, path + filter.path, complaints)) return nullptr;
    for (uint32_t number : filters.all.back()->targets()) {
      if (number != index) pool->add_target(number, names);
    }
  }
  if (!names_are_free(*pool, path, complaints)) return nullptr;
  for (const config::Server &server : settings.servers) pool->backends.emplace_back(server);
  auto ring = Ring::build(*pool->dist, pool->backends, Standings(pool->backends.size()), pool->ring_rules(), nullptr);
  if (!ring) {
    complaints.add(settings.distribution.place, path + "distribution", ring.error().text);
    return nullptr;
  }
  pool->owned_ = std::move(*ring);
  pool->current_.store(pool->owned_.get(), std::memory_order_release);
  return pool;
}

uint32_t Pool::add_target(uint32_t number, const plugin::PoolNames &names) {
  auto known = std::find_if(targets.begin(), targets.end(), [number](const Target &t) { return t.number == number; });
  auto place = static_cast<uint32_t>(known - targets.begin());
  if (known == targets.end()) targets.push_back({names[number].name, number});
  return place + 1;
}

void Pool::count_in(StatsBook &book, size_t writers) {
  std::vector<std::string_view> names;
  for (const config::Server &server : settings.servers) names.push_back(server.name);
  counters.clear();
  for (size_t writer = 0; writer < writers; ++writer) {
    counters.push_back(book.counters(writer, settings.name, names));
  }
}

std::vector<PluginNumbers> Pool::plugin_numbers() const {
  std::vector<PluginNumbers> out;
  std::map<std::string, uint32_t> seen;
  auto add = [&](const plugin::Instance &instance) {
    std::string name = instance.component().info->name;
    if (uint32_t nth = ++seen[name]; nth > 1) name += "#" + std::to_string(nth);
    std::vector<PluginNumber> numbers;
    for (const plugin::PluginStat &stat : instance.stats()) {
      auto kind = stat.spread                 ? PluginNumber::Kind::histogram
                  : stat.kind == WEIR_S_GAUGE ? PluginNumber::Kind::gauge
                                              : PluginNumber::Kind::counter;
      numbers.push_back({stat.name, kind, stat.value, stat.spread});
    }
    if (!numbers.empty()) out.push_back({std::move(name), std::move(numbers)});
  };
  for (const auto *one : {&protocol, &hash, &dist}) add(**one);
  for (const auto &filter : filters.all) add(*filter);
  return out;
}

Ring::Rules Pool::ring_rules() const {
  config::OnFailure then = settings.policy();
  return {then == config::OnFailure::fail_fast || then == config::OnFailure::failover, settings.slow_start_us};
}

std::unique_ptr<Ring> Pool::rebuild(const Standings &standings) {
  auto ring = Ring::build(*dist, backends, standings, ring_rules(), owned_.get());
  if (!ring) {
    WEIR_LOG(err, "pool %s: keeping the old ring: %s", settings.name.c_str(), ring.error().text.c_str());
    return nullptr;
  }
  std::unique_ptr<Ring> old = std::exchange(owned_, std::move(*ring));
  current_.store(owned_.get(), std::memory_order_release);
  return old;
}

}  // namespace weir::route
