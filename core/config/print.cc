// The effective configuration, in weir's own form. Printing what was printed gives the same again, secrets
// excepted, so everything is written from the settings and the tables, never from the file.
#include "core/config/print.h"
#include "core/base/text.h"
#include "core/config/address.h"
#include "core/config/component.h"
#include "core/config/load.h"
#include "core/config/routes.h"
#include "core/config/yaml_text.h"

namespace weir::config {
namespace {

std::string number_text(Type type, uint64_t number) {
  switch (type) {
    case Type::boolean:
      return number != 0 ? "true" : "false";
    case Type::duration:
      return number == 0 ? "0" : format_duration_us(number);
    case Type::size:
      return format_size(number);
    case Type::memory:
      return memory_text(number);
    default:
      return std::to_string(number);
  }
}

void write_line(std::string &out, size_t indent, std::string_view key, std::string_view value) {
  out.append(indent, ' ').append(key).append(": ").append(value).append("\n");
}

// A default as the component's author wrote it, read like any other value; null when that is not possible.
std::shared_ptr<Node> fallback_node(const char *text) {
  Complaints ignored;
  std::shared_ptr<Node> node = text == nullptr ? nullptr : read_text(text, "", ignored);
  return node != nullptr && (node->kind != Node::Kind::null || !node->text.empty()) ? node : nullptr;
}

// Text is printed as text whether it had quotes or not; else a default would look different once it was read back.
std::shared_ptr<Node> typed(const weir_schema_key &key, std::shared_ptr<Node> node) {
  if (key.type == WEIR_T_ANY || !is_text(*node)) return node;
  node->kind = Node::Kind::scalar;
  node->quoted = key.type == WEIR_T_STR || key.type == WEIR_T_ENUM || key.type == WEIR_T_FILE;
  return node;
}

void write_schema_key(std::string &out, size_t indent, const weir_schema_key &key, const Node &options) {
  const Node *secret = (key.flags & WEIR_KEY_SECRET) != 0 ? options.find(key.name) : nullptr;
  if (secret != nullptr && secret->source) {
    write_entry(out, indent, key.name, *secret->source);
  } else if (secret != nullptr) {
    out.append(indent, ' ').append("# ").append(key.name).append(": (secret, not shown)\n");
  } else if ((key.flags & WEIR_KEY_SECRET) != 0) {
    return;  // not given; its default, if any, is a secret too
  } else if (const Node *given = options.find(key.name)) {
    write_entry(out, indent, key.name, *given);
  } else if (std::shared_ptr<Node> fallback = fallback_node(key.fallback)) {
    write_entry(out, indent, key.name, *typed(key, fallback));
  }
}

// `out` ends where the name belongs. `own`: lines of the core's own keys.
void write_use(std::string &out, size_t indent, uint32_t kind, const Use &use, const Catalog &catalog, bool listed,
               const std::string &own = "") {
  const CatalogEntry *component = find_component(catalog, kind, use.name);
  const weir_schema *schema = component == nullptr ? nullptr : component->schema;
  bool bare = own.empty() && use.options->entries.empty() && (schema == nullptr || schema->key_count == 0);
  if (bare) {
    out.append(" ").append(string_text(use.name)).append("\n");
    return;
  }
  out.append(listed ? " " : "\n").append(listed ? 0 : indent, ' ');
  out.append("use: ").append(string_text(use.name)).append("\n").append(own);
  if (schema == nullptr) {
    for (const Node::Entry &entry : use.options->entries) write_entry(out, indent, entry.key, *entry.value);
    return;
  }
  for (uint32_t i = 0; i < schema->key_count; ++i) write_schema_key(out, indent, schema->keys[i], *use.options);
}

std::string server_text(const Server &server) {
  std::string text = server.address.text + ":" + std::to_string(server.weight);
  if (server.name != default_name(server.address)) text.append(" ").append(server.name);
  return text;
}

class PoolPrinter {
 public:
  PoolPrinter(std::string &out, const Pool &pool, const Catalog &catalog) : out_(out), pool_(pool), catalog_(catalog) {}

  void print() {
    out_.append("  ").append(string_text(pool_.name)).append(":\n");
    for (const Key<Pool> &key : pool_keys()) print(key);
  }
  void print(const Key<Pool> &key) {
    std::visit([&](auto field) { print_field(key, field); }, key.field);
  }

 private:
  static constexpr size_t kIndent = 4;

