#include "core/app/route_command.h"

#include <cinttypes>
#include <cstdio>

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

class Report {
 public:
  explicit Report(const route::Pool &pool) : pool_(pool), lookup_(pool) {}
  virtual ~Report() = default;
  void key(std::string_view key) { say(key, lookup_.place(bytes_of(key))); }
  virtual void end() = 0;

 protected:
  virtual void say(std::string_view key, const Place &) = 0;
  std::string hash(const Place &place) const {
    if (!place.is_hashed) return "";
    char text[24];
    std::snprintf(text, sizeof text, "0x%0*" PRIx64, static_cast<int>(lookup_.hash_bits() / 4), place.hash);
    return text;
  }
  const config::Server *server(const Place &place) const {
    return place.server == WEIR_NO_SERVER ? nullptr : &pool_.settings.servers[place.server];
  }

  const route::Pool &pool_;
  route::Lookup lookup_;
};

class TextReport : public Report {
 public:
  using Report::Report;
  void say(std::string_view key, const Place &place) override {
    const config::Server *to = server(place);
    table_.add({printable(key), text_of(place.part) == key ? "" : printable(text_of(place.part)), hash(place),
                to == nullptr ? "(none)" : to->name, to == nullptr ? "" : std::to_string(place.server),
                printable(place.how)});
    if (table_.rows() == kRowsAtOnce) end();
  }
  void end() override {
    const std::string text = table_.take();
    std::fwrite(text.data(), 1, text.size(), stdout);
  }

 private:
  TextTable table_{{{"KEY"}, {"TAG"}, {"HASH"}, {"SERVER"}, {"INDEX", TextTable::Side::right}, {"HOW"}}};
};

// One document, a key a line.
class JsonReport : public Report {
 public:
  explicit JsonReport(const route::Pool &pool) : Report(pool) {
    const config::Pool &settings = pool.settings;
    std::printf("{\"pool\": \"%s\", \"hash\": \"%s\", \"distribution\": \"%s\", \"keys\": [",
                json_escape(settings.name).c_str(), json_escape(settings.hash.name).c_str(),
                json_escape(settings.distribution.name).c_str());
  }
  void say(std::string_view key, const Place &place) override {
    std::string line = std::exchange(first_, false) ? "\n" : ",\n";
    line += "{\"key\": " + json_key(key) + ", \"hashed\": " + json_key(text_of(place.part));
    if (place.is_hashed) line += ", \"hash\": \"" + hash(place) + "\"";
    const config::Server *to = server(place);
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
  KeyQuery query = options.query;
  if (query.keys.empty() && query.keys_file.empty()) query.keys_file = "-";
  std::unique_ptr<Report> report;
  if (options.json) {
    report = std::make_unique<JsonReport>(*pool);
  } else {
    report = std::make_unique<TextReport>(*pool);
  }
  const Status read = each_key(query, [&](std::string_view key) { report->key(key); });
  report->end();
  return read ? 0 : fail(read.error().text);
}

}  // namespace weir::app
