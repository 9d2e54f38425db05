#include "core/config/pool.h"

#include <weir/module.h>

#include <algorithm>
#include <unordered_map>

#include "core/base/text.h"
#include "core/config/address.h"
#include "core/config/component.h"
#include "core/config/pick.h"
#include "core/config/routes.h"

namespace weir::config {
namespace {

class PoolReader {
 public:
  PoolReader(const Context &ctx, const Node::Entry &entry, const std::string &path)
      : ctx_(ctx), map_(*entry.value), path_(path) {
    pool_.name = entry.key;
    pool_.place = entry.place;
    set_defaults(pool_keys(), pool_);
  }

  Pool read() {
    for (const Node::Entry &entry : map_.entries) {
      const Key<Pool> *key = find_key(pool_keys(), entry.key);
      if (key != nullptr) read_key(*key, entry);
    }
    for (const Key<Pool> &key : pool_keys()) {
      if (map_.find(key.name) == nullptr) fill_in(key);
    }
    read_filters_by_name();
    read_other_keys();
    hand_over_parts();
    return std::move(pool_);
  }

 private:
  struct Slot {
    Use Pool::*field;  // null for filters
    Part part;
    FilterUse filter = {};  // what the core's own keys say of it
  };

  void complain(const Place &place, std::string_view key, std::string text) {
    ctx_.complaints.add(place, path_of(path_, key), std::move(text));
  }

  void read_key(const Key<Pool> &key, const Node::Entry &entry) {
    switch (key.rule.type) {
      case Type::listen:
        read_listen(entry);
        break;
      case Type::servers:
        read_servers(entry);
        break;
      case Type::component:
        read_component(key, entry);
        break;
      case Type::components:
        read_filters(key, entry);
        break;
      case Type::routes:
        pool_.routes = read_routes(ctx_, entry, path_);
        break;
      case Type::section:
        read_health_check(entry);
        break;
      default:
        read_scalar(key, entry);
        break;
    }
  }

  void read_health_check(const Node::Entry &section) {
    if (section.value->kind != Node::Kind::map) {
      return complain(
          place_of(section), section.key,
          "expected a map like {interval: 2s, timeout: 1s, rise: 2, fall: 3}, found " + found_text(*section.value));
    }
    set_defaults(health_check_keys(), pool_.health_check);
    for (const Node::Entry &entry : section.value->entries) {
      std::string path = path_of(section.key, entry.key);
      const Key<HealthCheck> *key = find_key(health_check_keys(), entry.key);
      if (key == nullptr) {
        complain(entry.place, path, unknown_key(entry.key, key_names(health_check_keys())));
        continue;
      }
      Reading reading = read_value(key->rule, *entry.value);
      if (!reading.fault.empty()) {
        complain(place_of(entry), path, reading.fault);
      } else {
        set_number(*key, pool_.health_check, reading.number);
      }
    }
  }

  void read_scalar(const Key<Pool> &key, const Node::Entry &entry) {
    Reading reading = read_value(key.rule, *entry.value);
    if (!reading.fault.empty()) return complain(place_of(entry), key.name, reading.fault);
    if (auto *text = std::get_if<std::string Pool::*>(&key.field)) {
      pool_.*(*text) = entry.value->text;
    } else {
      set_number(key, pool_, reading.number);
    }
  }

  void read_listen(const Node::Entry &entry) {
    if (entry.value->kind != Node::Kind::scalar) {
      std::string text = "expected " + expected_text({Type::listen}) + ", found " + found_text(*entry.value);
      return complain(place_of(entry), entry.key, text);
    }
    Result<Address> address = parse_listen(entry.value->text);
    if (!address) return complain(place_of(entry), entry.key, address.error().text);
    pool_.listen = *address;
  }

  void read_servers(const Node::Entry &entry) {
    const Node &list = *entry.value;
    if (list.kind != Node::Kind::list || list.entries.empty()) {
      bool none = list.kind == Node::Kind::null || list.kind == Node::Kind::list;
      std::string text = none ? "the pool has no servers; expected " : "expected ";
      text.append(expected_text({Type::servers}));
      return complain(place_of(entry), entry.key, none ? text : text + ", found " + found_text(list));
    }
    std::unordered_map<std::string, int> lines;
    for (size_t i = 0; i < list.entries.size(); ++i) {
      read_server(*list.entries[i].value, "servers[" + std::to_string(i) + "]", lines);
    }
  }

  void read_server(const Node &node, const std::string &key, std::unordered_map<std::string, int> &lines) {
    if (node.kind != Node::Kind::scalar) {
      return complain(node.place, key,
                      "expected \"host:port:weight [name]\" or \"/path:weight [name]\", found " + found_text(node));
    }
    Result<Server> server = parse_server(node.text);
    if (!server) return complain(node.place, key, server.error().text);
    server->place = node.place;
    auto [same, added] = lines.emplace(server->name, node.place.line);
    if (!added) {
      return complain(node.place, key,
                      "is the second server named \"" + printable(server->name) + "\", after line " +
                          std::to_string(same->second) + "; give one of them another name: \"host:port:weight name\"");
    }
    pool_.servers.push_back(std::move(*server));
  }

