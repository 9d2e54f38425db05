// The statistics as twemproxy prints them, byte for byte: its readers parse the text by hand. Control thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/base/plugin_numbers.h"
#include "core/base/stats.h"
#include "core/config/settings.h"

namespace weir::admin {

// What the numbers of a StatsBook belong to, in the order in which they are printed. Made once a configuration.
struct StatsNames {
  struct Server {
    std::string name;
    size_t place;  // in the StatsBook
  };
  struct Pool {
    std::string name;
    size_t place;                 // in the StatsBook
    std::vector<Server> servers;  // shorter names first, then bytes
  };
  std::string source;  // this machine's name
  std::string version;
  std::vector<Pool> pools;
};

// Makes those places that are missing.
StatsNames stats_names(const config::Settings &, StatsBook &);

// What the components of a pool count of their own, by the pool's name.
using PluginNumbersOf = std::function<std::vector<PluginNumbers>(const std::string &pool)>;

// One JSON object and a line end. Behind the servers of a pool stand "tags" and "plugins", where there are any.
std::string stats_json(const StatsBook &, const StatsNames &, uint64_t uptime_s, uint64_t timestamp_s,
                       const PluginNumbersOf &numbers_of = nullptr);

}  // namespace weir::admin
