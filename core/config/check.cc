// The file as a whole: which form it has, what its top level says, and what pools may not share.
#include <algorithm>
#include <unordered_map>

#include "core/config/address.h"
#include "core/config/load.h"
#include "core/config/pool.h"
#include "core/config/routes.h"

namespace weir::config {
namespace {

// A pool of twemproxy's: a map at the top that says where it listens. In weir's own form such maps stand one deeper.
bool holds_listen(const Node &node) {
  const Node *listen = node.kind == Node::Kind::map ? node.find("listen") : nullptr;
  return listen != nullptr && listen->kind != Node::Kind::map;
}

bool is_nutcracker(const Node &root) {
  bool own_key = false, map = false;
  for (const Node::Entry &entry : root.entries) {
    if (holds_listen(*entry.value)) return true;
    own_key = own_key || find_key(top_keys(), entry.key) != nullptr;
    map = map || entry.value->kind == Node::Kind::map;
  }
  return map && !own_key;
}

// Walks the whole tree once, no deeper than it was read. What is said of a key given twice is the same everywhere.
void check_duplicates(const Node &node, const std::string &path, Complaints &complaints) {
  std::unordered_map<std::string_view, int> lines;
  for (size_t i = 0; i < node.entries.size(); ++i) {
    const Node::Entry &entry = node.entries[i];
    bool listed = node.kind == Node::Kind::list;
    bool plain = entry.value->entries.empty();
    if (listed && plain) continue;
    std::string below = listed ? path + "[" + std::to_string(i) + "]" : std::string();
    if (!listed) {
      auto [same, added] = lines.emplace(entry.key, entry.place.line);
      if (added && plain) continue;
      below = path_of(path, entry.key);
      if (!added) {
        complaints.add(entry.place, below,
                       "is a duplicate, first given in line " + std::to_string(same->second) + "; keep one of both");
      }
    }
    check_duplicates(*entry.value, below, complaints);
  }
}

std::vector<std::string> texts_of(const Node &node) {
  std::vector<std::string> texts;
  if (is_text(node)) texts.push_back(node.text);
  for (const Node::Entry &entry : node.entries) texts.push_back(entry.value->text);
  return texts;
}

Plugins read_plugins(const Node::Entry &section, Complaints &complaints) {
  Plugins plugins;
  if (section.value->kind == Node::Kind::null) return plugins;
  if (section.value->kind != Node::Kind::map) {
    complaints.add(section.place, "plugins",
                   "expected a map like {path: folder, files: [file]}, found " + found_text(*section.value));
    return plugins;
  }
  for (const Node::Entry &entry : section.value->entries) {
    const Key<Plugins> *key = find_key(plugin_keys(), entry.key);
    std::string path = path_of("plugins", entry.key);
    if (key == nullptr) {
      complaints.add(entry.place, path, unknown_key(entry.key, key_names(plugin_keys())));
      continue;
    }
    Reading reading = is_text(*entry.value) ? Reading{} : read_value(key->rule, *entry.value);
    if (!reading.fault.empty()) {
      complaints.add(place_of(entry), path, reading.fault);
    } else {
      plugins.*std::get<std::vector<std::string> Plugins::*>(key->field) = texts_of(*entry.value);
    }
  }
  return plugins;
}

class Checker {
 public:
  Checker(const Node &root, const Context &ctx) : root_(root), ctx_(ctx) {}

  Settings read() {
    settings_.file = root_.place.file;
    settings_.nutcracker = ctx_.nutcracker;
    set_defaults(top_keys(), settings_);
    check_duplicates(root_, ctx_.nutcracker ? "pools" : "", ctx_.complaints);
    for (const Node::Entry &entry : root_.entries) {
      if (ctx_.nutcracker) {
        read_nutcracker_entry(entry);
      } else {
        read_top_key(entry);
      }
    }
    if (!pools_seen_) ctx_.complaints.add({root_.place.file, 0}, "", no_pools());
    check_shared_listeners();
    for (const Pool &pool : settings_.pools) {
      check_failure(pool);
      check_routes(pool, settings_.pools, ctx_.complaints);
    }
    std::sort(settings_.pools.begin(), settings_.pools.end(), [](const Pool &a, const Pool &b) {
      return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
    });
    return std::move(settings_);
  }

