#include "core/config/component.h"

#include <weir/module.h>

#include "core/base/text.h"
#include "core/config/named_file.h"
#include "core/config/secret.h"

namespace weir::config {
namespace {

constexpr std::string_view kRemedy = "put its plugin into a plugin folder, or list the file under plugins: files:";

std::string not_loaded(const Catalog &catalog, uint32_t kind, std::string_view name) {
  std::vector<std::string_view> known = names_of(catalog, kind);
  if (known.empty()) {
    return "found \"" + printable(name) + "\", but no plugin with a " + std::string(kind_name(kind)) + " is loaded; " +
           std::string(kRemedy);
  }
  std::string text = unknown_word(name, known);
  if (text.back() != '?') text.append("; if it is a ").append(kind_name(kind)).append(" of its own, ").append(kRemedy);
  return text;
}

std::shared_ptr<Node> empty_map(const Place &place) {
  auto node = std::make_shared<Node>();
  node->kind = Node::Kind::map;
  node->place = place;
  return node;
}

// A component asks for values by type; what its schema calls a number is one even in quotes (as for twemproxy), and
// what it calls text is text even without.
std::shared_ptr<Node> typed(const weir_schema_key &key, const std::shared_ptr<Node> &value) {
  if (key.type == WEIR_T_ANY || !is_text(*value)) return value;
  value->kind = Node::Kind::scalar;
  value->quoted = key.type == WEIR_T_STR || key.type == WEIR_T_ENUM || key.type == WEIR_T_FILE;
  return value;
}

void add_option(const Context &ctx, Part &part, const weir_schema_key &key, const Node::Entry &entry,
                const std::string &path) {
  const Rule rule = rule_of(key);
  std::shared_ptr<Node> value = entry.value;
  std::string fault;
  if (points_at_secret(rule, *value)) {
    value = fetch_secret(*value, fault);
  } else {
    fault = read_value(rule, *value).fault;
  }
  if (fault.empty() && key.type == WEIR_T_FILE) value = find_named_file(*value, fault);
  if (!fault.empty()) ctx.complaints.add(place_of(entry), path, fault);
  part.options->entries.push_back({entry.key, entry.place, typed(key, value)});
}

std::string unknown_option(const CatalogEntry &component, std::string_view name) {
  std::vector<std::string_view> known;
  for (uint32_t i = 0; i < component.schema->key_count; ++i) known.push_back(component.schema->keys[i].name);
  if (component.kind == WEIR_K_FILTER) {
    for (std::string_view key : key_names(filter_keys())) known.push_back(key);
  }
  std::string owner = std::string(kind_name(component.kind)) + " " + component.name;
  if (known.empty()) return "is unknown; " + owner + " has no keys";
  std::string_view near = meant(name, known);
  std::string text = "is not a key of " + owner + ", which has " + join(known);
  return near.empty() ? text : text + "; did you mean " + std::string(near) + "?";
}

void read_options(const Context &ctx, Part &part, const Node &map) {
  for (const Node::Entry &entry : map.entries) {
    if (entry.key == "use" && !part.named_by_key) continue;
    if (part.kind == WEIR_K_FILTER && find_key(filter_keys(), entry.key) != nullptr) continue;
    std::string path = path_of(part.path, entry.key);
    if (part.entry == nullptr || part.entry->schema == nullptr) {
      part.options->entries.push_back(entry);
    } else if (const weir_schema_key *key = find_schema_key(*part.entry, entry.key)) {
      add_option(ctx, part, *key, entry, path);
    } else {
      ctx.complaints.add(entry.place, path, unknown_option(*part.entry, entry.key));
    }
  }
}

Part new_part(uint32_t kind, const Place &place, const std::string &path) {
  Part part;
  part.kind = kind;
  part.path = path;
  part.options = empty_map(place);
  part.use.options = part.options;
  part.use.place = place;
  return part;
}

void resolve(const Context &ctx, Part &part, const Place &place, const std::string &path) {
  part.entry = find_component(ctx.catalog, part.kind, part.use.name);
  if (part.entry == nullptr) ctx.complaints.add(place, path, not_loaded(ctx.catalog, part.kind, part.use.name));
}

}  // namespace

std::vector<std::string_view> names_of(const Catalog &catalog, uint32_t kind) {
  std::vector<std::string_view> names;
  for (const CatalogEntry &entry : catalog) {
    if (entry.kind == kind) names.push_back(entry.name);
  }
  return names;
}

const CatalogEntry *find_component(const Catalog &catalog, uint32_t kind, std::string_view name) {
  for (const CatalogEntry &entry : catalog) {
    if (entry.kind == kind && entry.name == name) return &entry;
  }
  return nullptr;
}

const weir_schema_key *find_schema_key(const CatalogEntry &entry, std::string_view name) {
  if (entry.schema == nullptr) return nullptr;
  for (uint32_t i = 0; i < entry.schema->key_count; ++i) {
    if (name == entry.schema->keys[i].name) return &entry.schema->keys[i];
  }
  return nullptr;
}

Part read_part(const Context &ctx, uint32_t kind, const Node &value, const Place &parent, const std::string &path) {
  Place place = value.kind == Node::Kind::scalar ? value.place : parent;
  Part part = new_part(kind, place, path);
  if (value.kind == Node::Kind::scalar) {
    part.use.name = value.text;
    resolve(ctx, part, place, path);
    return part;
  }
  Rule rule{Type::component};
  if (value.kind != Node::Kind::map) {
    ctx.complaints.add(place, path, "expected " + expected_text(rule) + ", found " + found_text(value));
    return part;
  }
  const Node *name = value.find("use");
  if (name == nullptr || name->kind != Node::Kind::scalar) {
    std::string text = name == nullptr ? "is missing" : "expected a name, found " + found_text(*name);
    ctx.complaints.add(name == nullptr ? place : name->place, path + ".use",
                       text + "; write use: and one of " + join(names_of(ctx.catalog, kind)));
    return part;
  }
  part.use.name = name->text;
  resolve(ctx, part, name->place, path + ".use");
  read_options(ctx, part, value);
  part.from_map = part.options->entries.size();
  return part;
}

Part read_named_part(const Context &ctx, uint32_t kind, std::string_view name, const Node &map, const Place &place,
                     const std::string &path) {
  Part part = new_part(kind, place, path);
  part.use.name = name;
  part.named_by_key = true;
  resolve(ctx, part, place, path);
  read_options(ctx, part, map);
  part.from_map = part.options->entries.size();
  return part;
}

Part default_part(const Context &ctx, uint32_t kind, std::string_view name, const Place &pool,
                  const std::string &path) {
  Part part = new_part(kind, pool, path);
  part.use.name = name;
  part.entry = find_component(ctx.catalog, kind, name);
  if (part.entry == nullptr) {
    ctx.complaints.add(pool, path,
                       "is not given, and its default is not loaded: " + not_loaded(ctx.catalog, kind, name));
  }
  return part;
}

void add_pool_key(const Context &ctx, Part &part, const weir_schema_key &key, const Node::Entry &entry,
                  const std::string &path) {
  const std::vector<Node::Entry> &given = part.options->entries;
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i].key != entry.key) continue;
    // A key given twice in the pool itself is complained about with all others that are.
    if (i < part.from_map) {
      ctx.complaints.add(
          entry.place, path,
          "is also given in " + part.path + " (line " + std::to_string(given[i].place.line) + "); keep one of both");
    }
    return;
  }
  add_option(ctx, part, key, entry, path);
}

}  // namespace weir::config