  void print_field(const Key<Pool> &key, Address Pool::*field) {
    write_line(out_, kIndent, key.name, string_text((pool_.*field).text));
  }
  void print_field(const Key<Pool> &key, std::string Pool::*field) {
    if (!(pool_.*field).empty()) write_line(out_, kIndent, key.name, string_text(pool_.*field));
  }
  void print_field(const Key<Pool> &key, Use Pool::*field) {
    out_.append(kIndent, ' ').append(key.name).append(":");
    write_use(out_, kIndent + 2, key.kind, pool_.*field, catalog_, false);
  }
  void print_field(const Key<Pool> &key, std::vector<FilterUse> Pool::*field) {
    if ((pool_.*field).empty()) return;
    out_.append(kIndent, ' ').append(key.name).append(":\n");
    for (const FilterUse &use : pool_.*field) {
      std::string own;
      for (const Key<FilterUse> &part : filter_keys()) {
        const auto *text = std::get_if<std::string FilterUse::*>(&part.field);
        if (text != nullptr) write_line(own, kIndent + 4, part.name, string_text(use.**text));
      }
      out_.append(kIndent + 2, ' ').append("-");
      write_use(out_, kIndent + 4, key.kind, use, catalog_, true, own);
    }
  }
  void print_field(const Key<Pool> &key, std::vector<Server> Pool::*field) {
    out_.append(kIndent, ' ').append(key.name).append(":\n");
    for (const Server &server : pool_.*field) {
      out_.append(kIndent + 2, ' ').append("- ").append(string_text(server_text(server))).append("\n");
    }
  }
  void print_field(const Key<Pool> &key, std::vector<Route> Pool::*field) {
    if ((pool_.*field).empty()) return;
    out_.append(kIndent, ' ').append(key.name).append(":\n");
    for (const Route &route : pool_.*field) {
      out_.append(kIndent + 2, ' ').append("- ").append(route_text(route)).append("\n");
    }
  }
  void print_field(const Key<Pool> &key, HealthCheck Pool::*field) {
    const HealthCheck &check = pool_.*field;
    if (check.interval_us == 0) return;
    out_.append(kIndent, ' ').append(key.name).append(":\n");
    for (const Key<HealthCheck> &part : health_check_keys()) {
      write_line(out_, kIndent + 2, part.name, number_text(part.rule.type, get_number(part, check)));
    }
  }
  template <class Other>
  void print_field(const Key<Pool> &key, Other) {
    write_line(out_, kIndent, key.name, number_text(key.rule.type, get_number(key, pool_)));
  }

  std::string &out_;
  const Pool &pool_;
  const Catalog &catalog_;
};

void print_texts(std::string &out, size_t indent, const char *key, const std::vector<std::string> &texts) {
  if (texts.empty()) return;
  out.append(indent, ' ').append(key).append(":\n");
  for (const std::string &text : texts) out.append(indent + 2, ' ').append("- ").append(string_text(text)).append("\n");
}

void print_plugins(std::string &out, const Plugins &plugins) {
  if (plugins.folders.empty() && plugins.files.empty()) return;
  out.append("plugins:\n");
  for (const Key<Plugins> &key : plugin_keys()) {
    print_texts(out, 2, key.name, plugins.*std::get<std::vector<std::string> Plugins::*>(key.field));
  }
}

}  // namespace

std::string key_text(const Pool &pool, const Key<Pool> &key, const Catalog &catalog) {
  std::string out;
  PoolPrinter(out, pool, catalog).print(key);
  return out;
}

std::string key_text(const Settings &settings, const Key<Settings> &key) {
  std::string out;
  if (key.rule.type == Type::section) return out;
  if (const auto *address = std::get_if<Address Settings::*>(&key.field)) {
    const Address &where = settings.**address;
    if (!where.text.empty()) write_line(out, 0, key.name, string_text(where.text));
  } else if (const auto *text = std::get_if<std::string Settings::*>(&key.field)) {
    if (!(settings.**text).empty()) write_line(out, 0, key.name, string_text(settings.**text));
  } else {
    uint64_t number = get_number(key, settings);
    if (number != 0 || key.fallback != nullptr) write_line(out, 0, key.name, number_text(key.rule.type, number));
  }
  return out;
}

std::string print(const Settings &settings, const Catalog &catalog) {
  std::string out;
  for (const Key<Settings> &key : top_keys()) out += key_text(settings, key);
  print_texts(out, 0, "dns", settings.dns);
  print_plugins(out, settings.plugins);
  out.append("pools:\n");
  for (const Pool &pool : settings.pools) PoolPrinter(out, pool, catalog).print();
  return out;
}

}  // namespace weir::config
