// The keys that the core itself knows, one table a section. check(), print() and reference() all work from these, so
// that no key can be checked but not printed, or printed but not explained. Constant data, any thread.
#pragma once

#include <weir/schema.h>

#include <span>
#include <string_view>
#include <variant>

#include "core/config/settings.h"

namespace weir::config {

enum class Type {
  boolean,
  integer,
  text,
  choice,
  duration,
  size,
  list,  // of texts
  any,
  memory,      // a size, or a share of the machine's memory
  tag,         // two characters
  listen,      // an address to listen on
  servers,     // a list of server entries
  component,   // the name of a component, or a map with it
  components,  // a list of these
  section,     // a map with a table of its own
  routes,      // a list of these
  texts,       // a text, or a list of them
  file         // the path of a file that is read
};

// What one value may be.
struct Rule {
  Type type = Type::any;
  int64_t min = 0, max = 0;       // of numbers, in microseconds or bytes for durations and sizes; both 0 = no bounds
  std::string_view choices = {};  // "a|b|c"
  bool secret = false;
};
// The same of a component's key.
Rule rule_of(const weir_schema_key &);

// Where the value of a key ends up.
template <class Owner>
using Field =
    std::variant<std::monostate, bool Owner::*, uint32_t Owner::*, uint64_t Owner::*, std::string Owner::*,
                 Address Owner::*, Use Owner::*, std::vector<FilterUse> Owner::*, std::vector<Server> Owner::*,
                 std::vector<std::string> Owner::*, std::vector<Route> Owner::*, HealthCheck Owner::*>;

template <class Owner>
struct Key {
  const char *name;
  Rule rule;
  const char *fallback;  // as it would be written; null = unset
  bool required;
  bool nutcracker;  // twemproxy has it too
  Field<Owner> field;
  const char *help;
  uint32_t kind = 0;  // of components: WEIR_K_*
};

std::span<const Key<Settings>> top_keys();
std::span<const Key<Plugins>> plugin_keys();
std::span<const Key<Pool>> pool_keys();
std::span<const Key<HealthCheck>> health_check_keys();
std::span<const Key<Route>> route_keys();
// What the core itself asks of any filter, beside the filter's own keys.
std::span<const Key<FilterUse>> filter_keys();

// "protocol", "hash", "distribution", "filter"
std::string_view kind_name(uint32_t kind);
// For people: "a number from 1 to 5", "one of a, b".
std::string expected_text(const Rule &);
// The same in a word, for a table: "number", "duration".
std::string type_text(const Rule &);
std::vector<std::string_view> split_choices(std::string_view choices);

template <class Owner>
const Key<Owner> *find_key(std::span<const Key<Owner>> keys, std::string_view name) {
  for (const Key<Owner> &key : keys) {
    if (name == key.name) return &key;
  }
  return nullptr;
}

}  // namespace weir::config
