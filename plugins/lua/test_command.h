// `weir lua-test`: runs the test_* functions of scripts, without servers.
#pragma once

#include <weir/module.h>

namespace weir::lua {

const weir_command *test_command();

}  // namespace weir::lua
