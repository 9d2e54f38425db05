// The table `weir` that scripts see, and what its objects have in common.
#pragma once

#include <lua.hpp>

#include <string_view>

namespace weir::lua {

void open_surface(lua_State *lua);

// An object's metatable: `get` and `set` (NULLABLE: nothing can be assigned) have a table of the fields as upvalue 1,
// in which a name has a number or a function. Left on the stack.
struct Field {
  const char *name;
  int number;              // when function is null
  lua_CFunction function;  // NULLABLE
};
void push_class(lua_State *lua, const char *name, const Field *fields, lua_CFunction get, lua_CFunction set);

// For get and set: the number of the field that was asked for. 0: it was a function, which lies on the stack's top. An
// error when there is none of that name.
int field_number(lua_State *lua, const char *object);

// Puts the table on top into a read-only object in its place.
void make_read_only(lua_State *lua, const char *name);

// Parts of the surface; each puts its functions into the table at the top.
void open_hooks(lua_State *lua);     // on_request, on_response, READ ...
void open_request(lua_State *lua);   // the request object, NONE, DONE
void open_response(lua_State *lua);  // the response object
void open_pools(lua_State *lua);     // pool
void open_stats(lua_State *lua);     // counter, gauge, histogram
void open_timers(lua_State *lua);    // every, after, now, time
void open_hashes(lua_State *lua);    // hash, crc16, crc32
void open_prefixes(lua_State *lua);  // prefixes
void open_networks(lua_State *lua);  // networks
void open_args(lua_State *lua);      // args
void open_test(lua_State *lua);      // test

}  // namespace weir::lua
