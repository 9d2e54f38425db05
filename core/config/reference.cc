// docs/config.md, from the tables that check() works from.
#include <weir/module.h>

#include "core/base/text.h"
#include "core/config/component.h"
#include "core/config/load.h"
#include "core/config/schema.h"

namespace weir::config {
namespace {

constexpr std::string_view kIntro = R"(# Configuration reference

<!-- Written by weir from its own tables; changes belong there. -->

weir reads two forms of YAML. A file written for twemproxy (`nutcracker.yml`) loads as it is: its pools stand at the
top. weir's own form puts them under `pools:` and adds plugins, workers and limits. In both a pool takes the same keys.
`weir -t` checks a file and says everything that is wrong with it, each with its line.
)";

constexpr std::string_view kValues = R"(
## How values are written

| Type | Written as |
|---|---|
| `true` or `false` | just these two words |
| number | digits only, without a sign |
| duration | `250us`, `250ms`, `2s`, `5m`, `1h`; a bare number is milliseconds |
| size | bytes, or `64k`, `8m`, `1g` (powers of 1024) |
| size or share | a size, or a share of the machine's memory like `75%` |
| address | `host:port`, `"[::1]:port"` (the quotes are YAML's need), or `/path [mode]` for a unix socket |
| component | a name, or a map with `use: name` and the component's own keys |
| list of texts | `[a, b]`, or one item a line after `-` |
| file | a path, from the configuration's own folder unless it begins with `/`; a reload looks at what the file says |

A file may hold at most 1 MiB, one document, and 32 levels. A key may be given only once. Anchors and aliases work; merge
keys (`<<`) do not.
)";

constexpr std::string_view kServers = R"(
## Server entries

Each entry of `servers` is one text, read from its right end:

| Entry | Meaning |
|---|---|
| `host:port:weight` | a server by TCP; the weight is a number from 1 up |
| `host:port:weight name` | the same, under a name of its own |
| `[::1]:port:weight` | an IPv6 address; in YAML it needs quotes |
| `/path:weight` and `/path:weight name` | a server behind a unix socket |

The name decides where keys lie and is what the statistics show. Without one it is `host:port`, `host` alone for port
11211, and the path with a `:` for unix sockets, as twemproxy has it. Names are unique in a pool. With
a name a server can move to another address without its keys moving to other servers.
)";

constexpr std::string_view kFilters = R"(
Each item of `filters` is a component. A filter may also be written as a key of the pool, by its name, or as a list of
several; these come after those of `filters`, in the order of the file:

```yaml
    filters: [{use: name, key: value, on_error: continue}]
    other: {key: value}
```

Beside its own keys each takes:
)";

std::string code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

// A cell of a table: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '|') out.push_back('\\');
    out.push_back(c == '\n' ? ' ' : c);
  }
  return out;
}

void add_row(std::string &out, std::initializer_list<std::string> cells) {
  out.append("|");
  for (const std::string &text : cells) out.append(" ").append(cell(text)).append(text.empty() ? "|" : " |");
  out.append("\n");
}

std::string default_text(const char *fallback, bool required) {
  if (required) return "(required)";
  return fallback == nullptr ? "" : code(fallback);
}

template <class Owner>
void add_table(std::string &out, std::string_view title, std::span<const Key<Owner>> keys, bool forms,
               std::string_view intro = "") {
  out.append("\n## ").append(title).append("\n").append(intro).append("\n");
  if (forms) out.append("Keys marked * are weir's own; all others are twemproxy's, with twemproxy's defaults.\n\n");
  add_row(out, {"Key", "Type", "Default", "Meaning"});
  out.append("|---|---|---|---|\n");
  for (const Key<Owner> &key : keys) {
    add_row(out, {code(key.name) + (forms && !key.nutcracker ? " *" : ""), type_text(key.rule),
                  default_text(key.fallback, key.required), key.help});
  }
}

const CatalogEntry *picked_by_true(const Catalog &catalog) {
  for (const CatalogEntry &entry : catalog) {
    if (entry.kind == WEIR_K_PROTOCOL && entry.schema != nullptr && entry.schema->pick != nullptr &&
        entry.schema->pick->value == 1) {
      return &entry;
    }
  }
  return nullptr;
}

