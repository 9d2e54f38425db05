// Whether what a plugin says about itself keeps the rules of weir/module.h and of its kinds' headers. Numbers, names
// and nulls are checked; that other pointers are good must be believed. Control thread, once a file.
#pragma once

#include <weir/module.h>

#include <string>

#include "core/base/result.h"

namespace weir::plugin {

// path is for the text: "plugin <path>: what is wrong and what to do".
Status check_module(const weir_module *, const std::string &path);

// True for kinds whose components can be used; the others are only listed.
bool usable_kind(uint32_t kind);
// "protocol"; for a kind this core does not know "kind 9".
std::string kind_name(uint32_t kind);

}  // namespace weir::plugin
