// The request object. There is one in a state, and each hook is called with it; its fields are read when the script
// asks for them.
#pragma once

#include "state.h"

namespace weir::lua {

// What NONE and DONE are: addresses that scripts cannot make.
enum class Answer : int { kNone, kDone };
void push_answer(lua_State *lua, Answer answer);

// Bytes that stay until the request is on its way, in the core's memory. An error when there is no more of it.
weir_bytes keep(lua_State *lua, std::string_view text);

// The i-th key as it is now.
inline weir_bytes key_of(const Call &call, uint32_t i) {
  if (call.verdict != nullptr && call.verdict->rekeyed[i] != 0) return call.verdict->new_keys[i];
  return call.view->keys[i];
}

void push_pool(lua_State *lua, uint32_t number);  // its object; nil for none
uint32_t pool_at(lua_State *lua, int index);      // the number of a pool object, or an error

}  // namespace weir::lua
