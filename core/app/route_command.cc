#include "core/app/route_command.h"

#include <strings.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <deque>
#include <optional>

#include "core/app/key_source.h"
#include "core/app/loading.h"
#include "core/app/text_table.h"
#include "core/base/text.h"
#include "core/route/lookup.h"

namespace weir::app {
namespace {

constexpr size_t kRowsAtOnce = 1000;  // of which the columns are lined up

using Place = route::Lookup::Place;

std::string_view text_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), static_cast<size_t>(bytes.len)};
}

// Which pool has a key, as the routes of the one that was asked about say.
class Way {
 public:
  static std::optional<Way> of(const route::Pool &pool, const KeyQuery &query, std::string &complaint) {
    Way way(pool);
    const weir_protocol &protocol = pool.protocol->protocol();
    std::vector<std::string_view> names;
    for (uint32_t i = 0; i < protocol.cmd_count && !query.as.empty(); ++i) {
      names.emplace_back(protocol.cmds[i].name);
      if (strcasecmp(protocol.cmds[i].name, query.as.c_str()) == 0) way.command_ = i;
    }
    if (!query.as.empty() && !way.command_) {
      complaint = "protocol " + pool.settings.protocol.name + " has no command '" + printable(query.as) + "'";
      const std::string_view meant = nearest(query.as, names);
      if (!meant.empty()) complaint += "; did you mean " + std::string(meant) + "?";
      return std::nullopt;
    }
    if (query.from.empty()) return way;
    const std::optional<config::ClientAddress> client = config::parse_client(query.from);
    if (client) {
      way.client_ = *client;
      return way;
    }
    complaint = "a client is an address like 10.1.2.3 or fd00::1, or unix, and not '" + printable(query.from) + "'";
    return std::nullopt;
  }

  // 0: it stays; else the pool's place among the targets, counted from 1.
  uint32_t find(std::string_view key) const {
    // What is not said of the request decides nothing: entries for commands do not count without one, and entries for
    // clients do not have this one.
    const route::Routes::Query query{command_.value_or(0), client_, !command_};
    const route::Routes::Entry *entry = pool_.routes.find(query, bytes_of(key));
    return entry == nullptr ? route::Routes::kOwn : entry->way;
  }

 private:
  explicit Way(const route::Pool &pool) : pool_(pool) {}
  const route::Pool &pool_;
  std::optional<uint32_t> command_;
  config::ClientAddress client_;
};

class Report {
 public:
  Report(const Loaded &loaded, const route::Pool &pool, const Way &way)
      : pool_(pool), has_routes_(!pool.settings.routes.empty()), way_(way) {
    lookups_.emplace_back(pool);
    for (const route::Target &target : pool.targets) {
      const auto named = std::find_if(loaded.pools.begin(), loaded.pools.end(),
                                      [&](const auto &other) { return other->settings.name == target.name; });
      lookups_.emplace_back(**named);
    }
  }
  virtual ~Report() = default;
  void key(std::string_view key) {
    route::Lookup &lookup = lookups_[has_routes_ ? way_.find(key) : route::Routes::kOwn];
    say(key, lookup, lookup.place(bytes_of(key)));
  }
  virtual void end() = 0;

 protected:
  virtual void say(std::string_view key, const route::Lookup &, const Place &) = 0;
  static std::string hash(const route::Lookup &lookup, const Place &place) {
    if (!place.is_hashed) return "";
    char text[24];
    std::snprintf(text, sizeof text, "0x%0*" PRIx64, static_cast<int>(lookup.hash_bits() / 4), place.hash);
    return text;
  }
  static const config::Server *server(const route::Lookup &lookup, const Place &place) {
    return place.server == WEIR_NO_SERVER ? nullptr : &lookup.pool().settings.servers[place.server];
  }

  const route::Pool &pool_;
  const bool has_routes_;  // else there is but one pool to speak of

 private:
  const Way &way_;
  std::deque<route::Lookup> lookups_;  // of the pool and its targets
};

