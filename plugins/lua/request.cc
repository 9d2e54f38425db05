#include "request.h"

#include <cstdio>
#include <cstring>

#include "instance.h"
#include "surface.h"
#include "text.h"

namespace weir::lua {
namespace {

constexpr size_t kMaxTag = 64;

enum Number {
  kCommand = 1,
  kKey,
  kKeys,
  kArgc,
  kIsRead,
  kIsWrite,
  kIsPinned,
  kSize,
  kClient,
  kClientIp,
  kListener,
  kProtocol,
  kPool,
  kTag,
  kNote
};

const Call &current_call(lua_State *lua) {
  const State &state = State::of(lua);
  if (state.current.view == nullptr)
    fail(lua, "this request is over: keep what is needed of it, such as its key, not the request");
  return state.current;
}

// The call that the object at index 1 is about.
const Call &call_of(lua_State *lua) {
  if (lua_touserdata(lua, 1) != State::of(lua).request) luaL_typeerror(lua, 1, "weir.Request");
  return current_call(lua);
}

weir_verdict &verdict_of(lua_State *lua, const char *what) {
  const Call &call = call_of(lua);
  if (call.verdict == nullptr) fail(lua, "%s is for on_request(): this request has been answered", what);
  return *call.verdict;
}

void decide(lua_State *lua, weir_verdict &verdict, uint32_t action) {
  if (verdict.action != WEIR_V_CONTINUE) fail(lua, "this request is rejected, answered or dropped already");
  verdict.action = action;
}

void set_key(lua_State *lua, weir_verdict &verdict, uint32_t i, weir_bytes key) {
  if (key.len == 0) fail(lua, "a key cannot be empty");
  verdict.new_keys[i] = key;
  if (verdict.rekeyed[i] == 0) ++verdict.rekey_count;
  verdict.rekeyed[i] = 1;
}

// Whether the core would refuse to send it to another pool.
bool is_pinned(const weir_req &req) {
  constexpr uint32_t kStays = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_LEASE_END | WEIR_REQ_TOPICS_ON | WEIR_REQ_TOPICS_OFF;
  return req.route == WEIR_ROUTE_LEASED || (req.flags & kStays) != 0;
}

int get_tag(lua_State *lua, const Call &call) {
  const weir_bytes tag = call.verdict != nullptr && call.verdict->tag.len != 0 ? call.verdict->tag : call.view->tag;
  if (tag.len == 0) return 0;
  push(lua, view_of(tag));
  return 1;
}

int get_client(lua_State *lua, const weir_view *view, bool with_port) {
  std::string_view client = view_of(view->client(view));
  if (!with_port) {
    client = client.substr(0, client.rfind(':'));
    if (client.starts_with('[') && client.ends_with(']')) client = client.substr(1, client.size() - 2);
  }
  push(lua, client);
  return 1;
}

// Index 1 is the table of methods, which had none of that name; there is one request.
int get(lua_State *lua) {
  const int field = field_number(lua, "a request");
  if (field == 0) return 1;
  const Call &call = current_call(lua);
  const weir_view *view = call.view;
  switch (field) {
    case kCommand:
      lua_pushstring(lua, view->cmd->name);
      return 1;
    case kKey:
      if (view->key_count == 0) return 0;
      push(lua, view_of(key_of(call, 0)));
      return 1;
    case kKeys:
      lua_rawgeti(lua, LUA_REGISTRYINDEX, State::of(lua).keys_ref);
      return 1;
    case kArgc: {
      const uint32_t words = call.verdict != nullptr ? view->arg_count(view) : 0;
      lua_pushinteger(lua, words > 0 ? words - 1 : 0);
      return 1;
    }
    case kIsRead:
      lua_pushboolean(lua, (view->cmd->flags & WEIR_CMD_READ) != 0);
      return 1;
    case kIsWrite:
      lua_pushboolean(lua, (view->cmd->flags & WEIR_CMD_WRITE) != 0);
      return 1;
    case kIsPinned:
      lua_pushboolean(lua, is_pinned(*view->req));
      return 1;
    case kSize:
      lua_pushinteger(lua, call.verdict != nullptr ? static_cast<lua_Integer>(view->req->size) : 0);
      return 1;
    case kClient:
      return get_client(lua, view, true);
    case kClientIp:
      return get_client(lua, view, false);
    case kListener:
      push(lua, view_of(view->listener));
      return 1;
    case kProtocol:
      push(lua, view_of(view->protocol));
      return 1;
    case kPool:
      push_pool(lua, call.verdict != nullptr && call.verdict->pool != UINT32_MAX ? call.verdict->pool : view->pool);
      return 1;
    case kTag:
      return get_tag(lua, call);
    default:
      lua_pushinteger(lua, static_cast<lua_Integer>(call.verdict != nullptr ? call.verdict->user : call.outcome->user));
      return 1;
  }
}

int set(lua_State *lua) {
  const int field = field_number(lua, "a request");
  if (field == kKey) {
    weir_verdict &verdict = verdict_of(lua, "req.key = ...");
    if (State::of(lua).current.view->key_count == 0) fail(lua, "this request has no key that could be rewritten");
    set_key(lua, verdict, 0, keep(lua, text_at(lua, 3)));
  } else if (field == kTag) {
    weir_verdict &verdict = verdict_of(lua, "req.tag = ...");
    const std::string_view tag = lua_isnil(lua, 3) ? std::string_view() : text_at(lua, 3);
    if (tag.size() > kMaxTag) fail(lua, "a tag has at most 64 bytes, this one has %zu", tag.size());
    verdict.tag = keep(lua, tag);
  } else if (field == kNote) {
    verdict_of(lua, "req.note = ...").user = static_cast<uint64_t>(luaL_checkinteger(lua, 3));
  } else {
    fail(lua, "req.%s cannot be assigned: only key, tag and note can", luaL_checkstring(lua, 2));
  }
  return 0;
}

int arg(lua_State *lua) {
  const Call &call = call_of(lua);
  const lua_Integer i = luaL_checkinteger(lua, 2);
  if (call.verdict == nullptr || i < 0 || i >= call.view->arg_count(call.view)) return 0;
  push(lua, view_of(call.view->arg(call.view, static_cast<uint32_t>(i))));
  return 1;
}

int prefix(lua_State *lua) {
  weir_verdict &verdict = verdict_of(lua, "req:prefix()");
  const State &state = State::of(lua);
  const std::string_view text = text_at(lua, 2);
  if (text.empty()) return 0;
  weir_arena *arena = state.scope->arena;
  for (uint32_t i = 0; i < state.current.view->key_count; ++i) {
    const weir_bytes old = key_of(state.current, i);
    auto *bytes = static_cast<uint8_t *>(arena->alloc(arena, text.size() + old.len, 1));
    if (bytes == nullptr) fail(lua, "no memory is left for this request's keys");
    std::memcpy(bytes, text.data(), text.size());
    if (old.len != 0) std::memcpy(bytes + text.size(), old.ptr, old.len);
    set_key(lua, verdict, i, {bytes, text.size() + old.len});
  }
  return 0;
}

int to(lua_State *lua) {
  weir_verdict &verdict = verdict_of(lua, "req:to()");
  const uint32_t pool = pool_at(lua, 2);
  uint32_t server = UINT32_MAX;
  if (!lua_isnoneornil(lua, 3)) {
    const weir_pools *pools = State::of(lua).instance.pools;
    const lua_Integer n = pools->servers(State::of(lua).host(), pool), asked = luaL_checkinteger(lua, 3);
    if (asked < 1 || asked > n) fail(lua, "the pool has the servers 1 to %lld; there is no %lld", n, asked);
    server = static_cast<uint32_t>(asked - 1);
  }
  verdict.pool = pool;
  verdict.server = server;
  return 0;
}

int mirror(lua_State *lua) {
  weir_verdict &verdict = verdict_of(lua, "req:mirror()");
  verdict.mirror_pool = pool_at(lua, 2);
  return 0;
}

int reject(lua_State *lua) {
  weir_verdict &verdict = verdict_of(lua, "req:reject()");
  const weir_bytes text = keep(lua, text_at(lua, 2));
  decide(lua, verdict, WEIR_V_REJECT);
  verdict.text = text;
  return 0;
}

int drop(lua_State *lua) {
  decide(lua, verdict_of(lua, "req:drop()"), WEIR_V_DROP_CLIENT);
  return 0;
}

int answer(lua_State *lua) {
  weir_verdict &verdict = verdict_of(lua, "req:answer()");
  uint32_t kind = WEIR_ERR_ANSWER;
  weir_bytes text = {};
  if (lua_isinteger(lua, 2)) {
    char digits[32];
    const int n = std::snprintf(digits, sizeof(digits), "%lld", lua_tointeger(lua, 2));
    kind = WEIR_ERR_ANSWER_INT;
    text = keep(lua, {digits, static_cast<size_t>(n)});
  } else if (lua_type(lua, 2) == LUA_TSTRING) {
    text = keep(lua, text_at(lua, 2));
  } else if (lua_islightuserdata(lua, 2)) {
    const bool none = lua_touserdata(lua, 2) == (push_answer(lua, Answer::kNone), lua_touserdata(lua, -1));
    kind = none ? WEIR_ERR_ANSWER_NONE : WEIR_ERR_ANSWER_DONE;
  } else {
    fail(lua, "req:answer() takes a string, an integer, weir.NONE (there is nothing) or weir.DONE; found %s",
         lua_isnoneornil(lua, 2) ? "nil" : luaL_typename(lua, 2));
  }
  decide(lua, verdict, WEIR_V_ANSWER);
  verdict.answer = kind;
  verdict.text = text;
  return 0;
}

// ---- req.keys

const Call &keys_of(lua_State *lua) {
  const State &state = State::of(lua);
  if (lua_touserdata(lua, 1) != state.keys) luaL_typeerror(lua, 1, "weir.Keys");
  if (state.current.view == nullptr) fail(lua, "this request is over: keep what is needed of its keys, not the list");
  return state.current;
}

int get_one_key(lua_State *lua) {
  const Call &call = keys_of(lua);
  const lua_Integer i = luaL_checkinteger(lua, 2);
  if (i < 1 || i > call.view->key_count) return 0;
  push(lua, view_of(key_of(call, static_cast<uint32_t>(i - 1))));
  return 1;
}

int set_one_key(lua_State *lua) {
  const Call &call = keys_of(lua);
  const lua_Integer i = luaL_checkinteger(lua, 2);
  if (call.verdict == nullptr) fail(lua, "req.keys[i] = ... is for on_request(): this request has been answered");
  if (i < 1 || i > call.view->key_count)
    fail(lua, "the request has %u keys: there is none at %lld", call.view->key_count, i);
  set_key(lua, *call.verdict, static_cast<uint32_t>(i - 1), keep(lua, text_at(lua, 3)));
  return 0;
}

int count_keys(lua_State *lua) {
  lua_pushinteger(lua, keys_of(lua).view->key_count);
  return 1;
}

void make_keys(lua_State *lua) {
  State &state = State::of(lua);
  static const luaL_Reg kMeta[] = {
      {"__index", get_one_key}, {"__newindex", set_one_key}, {"__len", count_keys}, {nullptr, nullptr}};
  state.keys = lua_newuserdatauv(lua, 1, 0);
  luaL_newlib(lua, kMeta);
  for (const char *name : {"__name", "__metatable"}) {
    lua_pushliteral(lua, "weir.Keys");
    lua_setfield(lua, -2, name);
  }
  lua_setmetatable(lua, -2);
  state.keys_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
}

// Lets the class on the top of the stack find its methods without a call: in a table that asks get() for the rest.
void put_methods_first(lua_State *lua, const Field *fields) {
  lua_createtable(lua, 0, 8);
  for (; fields->name != nullptr; ++fields) {
    if (fields->function == nullptr) continue;
    lua_pushcfunction(lua, fields->function);
    lua_setfield(lua, -2, fields->name);
  }
  lua_createtable(lua, 0, 1);
  lua_getfield(lua, -3, "__index");
  lua_setfield(lua, -2, "__index");
  lua_setmetatable(lua, -2);
  lua_setfield(lua, -2, "__index");
}

}  // namespace

weir_bytes keep(lua_State *lua, std::string_view text) {
  if (text.empty()) return {};
  weir_arena *arena = State::of(lua).scope->arena;
  auto *bytes = static_cast<uint8_t *>(arena->alloc(arena, text.size(), 1));
  if (bytes == nullptr) fail(lua, "no memory is left for what this request is given");
  std::memcpy(bytes, text.data(), text.size());
  return {bytes, text.size()};
}

void push_answer(lua_State *lua, Answer answer) {
  static char kinds[2];
  lua_pushlightuserdata(lua, &kinds[static_cast<int>(answer)]);
}

void open_request(lua_State *lua) {
  static const Field kFields[] = {{"command", kCommand, nullptr},
                                  {"key", kKey, nullptr},
                                  {"keys", kKeys, nullptr},
                                  {"argc", kArgc, nullptr},
                                  {"is_read", kIsRead, nullptr},
                                  {"is_write", kIsWrite, nullptr},
                                  {"is_pinned", kIsPinned, nullptr},
                                  {"size", kSize, nullptr},
                                  {"client", kClient, nullptr},
                                  {"client_ip", kClientIp, nullptr},
                                  {"listener", kListener, nullptr},
                                  {"protocol", kProtocol, nullptr},
                                  {"pool", kPool, nullptr},
                                  {"tag", kTag, nullptr},
                                  {"note", kNote, nullptr},
                                  {"arg", 0, arg},
                                  {"prefix", 0, prefix},
                                  {"to", 0, to},
                                  {"mirror", 0, mirror},
                                  {"reject", 0, reject},
                                  {"answer", 0, answer},
                                  {"drop", 0, drop},
                                  {nullptr, 0, nullptr}};
  State &state = State::of(lua);
  state.request = lua_newuserdatauv(lua, 1, 0);
  push_class(lua, "weir.Request", kFields, get, set);
  put_methods_first(lua, kFields);
  lua_setmetatable(lua, -2);
  state.request_ref = luaL_ref(lua, LUA_REGISTRYINDEX);
  make_keys(lua);
  push_answer(lua, Answer::kNone);
  lua_setfield(lua, -2, "NONE");
  push_answer(lua, Answer::kDone);
  lua_setfield(lua, -2, "DONE");
}

}  // namespace weir::lua