void add_examples(std::string &out, const Catalog &catalog) {
  const CatalogEntry *picked = picked_by_true(catalog);
  std::vector<std::string_view> protocols = names_of(catalog, WEIR_K_PROTOCOL);
  std::string protocol(picked != nullptr ? picked->name : protocols.empty() ? "name" : protocols.front());
  out.append("\n## The two forms\n\nThat of twemproxy:\n\n```yaml\nalpha:\n  listen: 127.0.0.1:22121\n");
  if (picked != nullptr) out.append("  ").append(picked->schema->pick->key).append(": true\n");
  out.append("  hash: fnv1a_64\n  distribution: ketama\n  timeout: 400\n  servers:\n")
      .append("    - 127.0.0.1:6379:1 first\n    - 127.0.0.1:6380:1 second\n```\n")
      .append("\nThe same in weir's own, with a few things more:\n\n```yaml\nworkers: 2\npools:\n  alpha:\n")
      .append("    listen: 127.0.0.1:22121\n    protocol: ")
      .append(protocol)
      .append(
          "\n    hash: fnv1a_64\n    distribution: ketama\n    timeout: 400ms\n    request_limit: 64m\n    servers:\n")
      .append("      - 127.0.0.1:6379:1 first\n      - 127.0.0.1:6380:1 second\n```\n");
}

std::string key_help(const weir_schema_key &key) {
  std::string text = key.help == nullptr ? "" : key.help;
  if ((key.flags & WEIR_KEY_POOL) != 0) text.append(" May stand directly in the pool.");
  if ((key.flags & WEIR_KEY_SECRET) != 0) {
    text.append(" Secret: never shown.");
    if (key.type == WEIR_T_STR) text.append(" `{file: PATH}` or `{env: NAME}` may stand for it.");
  }
  return text;
}

void add_pick(std::string &out, const weir_schema_switch &pick) {
  out.append("\nAlso picked by ").append(code(std::string(pick.key) + (pick.value != 0 ? ": true" : ": false")));
  out.append(" in the pool");
  if (pick.otherwise != 0) out.append(", and when the pool has neither `").append(pick.key).append("` nor `protocol`");
  out.append(".\n");
}

void add_component(std::string &out, const CatalogEntry &entry) {
  out.append("\n### ").append(kind_name(entry.kind)).append(" ").append(entry.name).append("\n");
  if (entry.schema->pick != nullptr) add_pick(out, *entry.schema->pick);
  if (entry.schema->key_count == 0) return;
  out.append("\n");
  add_row(out, {"Key", "Type", "Default", "Meaning"});
  out.append("|---|---|---|---|\n");
  for (uint32_t i = 0; i < entry.schema->key_count; ++i) {
    const weir_schema_key &key = entry.schema->keys[i];
    add_row(out, {code(key.name), type_text(rule_of(key)), default_text(key.fallback, false), key_help(key)});
  }
}

void add_components(std::string &out, const Catalog &catalog) {
  out.append(
      "\n## Components\n\nA pool names its protocol, hash, distribution and filters, which plugins bring. One with "
      "keys of its own is written as\na map: `protocol: {use: name, key: value}`. Loaded here:\n\n");
  for (uint32_t kind : {WEIR_K_PROTOCOL, WEIR_K_HASH, WEIR_K_DIST, WEIR_K_FILTER}) {
    std::vector<std::string_view> names = names_of(catalog, kind);
    out.append("- ").append(kind_name(kind)).append(": ");
    out.append(names.empty() ? "none" : code(join(names, "`, `"))).append("\n");
  }
  for (const CatalogEntry &entry : catalog) {
    bool shown = entry.schema != nullptr && (entry.schema->key_count > 0 || entry.schema->pick != nullptr);
    if (shown) add_component(out, entry);
  }
}

}  // namespace

std::string reference(const Catalog &catalog) {
  std::string out(kIntro);
  add_examples(out, catalog);
  out.append(kValues);
  add_table(out, "The top of weir's own form", top_keys(), false);
  add_table(out, "plugins", plugin_keys(), false);
  add_table(out, "Pools", pool_keys(), true);
  add_table(out, "routes", route_keys(), false);
  add_table(out, "health_check", health_check_keys(), false);
  add_table(out, "Filters", filter_keys(), false, kFilters);
  out.append(kServers);
  add_components(out, catalog);
  return out;
}

}  // namespace weir::config
