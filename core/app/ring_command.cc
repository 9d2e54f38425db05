#include "core/app/ring_command.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "core/app/key_source.h"
#include "core/app/loading.h"
#include "core/app/text_table.h"
#include "core/base/text.h"
#include "core/route/lookup.h"

namespace weir::app {
namespace {

using Side = TextTable::Side;

std::string percent(double share, const char *form = "%.2f %%") {
  char text[32];
  std::snprintf(text, sizeof text, form, share * 100);
  return text;
}

std::string quoted(const std::string &text) {
  return "\"" + json_escape(text) + "\"";
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  return text;
}

double ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

std::string name_of(const route::Pool &pool, uint32_t server) {
  return server == WEIR_NO_SERVER ? "(none)" : pool.settings.servers[server].name;
}

std::string title(const route::Pool &pool) {
  return "pool " + pool.settings.name + ": " + pool.settings.hash.name + ", " + pool.settings.distribution.name;
}

// What each server should have by its weight.
std::map<std::string, double> shares(const route::Pool &pool) {
  double total = 0;
  for (const config::Server &server : pool.settings.servers) total += server.weight;
  std::map<std::string, double> shares;
  for (const config::Server &server : pool.settings.servers) shares[server.name] = server.weight / total;
  return shares;
}

int fail(const std::string &text) {
  std::fprintf(stderr, "weir: %s\n", text.c_str());
  return 1;
}

// The exit status.
int print(const std::string &text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return written() ? 0 : fail(kNotWritten);
}

Status each(const KeyQuery &query, const std::function<void(std::string_view)> &key) {
  if (!query.keys_file.empty()) return each_key(query, key);
  each_sample(query.samples, key);
  return Done{};
}

// ---- balance

struct Balance {
  std::vector<uint64_t> keys;  // by server
  uint64_t total = 0, nowhere = 0;
};

struct Row {
  const config::Server *server;
  uint64_t keys;
  double share, expected, deviation;
};

std::vector<Row> rows_of(const route::Pool &pool, const Balance &balance) {
  const std::map<std::string, double> expected = shares(pool);
  std::vector<Row> rows;
  for (size_t i = 0; i < balance.keys.size(); ++i) {
    const config::Server &server = pool.settings.servers[i];
    const double share = ratio(static_cast<double>(balance.keys[i]), static_cast<double>(balance.total));
    const double due = expected.at(server.name);
    rows.push_back({&server, balance.keys[i], share, due, share / due - 1});
  }
  return rows;
}

std::string balance_text(const route::Pool &pool, const Balance &balance) {
  TextTable table({{"SERVER"},
                   {"WEIGHT", Side::right},
                   {"KEYS", Side::right},
                   {"SHARE", Side::right},
                   {"BY WEIGHT", Side::right},
                   {"OFF BY", Side::right}});
  double most = -1, least = 1e9;
  for (const Row &row : rows_of(pool, balance)) {
    table.add({row.server->name, std::to_string(row.server->weight), std::to_string(row.keys), percent(row.share),
               percent(row.expected), percent(row.deviation, "%+.2f %%")});
    most = std::max(most, row.deviation);
    least = std::min(least, row.deviation);
  }
  std::string text = title(pool) + ", " + std::to_string(balance.total) + " keys\n\n" + table.take() + "\n";
  text += "The fullest server has " + percent(1 + most, "%.1f %%") + " of what its weight asks for, the emptiest " +
          percent(1 + least, "%.1f %%") + ".\n";
  if (balance.nowhere > 0) text += std::to_string(balance.nowhere) + " keys have no server.\n";
  return text;
}

std::string balance_json(const route::Pool &pool, const Balance &balance) {
  std::string text = "{\"pool\": " + quoted(pool.settings.name) + ", \"hash\": " + quoted(pool.settings.hash.name) +
                     ", \"distribution\": " + quoted(pool.settings.distribution.name) +
                     ", \"keys\": " + std::to_string(balance.total) + ", \"servers\": [";
  const char *between = "\n";
  for (const Row &row : rows_of(pool, balance)) {
    text += std::exchange(between, ",\n");
    text += "{\"server\": " + quoted(row.server->name) + ", \"weight\": " + std::to_string(row.server->weight) +
            ", \"keys\": " + std::to_string(row.keys) + ", \"share\": " + number(row.share) +
            ", \"by_weight\": " + number(row.expected) + ", \"off_by\": " + number(row.deviation) + "}";
  }
  return text + "\n]}\n";
}

int show_balance(const Options &options, const route::Pool &pool) {
  route::Lookup lookup(pool);
  Balance balance;
  balance.keys.resize(pool.settings.servers.size());
  const Status read = each(options.query, [&](std::string_view key) {
    const uint32_t server = lookup.server(bytes_of(key));
    ++(server == WEIR_NO_SERVER ? balance.nowhere : balance.keys[server]);
    ++balance.total;
  });
  if (!read) return fail(read.error().text);
  return print(options.json ? balance_json(pool, balance) : balance_text(pool, balance));
}

// ---- movement

struct Movement {
  std::map<std::pair<std::string, std::string>, uint64_t> keys;  // from, to
  uint64_t total = 0, moved = 0;
};

// The sum of what servers gain by their weights: so much has to move whatever the algorithm.
double unavoidable(const route::Pool &before, const route::Pool &after) {
  const std::map<std::string, double> had = shares(before);
  double gained = 0;
  for (const auto &[name, share] : shares(after)) {
    const auto old = had.find(name);
    gained += std::max(0.0, share - (old == had.end() ? 0 : old->second));
  }
  return gained;
}

std::string movement_text(const route::Pool &before, const route::Pool &after, const Movement &movement) {
  const auto total = static_cast<double>(movement.total);
  std::string text = title(before) + ", " + std::to_string(before.settings.servers.size()) + " servers -> " +
                     after.settings.hash.name + ", " + after.settings.distribution.name + ", " +
                     std::to_string(after.settings.servers.size()) + " servers\n\n";
  text += std::to_string(movement.moved) + " of " + std::to_string(movement.total) + " keys move, " +
          percent(ratio(static_cast<double>(movement.moved), total)) + "; the servers' weights alone ask for " +
          percent(unavoidable(before, after)) + ".\n";
  if (movement.moved == 0) return text;
  TextTable table({{"FROM"}, {"TO"}, {"KEYS", Side::right}, {"OF ALL", Side::right}});
  for (const auto &[way, keys] : movement.keys) {
    table.add({way.first, way.second, std::to_string(keys), percent(ratio(static_cast<double>(keys), total))});
  }
  return text + "\n" + table.take();
}

std::string movement_json(const route::Pool &before, const route::Pool &after, const Movement &movement) {
  std::string text = "{\"pool\": " + quoted(before.settings.name) + ", \"keys\": " + std::to_string(movement.total) +
                     ", \"moved\": " + std::to_string(movement.moved) +
                     ", \"by_weight\": " + number(unavoidable(before, after)) + ", \"moves\": [";
  const char *between = "\n";
  for (const auto &[way, keys] : movement.keys) {
    text += std::exchange(between, ",\n");
    text += "{\"from\": " + quoted(way.first) + ", \"to\": " + quoted(way.second) +
            ", \"keys\": " + std::to_string(keys) + "}";
  }
  return text + "\n]}\n";
}

// A server is the same in both when it has the same name: that is what it is known by, wherever it is.
int show_movement(const Options &options, const route::Pool &before, const route::Pool &after) {
  route::Lookup from(before), to(after);
  Movement movement;
  const Status read = each(options.query, [&](std::string_view key) {
    const std::string was = name_of(before, from.server(bytes_of(key)));
    const std::string is = name_of(after, to.server(bytes_of(key)));
    ++movement.total;
    if (was == is) return;
    ++movement.moved;
    ++movement.keys[{was, is}];
  });
  if (!read) return fail(read.error().text);
  return print(options.json ? movement_json(before, after, movement) : movement_text(before, after, movement));
}

}  // namespace

int show_ring(const Options &options) {
  std::string complaints;
  const std::unique_ptr<Loaded> loaded = load(options, complaints);
  std::unique_ptr<Loaded> other;
  Options others = options;
  others.pool.reset();
  others.config_file = options.query.against;
  if (loaded != nullptr && !others.config_file.empty()) other = load(others, complaints);
  if (loaded == nullptr || (other == nullptr && !others.config_file.empty())) {
    std::fputs(complaints.c_str(), stderr);
    return 1;
  }
  const route::Pool *pool = asked_pool(*loaded, options.query.pool, complaints);
  if (pool == nullptr) return fail(complaints);
  if (other == nullptr) return show_balance(options, *pool);
  const route::Pool *after = asked_pool(*other, pool->settings.name, complaints);
  return after == nullptr ? fail(complaints) : show_movement(options, *pool, *after);
}

}  // namespace weir::app
