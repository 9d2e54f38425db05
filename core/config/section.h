// What all sections share: the context of a check, and the way between a table's keys and the fields they fill.
// Control thread.
#pragma once

#include <string>
#include <type_traits>

#include "core/config/catalog.h"
#include "core/config/complaints.h"
#include "core/config/schema.h"
#include "core/config/value.h"

namespace weir::config {

struct Context {
  const Catalog &catalog;
  Complaints &complaints;
  bool nutcracker;
};

inline bool is_number(Type type) {
  return type == Type::boolean || type == Type::integer || type == Type::duration || type == Type::size ||
         type == Type::memory;
}

template <class Owner>
void set_number(const Key<Owner> &key, Owner &owner, uint64_t number) {
  std::visit(
      [&](auto field) {
        using F = decltype(field);
        if constexpr (std::is_same_v<F, bool Owner::*>) owner.*field = number != 0;
        if constexpr (std::is_same_v<F, uint32_t Owner::*>) owner.*field = static_cast<uint32_t>(number);
        if constexpr (std::is_same_v<F, uint64_t Owner::*>) owner.*field = number;
      },
      key.field);
}

template <class Owner>
uint64_t get_number(const Key<Owner> &key, const Owner &owner) {
  return std::visit(
      [&](auto field) -> uint64_t {
        using F = decltype(field);
        constexpr bool number = std::is_same_v<F, bool Owner::*> || std::is_same_v<F, uint32_t Owner::*> ||
                                std::is_same_v<F, uint64_t Owner::*>;
        if constexpr (number) return static_cast<uint64_t>(owner.*field);
        return 0;
      },
      key.field);
}

// Fills in the numbers and texts that the table gives a default; the rest has none or is looked up in the catalog.
template <class Owner>
void set_defaults(std::span<const Key<Owner>> keys, Owner &owner) {
  for (const Key<Owner> &key : keys) {
    if (auto *text = std::get_if<std::string Owner::*>(&key.field); text != nullptr && key.fallback != nullptr) {
      owner.*(*text) = key.fallback;
    }
    if (key.fallback == nullptr || !is_number(key.rule.type)) continue;
    Node node;
    node.kind = Node::Kind::scalar;
    node.text = key.fallback;
    set_number(key, owner, read_value(key.rule, node).number);
  }
}

template <class Owner>
std::vector<std::string_view> key_names(std::span<const Key<Owner>> keys) {
  std::vector<std::string_view> names;
  for (const Key<Owner> &key : keys) names.push_back(key.name);
  return names;
}

inline std::string path_of(const std::string &parent, std::string_view key) {
  return parent.empty() ? printable(key) : parent + "." + printable(key);
}

// Where to point at when a value is not what it should be: the value, or its key when there is none.
inline const Place &place_of(const Node::Entry &entry) {
  return entry.value->kind == Node::Kind::scalar ? entry.value->place : entry.place;
}

// "is unknown", and what was meant.
inline std::string unknown_key(std::string_view key, const std::vector<std::string_view> &known) {
  if (key == "<<")
    return "is unknown; merge keys are not supported, write the keys out or use an alias for a whole map";
  std::string_view near = meant(key, known);
  if (!near.empty()) return "is unknown, did you mean " + std::string(near) + "?";
  return "is unknown; docs/config.md lists all keys";
}

}  // namespace weir::config
