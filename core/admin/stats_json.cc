#include "core/admin/stats_json.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "core/base/tags.h"
#include "core/base/text.h"
#include "core/base/version.h"

namespace weir::admin {
namespace {

// twemproxy's spacing: ", " after every number, none after a closing brace, ": " only before an opening one.
class Writer {
 public:
  void text(std::string_view key, std::string_view value) {
    name(key);
    out_.append("\"").append(json_escape(value)).append("\", ");
  }
  void number(std::string_view key, uint64_t value) {
    name(key);
    out_.append(std::to_string(value)).append(", ");
  }
  void open() { out_.append("{"); }
  void open(std::string_view key) {
    name(key);
    out_.append(" {");
  }
  void close() {
    drop_comma();
    out_.append("},");
  }
  std::string finish() && {
    close();
    drop_comma();
    return std::move(out_.append("\n"));
  }

 private:
  void name(std::string_view key) { out_.append("\"").append(json_escape(key)).append("\":"); }
  void drop_comma() { out_.resize(out_.find_last_not_of(", ") + 1); }
  std::string out_;
};

// Tags are bytes of somebody's. What is not UTF-8 is shown byte by byte, so that the whole stays JSON.
std::string shown_tag(std::string_view tag) {
  std::string out;
  for (size_t i = 0; i < tag.size();) {
    size_t len = utf8_length(tag.substr(i));
    if (len > 0) {
      out.append(tag.substr(i, len));
      i += len;
      continue;
    }
    char shown[8];
    std::snprintf(shown, sizeof shown, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(tag[i++])));
    out.append(shown);
  }
  return out;
}

void write_spread(Writer &json, std::string_view name, const HistogramSum &spread) {
  json.open(name);
  json.number("count", spread.count());
  json.number("sum", spread.sum());
  json.number("max", spread.max());
  json.number("p50", spread.quantile(0.5));
  json.number("p90", spread.quantile(0.9));
  json.number("p99", spread.quantile(0.99));
  json.number("p999", spread.quantile(0.999));
  json.close();
}

void write_tags(Writer &json, const std::map<std::string, TagSum, std::less<>> &tags) {
  if (tags.empty()) return;
  json.open(kTagsName);
  for (const auto &[name, sum] : tags) {
    json.open(shown_tag(name));
    json.number("requests", sum.requests);
    json.number("errors", sum.errors);
    write_spread(json, "latency_us", sum.latency_us);
    json.close();
  }
  json.close();
}

void write_plugins(Writer &json, const std::vector<PluginNumbers> &plugins) {
  if (plugins.empty()) return;
  json.open(kPluginsName);
  for (const PluginNumbers &of : plugins) {
    json.open(of.component);
    for (const PluginNumber &number : of.numbers) {
      if (number.spread) {
        write_spread(json, number.name, *number.spread);
      } else {
        json.number(number.name, number.value);
      }
    }
    json.close();
  }
  json.close();
}

// What was counted by filters that a reload took away must not hide a server that has the name since.
bool is_free(std::string_view name, const StatsNames::Pool &pool) {
  return std::none_of(pool.servers.begin(), pool.servers.end(), [name](const auto &s) { return s.name == name; });
}

std::string host_name() {
  char name[256] = {};
  return gethostname(name, sizeof name - 1) == 0 ? name : "unknown";
}

}  // namespace

StatsNames stats_names(const config::Settings &settings, StatsBook &book) {
  StatsNames names{host_name(), kVersion, {}};
  for (const config::Pool &pool : settings.pools) {
    StatsNames::Pool &shown = names.pools.emplace_back();
    shown.name = pool.name;
    shown.place = book.pool_place(pool.name);
    for (const config::Server &server : pool.servers) {
      shown.servers.push_back({server.name, book.server_place(shown.place, server.name)});
    }
    std::stable_sort(shown.servers.begin(), shown.servers.end(), [](const auto &a, const auto &b) {
      return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
  }
  return names;
}

std::string stats_json(const StatsBook &book, const StatsNames &names, uint64_t uptime_s, uint64_t timestamp_s,
                       const PluginNumbersOf &numbers_of) {
  Writer json;
  json.open();
  json.text("service", "nutcracker");  // what readers look for
  json.text("source", names.source);
  json.text("version", names.version);
  json.number("uptime", uptime_s);
  json.number("timestamp", timestamp_s);
  json.number("total_connections", book.total_connections());
  json.number("curr_connections", book.curr_connections());
  for (const StatsNames::Pool &pool : names.pools) {
    json.open(pool.name);
    for (size_t m = 0; m < kPoolMetricCount; ++m) json.number(kPoolMetrics[m].name, book.pool(pool.place, m));
    for (const StatsNames::Server &server : pool.servers) {
      json.open(server.name);
      for (size_t m = 0; m < kServerMetricCount; ++m) {
        json.number(kServerMetrics[m].name, book.server(pool.place, server.place, m));
      }
      json.close();
    }
    if (is_free(kTagsName, pool)) write_tags(json, book.tags(pool.place));
    if (numbers_of && is_free(kPluginsName, pool)) write_plugins(json, numbers_of(pool.name));
    json.close();
  }
  return std::move(json).finish();
}

}  // namespace weir::admin
