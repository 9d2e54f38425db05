#include "core/config/routes.h"

#include <algorithm>

#include "core/config/yaml_text.h"

namespace weir::config {
namespace {

constexpr size_t kMostRoutes = 4096;

std::string path_of_entry(const std::string &pool, size_t i) {
  return pool + ".routes[" + std::to_string(i) + "]";
}

class RouteReader {
 public:
  RouteReader(const Context &ctx, const Node &map, std::string path, const Place &place)
      : ctx_(ctx), map_(map), path_(std::move(path)) {
    route_.place = place;
  }

  Route read() {
    for (const Node::Entry &entry : map_.entries) {
      const Key<Route> *key = find_key(route_keys(), entry.key);
      if (key == nullptr) {
        complain(entry.place, entry.key, unknown_key(entry.key, key_names(route_keys())));
      } else if (const auto *text = std::get_if<std::string Route::*>(&key->field)) {
        read_text(*key, entry, *text);
      } else {
        read_texts(entry, std::get<std::vector<std::string> Route::*>(key->field));
      }
    }
    if (map_.find("pool") == nullptr && map_.find("mirror") == nullptr) {
      complain(route_.place, "pool", "is missing; write the pool that these requests go to, or self");
    }
    for (const std::string &text : route_.client) {
      std::string fault;
      if (auto network = parse_network(text, fault)) {
        route_.networks.push_back(std::move(*network));
      } else {
        complain(place_of(*find_entry("client")), "client", fault);
      }
    }
    return std::move(route_);
  }

 private:
  void complain(const Place &place, std::string_view key, std::string text) {
    ctx_.complaints.add(place, path_of(path_, key), std::move(text));
  }

  const Node::Entry *find_entry(std::string_view key) const {
    auto found = std::find_if(map_.entries.begin(), map_.entries.end(), [key](const auto &e) { return e.key == key; });
    return &*found;
  }

  void read_text(const Key<Route> &key, const Node::Entry &entry, std::string Route::*field) {
    Reading reading = read_value(key.rule, *entry.value);
    if (!reading.fault.empty()) return complain(place_of(entry), entry.key, reading.fault);
    route_.*field = entry.value->text;
  }

  void read_texts(const Node::Entry &entry, std::vector<std::string> Route::*field) {
    const Node &value = *entry.value;
    bool texts =
        value.kind == Node::Kind::list && !value.entries.empty() &&
        std::all_of(value.entries.begin(), value.entries.end(), [](const auto &e) { return is_text(*e.value); });
    if (!is_text(value) && !texts) {
      bool empty = value.kind == Node::Kind::list && value.entries.empty();
      return complain(place_of(entry), entry.key,
                      "expected a text or a list of texts, found " +
                          (empty ? "an empty list; leave the key out" : found_text(value)));
    }
    if (is_text(value)) (route_.*field).push_back(value.text);
    for (const Node::Entry &item : value.entries) (route_.*field).push_back(item.value->text);
    for (const std::string &text : route_.*field) {
      if (text.empty()) complain(place_of(entry), entry.key, "expected a text, found an empty one; leave the key out");
    }
  }

  const Context &ctx_;
  const Node &map_;
  const std::string path_;
  Route route_;
};

void write_texts(std::string &out, const char *key, const std::vector<std::string> &texts) {
  if (texts.empty()) return;
  out.append(key).append(": ").append(texts.size() > 1 ? "[" : "");
  for (size_t i = 0; i < texts.size(); ++i) out.append(i > 0 ? ", " : "").append(string_text(texts[i]));
  out.append(texts.size() > 1 ? "], " : ", ");
}

}  // namespace

std::vector<Route> read_routes(const Context &ctx, const Node::Entry &routes, const std::string &path) {
  std::vector<Route> all;
  const Node &list = *routes.value;
  const std::string expected = "expected a list of maps like {commands: read, prefix: \"user:\", pool: name}, found ";
  if (list.kind != Node::Kind::list) {
    ctx.complaints.add(place_of(routes), path + ".routes", expected + found_text(list));
    return all;
  }
  if (list.entries.size() > kMostRoutes) {
    ctx.complaints.add(routes.place, path + ".routes",
                       "has " + std::to_string(list.entries.size()) + " entries, and at most 4096 are allowed");
    return all;
  }
  for (size_t i = 0; i < list.entries.size(); ++i) {
    const Node::Entry &entry = list.entries[i];
    if (entry.value->kind != Node::Kind::map) {
      ctx.complaints.add(entry.place, path_of_entry(path, i), expected + found_text(*entry.value));
      continue;
    }
    all.push_back(RouteReader(ctx, *entry.value, path_of_entry(path, i), entry.place).read());
  }
  return all;
}

void check_routes(const Pool &pool, const std::vector<Pool> &all, Complaints &complaints) {
  for (size_t i = 0; i < pool.routes.size(); ++i) {
    const Route &route = pool.routes[i];
    auto check = [&](const std::string &key, const std::string &name) {
      const bool copies = key == "mirror";
      auto complain = [&](std::string text) {
        complaints.add(route.place, path_of_entry(path_of("pools", pool.name), i) + "." + key, std::move(text));
      };
      if (name.empty()) return;
      // No copy would ever be sent, and nobody would be told.
      if (copies && route_stays(name, pool)) return complain("is the pool itself; name another one, or leave it out");
      if (route_stays(name, pool)) return;
      auto to = std::find_if(all.begin(), all.end(), [&name](const Pool &other) { return other.name == name; });
      if (to == all.end()) {
        std::vector<std::string_view> names;
        if (!copies) names.emplace_back("self");
        for (const Pool &other : all) {
          if (!copies || &other != &pool) names.push_back(other.name);
        }
        return complain(unknown_word(name, names));
      }
      if (to->protocol.name == pool.protocol.name) return;
      complain("is a pool of protocol " + to->protocol.name + ", and this one is of " + pool.protocol.name);
    };
    check("pool", route.pool);
    check("mirror", route.mirror);
  }
}

std::string route_text(const Route &route) {
  std::string out = "{";
  write_texts(out, "commands", route.commands);
  write_texts(out, "prefix", route.prefix);
  write_texts(out, "client", route.client);
  if (!route.pool.empty()) write_texts(out, "pool", {route.pool});
  if (!route.mirror.empty()) write_texts(out, "mirror", {route.mirror});
  out.resize(out.size() - 2);
  return out + "}";
}

}  // namespace weir::config
