// What scripts log, and what is logged about them: one line each, no more than ten a second and worker.
#pragma once

#include <string>
#include <string_view>

#include "state.h"

namespace weir::lua {

// Without a bound of their own. lines: with '\n' between them, each as one_line() makes it; they stay together.
void log_line(State &state, uint32_t level, std::string_view text);
void log_lines(State &state, uint32_t level, std::string_view lines);
std::string one_line(std::string_view text);  // cut, and without control characters
void open_log(lua_State *lua);                // weir.log on the table at the top, and print()

}  // namespace weir::lua