 private:
  static std::string no_pools() {
    return "the configuration has no pools; expected \"pools:\" with a map of pools under it, or twemproxy's form "
           "with the pools at the top, each with listen and servers";
  }

  void read_nutcracker_entry(const Node::Entry &entry) {
    bool ours = find_key(top_keys(), entry.key) != nullptr && !holds_listen(*entry.value);
    if (!ours) return read_one_pool(entry);
    ctx_.complaints.add(entry.place, printable(entry.key),
                        "belongs to weir's own form, but this file has twemproxy's, with pools at the top; move these "
                        "under pools:");
  }

  void read_top_key(const Node::Entry &entry) {
    const Key<Settings> *key = find_key(top_keys(), entry.key);
    std::string path = path_of("", entry.key);
    if (key == nullptr) {
      std::string text = unknown_key(entry.key, key_names(top_keys()));
      if (entry.value->kind == Node::Kind::map) text.append(" (a pool must stand under pools:)");
      ctx_.complaints.add(entry.place, path, text);
    } else if (entry.key == "pools") {
      read_pools(entry);
    } else if (entry.key == "plugins") {
      settings_.plugins = read_plugins(entry, ctx_.complaints);
    } else if (key->rule.type == Type::listen) {
      read_address(*key, entry, path);
    } else if (entry.key == "dns") {
      read_dns(*key, entry);
    } else {
      Reading reading = read_value(key->rule, *entry.value);
      if (!reading.fault.empty()) return ctx_.complaints.add(place_of(entry), path, reading.fault);
      set_number(*key, settings_, reading.number);
      if (const auto *text = std::get_if<std::string Settings::*>(&key->field)) settings_.**text = entry.value->text;
    }
  }

  void read_address(const Key<Settings> &key, const Node::Entry &entry, const std::string &path) {
    if (entry.value->kind != Node::Kind::scalar) {
      std::string text = "expected " + expected_text(key.rule) + ", found " + found_text(*entry.value);
      return ctx_.complaints.add(place_of(entry), path, text);
    }
    Result<Address> address = parse_listen(entry.value->text);
    if (!address) return ctx_.complaints.add(place_of(entry), path, address.error().text);
    settings_.*std::get<Address Settings::*>(key.field) = *address;
  }

  void read_dns(const Key<Settings> &key, const Node::Entry &entry) {
    Reading reading = is_text(*entry.value) ? Reading{} : read_value(key.rule, *entry.value);
    if (!reading.fault.empty()) return ctx_.complaints.add(place_of(entry), "dns", reading.fault);
    settings_.dns = texts_of(*entry.value);
    for (const std::string &server : settings_.dns) {
      if (std::string fault = dns_server_fault(server); !fault.empty()) {
        ctx_.complaints.add(place_of(entry), "dns", fault);
      }
    }
  }

  void read_pools(const Node::Entry &section) {
    const Node &map = *section.value;
    if (map.kind != Node::Kind::map && map.kind != Node::Kind::null) {
      pools_seen_ = true;
      std::string found = map.kind == Node::Kind::scalar ? "text" : found_text(map);
      return ctx_.complaints.add(section.place, "pools", "expected a map of pools by name, found " + found);
    }
    for (const Node::Entry &entry : map.entries) read_one_pool(entry);
  }

  void read_one_pool(const Node::Entry &entry) {
    pools_seen_ = true;
    settings_.pools.push_back(read_pool(ctx_, entry, path_of("pools", entry.key)));
  }

  void check_shared_listeners() {
    std::unordered_map<std::string, const Pool *> seen;
    for (const Pool &pool : settings_.pools) {
      const Address &listen = pool.listen;
      if (listen.text.empty()) continue;
      std::string socket = listen.is_unix() ? listen.path : listen.host + ":" + std::to_string(listen.port);
      auto [first, added] = seen.emplace(socket, &pool);
      if (added) continue;
      ctx_.complaints.add(pool.place, path_of("pools", pool.name) + ".listen",
                          "is the address that pool " + printable(first->second->name) + " listens on (line " +
                              std::to_string(first->second->place.line) + "); each pool needs its own");
    }
    check_wildcard_listeners();
  }

