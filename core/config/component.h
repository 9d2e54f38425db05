// The components a pool names: whether they are loaded, and whether the keys written for them are theirs. Control
// thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config/section.h"

namespace weir::config {

// One component at work in a pool. `use` is complete but for its options, which are shared with `options`. Of a filter,
// the keys of filter_keys() are not among them.
struct Part {
  uint32_t kind = 0;
  const CatalogEntry *entry = nullptr;  // null when it is not loaded; that was complained about
  Use use;
  std::shared_ptr<Node> options;  // a map: first the keys from {use: ...}, then those from the pool
  size_t from_map = 0;            // how many are the former
  std::string path;
  bool named_by_key = false;  // see read_named_part()
};

std::vector<std::string_view> names_of(const Catalog &, uint32_t kind);
const CatalogEntry *find_component(const Catalog &, uint32_t kind, std::string_view name);
const weir_schema_key *find_schema_key(const CatalogEntry &, std::string_view name);

// From a name or {use: name, key: value}. `parent` is the place to blame for what is not there.
Part read_part(const Context &, uint32_t kind, const Node &value, const Place &parent, const std::string &path);
// The same for a component whose name is the key itself: `name: {key: value}`.
Part read_named_part(const Context &, uint32_t kind, std::string_view name, const Node &map, const Place &,
                     const std::string &path);
// The same for a name that no one wrote: a default.
Part default_part(const Context &, uint32_t kind, std::string_view name, const Place &pool, const std::string &path);

// A key written directly in the pool goes to the component that has it.
void add_pool_key(const Context &, Part &, const weir_schema_key &, const Node::Entry &, const std::string &path);

}  // namespace weir::config