  void read_component(const Key<Pool> &key, const Node::Entry &entry) {
    Part part = read_part(ctx_, key.kind, *entry.value, entry.place, path_of(path_, key.name));
    parts_.push_back({std::get<Use Pool::*>(key.field), std::move(part)});
  }

  void read_filters(const Key<Pool> &key, const Node::Entry &entry) {
    const Node &list = *entry.value;
    if (list.kind != Node::Kind::list) {
      return complain(place_of(entry), key.name, "expected " + expected_text(key.rule) + ", found " + found_text(list));
    }
    for (size_t i = 0; i < list.entries.size(); ++i) {
      std::string path = path_of(path_, key.name) + "[" + std::to_string(i) + "]";
      const Node::Entry &item = list.entries[i];
      add_filter(read_part(ctx_, key.kind, *item.value, item.place, path), *item.value, item.place);
    }
  }

  void add_filter(Part part, const Node &value, const Place &place) {
    Slot slot{nullptr, std::move(part)};
    slot.filter.path = slot.part.path.substr(path_.size() + 1);
    set_defaults(filter_keys(), slot.filter);
    for (const Node::Entry &entry : value.entries) {
      const Key<FilterUse> *key = find_key(filter_keys(), entry.key);
      if (key == nullptr) continue;
      Reading reading = read_value(key->rule, *entry.value);
      if (!reading.fault.empty()) {
        ctx_.complaints.add(place_of(entry), path_of(slot.part.path, entry.key), reading.fault);
      } else if (const auto *text = std::get_if<std::string FilterUse::*>(&key->field)) {
        slot.filter.*(*text) = entry.value->text;
      }
    }
    if (++filters_ == kMostFilters + 1) {
      ctx_.complaints.add(place, slot.part.path,
                          "is one too many: a pool has at most " + std::to_string(kMostFilters) + " filters");
    }
    parts_.push_back(std::move(slot));
  }

  // A key that is the name of a filter is one, `NAME: {key: value}`, or a list of several. What the pool's other
  // components know by that name is theirs.
  bool is_filter(const std::string &key) const {
    if (find_key(pool_keys(), key) != nullptr || is_pick_key(ctx_.catalog, key)) return false;
    if (find_component(ctx_.catalog, WEIR_K_FILTER, key) == nullptr) return false;
    return std::none_of(parts_.begin(), parts_.end(), [&key](const Slot &slot) {
      const weir_schema_key *known = slot.part.entry == nullptr ? nullptr : find_schema_key(*slot.part.entry, key);
      return known != nullptr && (known->flags & WEIR_KEY_POOL) != 0;
    });
  }

  void read_filters_by_name() {
    for (const Node::Entry &entry : map_.entries) {
      if (!is_filter(entry.key)) continue;
      by_name_.push_back(entry.key);
      if (entry.value->kind != Node::Kind::list) {
        read_filter(entry.key, *entry.value, entry.place, path_of(path_, entry.key));
        continue;
      }
      for (size_t i = 0; i < entry.value->entries.size(); ++i) {
        const Node::Entry &item = entry.value->entries[i];
        read_filter(entry.key, *item.value, item.place, path_of(path_, entry.key) + "[" + std::to_string(i) + "]");
      }
    }
  }

  void read_filter(const std::string &name, const Node &value, const Place &place, const std::string &path) {
    if (value.kind != Node::Kind::map) {
      const Place &at = value.kind == Node::Kind::scalar ? value.place : place;
      return ctx_.complaints.add(
          at, path,
          "expected a map with the keys of filter " + name + ", or a list of these, found " + found_text(value));
    }
    add_filter(read_named_part(ctx_, WEIR_K_FILTER, name, value, place, path), value, place);
  }

  void fill_in(const Key<Pool> &key) {
    if (key.required) return complain(pool_.place, key.name, "is missing; expected " + expected_text(key.rule));
    if (key.rule.type != Type::component) return;
    Use Pool::*field = std::get<Use Pool::*>(key.field);
    std::string path = path_of(path_, key.name);
    if (key.fallback != nullptr) {
      parts_.push_back({field, default_part(ctx_, key.kind, key.fallback, pool_.place, path)});
    } else if (const CatalogEntry *picked = pick_protocol(ctx_, map_, pool_.place, path_)) {
      parts_.push_back({field, default_part(ctx_, key.kind, picked->name, pool_.place, path)});
    }
  }

  const CatalogEntry *chosen_protocol() const {
    for (const Slot &slot : parts_) {
      if (slot.part.kind == WEIR_K_PROTOCOL) return slot.part.entry;
    }
    return nullptr;
  }

  void read_other_keys() {
    const CatalogEntry *protocol = chosen_protocol();
    if (protocol != nullptr && map_.find("protocol") != nullptr) check_picks(ctx_, map_, *protocol, path_);
    for (const Node::Entry &entry : map_.entries) {
      if (find_key(pool_keys(), entry.key) != nullptr || is_pick_key(ctx_.catalog, entry.key)) continue;
      if (std::find(by_name_.begin(), by_name_.end(), entry.key) != by_name_.end()) continue;
      if (!give_to_parts(entry) && !belongs_elsewhere(entry)) complain(entry.place, entry.key, unknown(entry.key));
    }
  }