class TextReport : public Report {
 public:
  TextReport(const Loaded &loaded, const route::Pool &pool, const Way &way)
      : Report(loaded, pool, way), table_(columns(has_routes_)) {}
  void say(std::string_view key, const route::Lookup &lookup, const Place &place) override {
    const config::Server *to = server(lookup, place);
    std::vector<std::string> row = {printable(key), text_of(place.part) == key ? "" : printable(text_of(place.part)),
                                    hash(lookup, place)};
    if (has_routes_) row.push_back(printable(lookup.pool().settings.name));
    row.insert(row.end(), {to == nullptr ? "(none)" : to->name, to == nullptr ? "" : std::to_string(place.server),
                           printable(place.how)});
    table_.add(std::move(row));
    if (table_.rows() == kRowsAtOnce) end();
  }
  void end() override {
    const std::string text = table_.take();
    std::fwrite(text.data(), 1, text.size(), stdout);
  }

 private:
  static std::vector<TextTable::Column> columns(bool with_pool) {
    std::vector<TextTable::Column> columns = {{"KEY"}, {"TAG"}, {"HASH"}};
    if (with_pool) columns.push_back({"POOL"});
    columns.insert(columns.end(), {{"SERVER"}, {"INDEX", TextTable::Side::right}, {"HOW"}});
    return columns;
  }
  TextTable table_;
};

// One document, a key a line.
class JsonReport : public Report {
 public:
  JsonReport(const Loaded &loaded, const route::Pool &pool, const Way &way) : Report(loaded, pool, way) {
    const config::Pool &settings = pool.settings;
    std::printf("{\"pool\": \"%s\", \"hash\": \"%s\", \"distribution\": \"%s\", \"keys\": [",
                json_escape(settings.name).c_str(), json_escape(settings.hash.name).c_str(),
                json_escape(settings.distribution.name).c_str());
  }
  void say(std::string_view key, const route::Lookup &lookup, const Place &place) override {
    std::string line = std::exchange(first_, false) ? "\n" : ",\n";
    line += "{\"key\": " + json_key(key) + ", \"hashed\": " + json_key(text_of(place.part));
    if (place.is_hashed) line += ", \"hash\": \"" + hash(lookup, place) + "\"";
    if (has_routes_) line += ", \"pool\": \"" + json_escape(lookup.pool().settings.name) + "\"";
    const config::Server *to = server(lookup, place);
    line += ", \"server\": " + (to == nullptr ? "null" : "\"" + json_escape(to->name) + "\"");
    if (to != nullptr) line += ", \"index\": " + std::to_string(place.server);
    if (!place.how.empty()) line += ", \"how\": " + json_key(place.how);
    line += "}";
    std::fwrite(line.data(), 1, line.size(), stdout);
  }
  void end() override { std::fputs("\n]}\n", stdout); }

 private:
  bool first_ = true;
};

int fail(const std::string &text) {
  std::fprintf(stderr, "weir: %s\n", text.c_str());
  return 1;
}

}  // namespace

int route_keys(const Options &options) {
  std::string complaints;
  const std::unique_ptr<Loaded> loaded = load(options, complaints);
  if (loaded == nullptr) {
    std::fputs(complaints.c_str(), stderr);
    return 1;
  }
  const route::Pool *pool = asked_pool(*loaded, options.query.pool, complaints);
  if (pool == nullptr) return fail(complaints);
  const std::optional<Way> way = Way::of(*pool, options.query, complaints);
  if (!way) return fail(complaints);
  KeyQuery query = options.query;
  if (query.keys.empty() && query.keys_file.empty()) query.keys_file = "-";
  std::unique_ptr<Report> report;
  if (options.json) {
    report = std::make_unique<JsonReport>(*loaded, *pool, *way);
  } else {
    report = std::make_unique<TextReport>(*loaded, *pool, *way);
  }
  const Status read = each_key(query, [&](std::string_view key) { report->key(key); });
  report->end();
  if (!read) return fail(read.error().text);
  return written() ? 0 : fail(kNotWritten);
}

}  // namespace weir::app
