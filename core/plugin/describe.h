// The words for a component's numbers, shared by the text and the JSON form of its description.
#pragma once

#include <weir/weir.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::plugin {

using Words = std::vector<std::string_view>;

Words command_flags(uint32_t flags);       // "read", "write", ...
Words dist_flags(uint32_t flags);          // "keys", "no-hash"
Words key_flags(uint32_t flags);           // "pool", "secret"
std::string_view key_type(uint32_t type);  // "bool", "int", ...

// The component's operations, and which of them are there. Mandatory ones always are.
struct Ops {
  Words present, absent;
};
Ops ops_of(const weir_component &);
// What its table says in numbers.
std::vector<std::pair<std::string_view, uint64_t>> numbers_of(const weir_component &);
// The required extensions of a module.
Words extensions_of(const weir_module &);

}  // namespace weir::plugin
