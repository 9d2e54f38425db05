// What scripts log, and what is logged about them: one line each, no more than ten a second and worker.
#pragma once

#include <string_view>

#include "state.h"

namespace weir::lua {

void log_line(State &state, uint32_t level, std::string_view text);  // without a bound of its own
void open_log(lua_State *lua);                                       // weir.log on the table at the top, and print()

}  // namespace weir::lua