  // All addresses of a port include each of them. Of names it is not known here what they stand for.
  void check_wildcard_listeners() {
    std::unordered_map<uint16_t, const Pool *> wildcards;
    for (const Pool &pool : settings_.pools) {
      if (pool.listen.host == "0.0.0.0" || pool.listen.host == "::") wildcards.emplace(pool.listen.port, &pool);
    }
    for (const Pool &pool : settings_.pools) {
      auto found = wildcards.find(pool.listen.port);
      if (found == wildcards.end() || found->second == &pool) continue;
      const Pool &all = *found->second;
      if (pool.listen.host == all.listen.host || (pool.reuseport && all.reuseport)) continue;
      bool v4 = pool.listen.host.find_first_not_of("0123456789.") == std::string::npos;
      bool v6 = pool.listen.host.find(':') != std::string::npos;
      if (all.listen.host == "::" ? !v4 && !v6 : !v4) continue;
      ctx_.complaints.add(pool.place, path_of("pools", pool.name) + ".listen",
                          "is taken by pool " + printable(all.name) + " (line " + std::to_string(all.place.line) +
                              "), which listens on all addresses of this port; choose another port");
    }
  }

  // Why keys may not go to that pool; empty when they may.
  std::string failover_fault(const Pool &pool) const {
    auto spare = std::find_if(settings_.pools.begin(), settings_.pools.end(),
                              [&pool](const Pool &other) { return other.name == pool.failover_pool; });
    if (spare == settings_.pools.end()) {
      std::vector<std::string_view> names;
      for (const Pool &other : settings_.pools) names.push_back(other.name);
      return unknown_word(pool.failover_pool, names);
    }
    if (spare->name == pool.name) return "is the pool itself; name another one, with servers of its own";
    if (spare->protocol.name != pool.protocol.name) {
      return "is a pool of protocol " + spare->protocol.name + ", and this one is of " + pool.protocol.name;
    }
    if (spare->policy() == OnFailure::failover) {
      return "is a pool that fails over itself; requests are passed on only once";
    }
    return "";
  }

  void check_failure(const Pool &pool) {
    auto complain = [&](const char *key, std::string text) {
      ctx_.complaints.add(pool.place, path_of("pools", pool.name) + "." + key, std::move(text));
    };
    OnFailure then = pool.policy();
    if (then != OnFailure::failover && !pool.failover_pool.empty()) {
      complain("failover_pool", "is only used with on_failure: failover");
    } else if (then == OnFailure::failover && pool.failover_pool.empty()) {
      complain("on_failure", "is failover, and there is no failover_pool");
    } else if (then == OnFailure::failover) {
      if (std::string fault = failover_fault(pool); !fault.empty()) complain("failover_pool", fault);
    }
    if (pool.slow_start_us != 0 && (then == OnFailure::nothing || then == OnFailure::fail_fast)) {
      complain("slow_start", "is only used with on_failure: rehash or failover");
    }
  }

  const Node &root_;
  const Context &ctx_;
  Settings settings_;
  bool pools_seen_ = false;
};

}  // namespace

Plugins plugins_of(const Node &root, Complaints &complaints) {
  if (is_nutcracker(root)) return {};
  Plugins plugins;
  for (const Node::Entry &entry : root.entries) {
    if (entry.key == "plugins") plugins = read_plugins(entry, complaints);
  }
  return plugins;
}

std::optional<Settings> check(const std::shared_ptr<Node> &root, const Catalog &catalog, Complaints &complaints) {
  size_t before = complaints.size();
  if (root->kind == Node::Kind::list || root->kind == Node::Kind::scalar) {
    complaints.add(root->place, "",
                   "expected a map of keys, found " + std::string(root->kind == Node::Kind::list ? "a list" : "text"));
    return std::nullopt;
  }
  Context ctx{catalog, complaints, is_nutcracker(*root)};
  Settings settings = Checker(*root, ctx).read();
  if (complaints.size() != before) return std::nullopt;
  return settings;
}

}  // namespace weir::config
