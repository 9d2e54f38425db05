#include "core/config/pick.h"

#include <weir/module.h>

#include "core/base/text.h"
#include "core/config/component.h"

namespace weir::config {
namespace {

const weir_schema_switch *pick_of(const CatalogEntry &entry) {
  return entry.kind == WEIR_K_PROTOCOL && entry.schema != nullptr ? entry.schema->pick : nullptr;
}

// The value of a picking key; false when it is no boolean, with a complaint if one is wanted.
bool read_pick(const Node::Entry &entry, const std::string &path, Complaints *complaints, uint32_t &value) {
  Reading reading = read_value({Type::boolean}, *entry.value);
  if (!reading.fault.empty() && complaints != nullptr) {
    complaints->add(place_of(entry), path_of(path, entry.key), reading.fault);
  }
  value = static_cast<uint32_t>(reading.number);
  return reading.fault.empty();
}

// A key set to true says more than one set to false; two that say the same much contradict each other.
struct Choice {
  const CatalogEntry *entry = nullptr;
  uint32_t value = 0;
  std::string_view key;
};

std::string remedy(const Catalog &catalog) {
  std::vector<std::string_view> known = names_of(catalog, WEIR_K_PROTOCOL);
  if (known.empty())
    return "no plugin with a protocol is loaded; put one into a plugin folder, or list it under plugins:";
  return "write protocol: and one of " + join(known);
}

const CatalogEntry *otherwise(const Catalog &catalog) {
  for (const CatalogEntry &entry : catalog) {
    if (const weir_schema_switch *pick = pick_of(entry); pick != nullptr && pick->otherwise != 0) return &entry;
  }
  return nullptr;
}

}  // namespace

bool is_pick_key(const Catalog &catalog, std::string_view key) {
  for (const CatalogEntry &entry : catalog) {
    if (const weir_schema_switch *pick = pick_of(entry); pick != nullptr && key == pick->key) return true;
  }
  return false;
}

const CatalogEntry *pick_protocol(const Context &ctx, const Node &pool, const Place &place, const std::string &path) {
  Choice best;
  bool given = false, failed = false;
  for (const Node::Entry &entry : pool.entries) {
    if (!is_pick_key(ctx.catalog, entry.key)) continue;
    given = true;
    uint32_t value = 0;
    if (!read_pick(entry, path, &ctx.complaints, value)) {
      failed = true;
      continue;
    }
    for (const CatalogEntry &candidate : ctx.catalog) {
      const weir_schema_switch *pick = pick_of(candidate);
      if (pick == nullptr || entry.key != pick->key || value != pick->value) continue;
      if (best.entry != nullptr && best.value == value && best.entry != &candidate && best.key != entry.key) {
        ctx.complaints.add(entry.place, path_of(path, entry.key),
                           "picks protocol " + candidate.name + ", but " + std::string(best.key) + " picks " +
                               best.entry->name + "; keep one of both");
        failed = true;
      } else if (best.entry == nullptr || value > best.value) {
        best = {&candidate, value, entry.key};
      }
    }
  }
  if (failed || best.entry != nullptr) return failed ? nullptr : best.entry;
  const CatalogEntry *fallback = given ? nullptr : otherwise(ctx.catalog);
  if (fallback == nullptr) {
    std::string text = given ? "is not given, and nothing else in the pool picks a loaded one; " : "is missing; ";
    ctx.complaints.add(place, path_of(path, "protocol"), text + remedy(ctx.catalog));
  }
  return fallback;
}

void check_picks(const Context &ctx, const Node &pool, const CatalogEntry &chosen, const std::string &path) {
  const weir_schema_switch *own = pick_of(chosen);
  for (const Node::Entry &entry : pool.entries) {
    uint32_t value = 0;
    if (!is_pick_key(ctx.catalog, entry.key) || !read_pick(entry, path, &ctx.complaints, value)) continue;
    bool speaks_of_chosen = own != nullptr && entry.key == own->key;
    if (speaks_of_chosen ? value == own->value : value == 0) continue;
    ctx.complaints.add(entry.place, path_of(path, entry.key),
                       "contradicts protocol: " + chosen.name + "; keep one of both");
  }
}

}  // namespace weir::config
