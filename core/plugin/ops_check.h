// The rules of each kind's table of operations, and of a component's description of its configuration.
#pragma once

#include <weir/module.h>

#include <string>

namespace weir::plugin {

// "" or what is wrong. The component's kind is a usable one, its name legal and its ops not null.
std::string ops_fault(const weir_component &);

}  // namespace weir::plugin