  bool give_to_parts(const Node::Entry &entry) {
    bool taken = false;
    for (Slot &slot : parts_) {
      if (slot.part.entry == nullptr) continue;
      const weir_schema_key *key = find_schema_key(*slot.part.entry, entry.key);
      if (key == nullptr) continue;
      if ((key->flags & WEIR_KEY_POOL) != 0) {
        add_pool_key(ctx_, slot.part, *key, taken ? own_copy(entry) : entry, path_of(path_, entry.key));
      } else {
        complain(entry.place, entry.key,
                 "stands in the wrong place; write " + slot.part.path.substr(path_.size() + 1) + ": {" +
                     (slot.part.named_by_key ? "" : "use: " + slot.part.use.name + ", ") + printable(entry.key) +
                     ": ...}");
      }
      taken = true;
    }
    return taken;
  }

  // Each component marks on its own nodes what it read.
  static Node::Entry own_copy(const Node::Entry &entry) {
    return {entry.key, entry.place, std::make_shared<Node>(*entry.value)};
  }

  // A key of a component that this pool does not use.
  bool belongs_elsewhere(const Node::Entry &entry) {
    std::string owners;
    const weir_schema_key *found = nullptr;
    for (const CatalogEntry &component : ctx_.catalog) {
      const weir_schema_key *key = find_schema_key(component, entry.key);
      if (key == nullptr || (key->flags & WEIR_KEY_POOL) == 0) continue;
      // It may be the component that was meant by a misspelt name: one complaint is enough.
      if (unresolved(component.kind)) return true;
      owners.append(owners.empty() ? "" : " or ").append(kind_name(component.kind)).append(" ").append(component.name);
      found = key;
    }
    if (found == nullptr) return false;
    // twemproxy ignores such keys in other pools, but never a password.
    if (ctx_.nutcracker && (found->flags & WEIR_KEY_SECRET) == 0) {
      std::string fault = read_value(rule_of(*found), *entry.value).fault;
      if (!fault.empty()) complain(place_of(entry), entry.key, fault);
    } else {
      complain(entry.place, entry.key, "is only valid with " + owners);
    }
    return true;
  }

  bool unresolved(uint32_t kind) const {
    bool any = false;
    for (const Slot &slot : parts_) {
      if (slot.part.kind == kind && slot.part.entry == nullptr) return true;
      any = any || slot.part.kind == kind;
    }
    return !any && kind == WEIR_K_PROTOCOL;
  }

  std::string unknown(std::string_view name) const {
    std::vector<std::string_view> known = key_names(pool_keys());
    for (const CatalogEntry &component : ctx_.catalog) {
      const weir_schema *schema = component.schema;
      if (schema == nullptr) continue;
      if (component.kind == WEIR_K_PROTOCOL && schema->pick != nullptr) known.push_back(schema->pick->key);
      for (uint32_t i = 0; used(component) && i < schema->key_count; ++i) {
        if ((schema->keys[i].flags & WEIR_KEY_POOL) != 0) known.push_back(schema->keys[i].name);
      }
    }
    for (std::string_view filter : names_of(ctx_.catalog, WEIR_K_FILTER)) known.push_back(filter);
    std::string text = unknown_key(name, known);
    const std::vector<std::string_view> filters = names_of(ctx_.catalog, WEIR_K_FILTER);
    if (!filters.empty() && name != "<<" && meant(name, known).empty()) {
      text.append(", and the filters that are loaded are ").append(join(filters));
    }
    if (names_of(ctx_.catalog, WEIR_K_PROTOCOL).empty()) {
      text.append("; no plugin with a protocol is loaded, and it may be a key of one");
    }
    return text;
  }

  bool used(const CatalogEntry &component) const {
    for (const Slot &slot : parts_) {
      if (slot.part.entry == &component) return true;
    }
    return false;
  }

  void hand_over_parts() {
    for (Slot &slot : parts_) {
      if (slot.field != nullptr) {
        pool_.*slot.field = std::move(slot.part.use);
      } else {
        static_cast<Use &>(slot.filter) = std::move(slot.part.use);
        pool_.filters.push_back(std::move(slot.filter));
      }
    }
  }

  const Context &ctx_;
  const Node &map_;
  const std::string &path_;
  Pool pool_;
  std::vector<Slot> parts_;
  std::vector<std::string> by_name_;  // keys that are filters
  size_t filters_ = 0;
};

}  // namespace

Pool read_pool(const Context &ctx, const Node::Entry &entry, const std::string &path) {
  if (entry.value->kind != Node::Kind::map) {
    // What stands there may be anything, also a password: it is not shown.
    ctx.complaints.add(entry.place, path,
                       "expected a map with the keys of a pool (listen, servers, ...), found " +
                           (entry.value->kind == Node::Kind::scalar ? "text" : found_text(*entry.value)));
    return {};
  }
  return PoolReader(ctx, entry, path).read();
}

}  // namespace weir::config
