// The libraries a script may use: what reaches out of its state is not there, what could run for long in C is counted.
#pragma once

#include <lua.hpp>

namespace weir::lua {

void open_sandbox(lua_State *lua);
void guard_strings(lua_State *lua);  // string: find, match, gmatch, gsub and rep anew, the others counted
void guard_tables(lua_State *lua);   // table, likewise
void freeze_globals(lua_State *lua);

// Puts a function in the place of table[name], the table being on top, that counts the length of its first arguments
// and goes on to what was there.
void count_calls(lua_State *lua, const char *name);

}  // namespace weir::lua
