#include "test_surface.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "decide.h"
#include "instance.h"
#include "request.h"
#include "surface.h"
#include "test_host.h"
#include "text.h"

namespace weir::lua {

const TestRun *g_test_run = nullptr;

namespace {

// An arena that is as good for one request.
struct TestArena {
  weir_arena base = {sizeof(weir_arena), 0, alloc};
  std::deque<std::string> blocks;

  static void *alloc(weir_arena *arena, uint64_t size, uint32_t) {
    return reinterpret_cast<TestArena *>(arena)->blocks.emplace_back(size, '\0').data();
  }
};

// A request and what a hook sees of it, made of the table that weir.test.request() gave.
struct TestRequest {
  weir_view view = {};
  weir_req req = {};
  std::vector<std::string> words, keys;
  std::vector<weir_bytes> key_bytes;
  std::string client, listener, tag;
  TestArena arena;
  weir_scope scope = {};

  static const TestRequest &of(const weir_view *view) { return *static_cast<TestRequest *>(view->core); }
  static weir_bytes client_of(const weir_view *view) { return bytes_of(of(view).client); }
  static uint32_t arg_count(const weir_view *view) { return static_cast<uint32_t>(of(view).words.size()); }
  static weir_bytes arg(const weir_view *view, uint32_t i) {
    return i < of(view).words.size() ? bytes_of(of(view).words[i]) : weir_bytes{};
  }
};

std::vector<std::string> strings_at(lua_State *lua, int index) {
  std::vector<std::string> out;
  luaL_checktype(lua, index, LUA_TTABLE);
  for (lua_Integer i = 1; lua_rawgeti(lua, index, i) != LUA_TNIL; ++i) {
    luaL_tolstring(lua, -1, nullptr);
    out.emplace_back(text_at(lua, -1));
    lua_pop(lua, 2);
  }
  lua_pop(lua, 1);
  return out;
}

std::string text_field(lua_State *lua, const char *name, const char *otherwise) {
  lua_getfield(lua, 1, name);
  std::string text = luaL_optstring(lua, -1, otherwise);
  lua_pop(lua, 1);
  return text;
}

uint16_t command_of(const std::string &word) {
  std::string name = word;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  for (uint32_t i = 1; i < g_test_run->command_count; ++i) {
    if (name == g_test_run->commands[i].name) return static_cast<uint16_t>(i);
  }
  return 0;
}

std::vector<std::string> usual_keys(const std::vector<std::string> &words, const weir_cmd &command) {
  std::vector<std::string> keys;
  const bool pairs = std::string_view(command.name).starts_with("mset");
  for (size_t i = 1; i < words.size(); i += pairs ? 2 : 1) {
    keys.push_back(words[i]);
    if ((command.flags & WEIR_CMD_MULTIKEY) == 0) break;
  }
  return keys;
}

// The request in the table at index 1.
void fill(lua_State *lua, TestRequest &out) {
  const State &state = State::of(lua);
  out.words = strings_at(lua, 1);
  luaL_argcheck(lua, !out.words.empty(), 1, "expected words: weir.test.request { \"GET\", \"key\" }");
  out.req.cmd = command_of(out.words[0]);
  const weir_cmd &command = g_test_run->commands[out.req.cmd];
  if (lua_getfield(lua, 1, "keys") == LUA_TNIL)
    out.keys = usual_keys(out.words, command);
  else
    out.keys = strings_at(lua, lua_gettop(lua));
  lua_pop(lua, 1);
  for (const std::string &key : out.keys) out.key_bytes.push_back(bytes_of(key));
  out.client = text_field(lua, "client", "127.0.0.1:50000");
  out.listener = text_field(lua, "listener", "127.0.0.1:22121");
  out.tag = text_field(lua, "tag", "");
  lua_getfield(lua, 1, "pinned");
  if (lua_toboolean(lua, -1) != 0) out.req.route = WEIR_ROUTE_LEASED;
  lua_pop(lua, 1);
  for (const std::string &word : out.words) out.req.size += word.size() + 1;
  out.req.key_count = static_cast<uint32_t>(out.keys.size());
  out.view = {.struct_size = sizeof(weir_view),
              .pool = g_test_run->host->number_of(text_field(lua, "pool", "test")),
              .req = &out.req,
              .cmd = &command,
              .keys = out.key_bytes.data(),
              .key_count = out.req.key_count,
              .reserved = 0,
              .listener = bytes_of(out.listener),
              .protocol = bytes_of(g_test_run->protocol),
              .tag = bytes_of(out.tag),
              .client = TestRequest::client_of,
              .arg_count = TestRequest::arg_count,
              .arg = TestRequest::arg,
              .core = &out};
  out.scope.struct_size = sizeof(weir_scope);
  out.scope.arena = &out.arena.base;
  out.scope.now_us = state.now_us();
  out.scope.core = g_test_run->host;
}

int request(lua_State *lua) {
  lua_settop(lua, 1);
  TestRequest checked;
  fill(lua, checked);
  return 1;  // the table itself
}

void set_text(lua_State *lua, const char *name, std::string_view text) {
  push(lua, text);
  lua_setfield(lua, -2, name);
}

void set_answer(lua_State *lua, const weir_verdict &verdict) {
  if (verdict.answer == WEIR_ERR_ANSWER_NONE || verdict.answer == WEIR_ERR_ANSWER_DONE)
    push_answer(lua, verdict.answer == WEIR_ERR_ANSWER_NONE ? Answer::kNone : Answer::kDone);
  else
    push(lua, view_of(verdict.text));
  if (verdict.answer == WEIR_ERR_ANSWER_INT) lua_stringtonumber(lua, lua_tostring(lua, -1)), lua_remove(lua, -2);
  lua_setfield(lua, -2, "answer");
}

// Pushes what became of it.
void push_result(lua_State *lua, const TestRequest &request, const weir_verdict &verdict, const char *error) {
  static constexpr const char *kActions[] = {"continue", "reject", "drop", "answer"};
  TestHost &host = *g_test_run->host;
  const Call call = {&request.view, const_cast<weir_verdict *>(&verdict), nullptr};
  lua_newtable(lua);
  set_text(lua, "action", error != nullptr ? "error" : kActions[verdict.action & 3]);
  if (error != nullptr) set_text(lua, "error", error);
  lua_newtable(lua);
  for (uint32_t i = 0; i < request.view.key_count; ++i) {
    push(lua, view_of(key_of(call, i)));
    lua_rawseti(lua, -2, i + 1);
  }
  lua_setfield(lua, -2, "keys");
  if (request.view.key_count > 0) set_text(lua, "key", view_of(key_of(call, 0)));
  set_text(lua, "pool", host.name_of(verdict.pool != UINT32_MAX ? verdict.pool : request.view.pool));
  if (verdict.server != UINT32_MAX) {
    lua_pushinteger(lua, static_cast<lua_Integer>(verdict.server) + 1);
    lua_setfield(lua, -2, "server");
  }
  if (verdict.mirror_pool != UINT32_MAX) set_text(lua, "mirror", host.name_of(verdict.mirror_pool));
  if (verdict.action == WEIR_V_REJECT) set_text(lua, "text", view_of(verdict.text));
  if (verdict.action == WEIR_V_ANSWER) set_answer(lua, verdict);
  if (verdict.tag.len != 0) set_text(lua, "tag", view_of(verdict.tag));
}

int run(lua_State *lua) {
  State &state = State::of(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  TestRequest request;
  fill(lua, request);
  std::vector<weir_bytes> new_keys(request.keys.size() + 1);
  std::vector<uint8_t> rekeyed(request.keys.size() + 1);
  weir_verdict verdict = {};
  verdict.struct_size = sizeof(verdict);
  verdict.pool = verdict.server = verdict.mirror_pool = UINT32_MAX;
  verdict.new_keys = new_keys.data();
  verdict.rekeyed = rekeyed.data();
  const bool good = run_request_hooks(state, &request.scope, &request.view, &verdict) == WEIR_OK;
  if (!good) g_test_run->host->hook_error() = state.last_error();
  push_result(lua, request, verdict, good ? nullptr : state.last_error().c_str());
  lua_pushinteger(lua, static_cast<lua_Integer>(verdict.user));
  lua_setfield(lua, 1, "note");
  if (verdict.tag.len != 0) {
    push(lua, view_of(verdict.tag));
    lua_setfield(lua, 1, "tag");
  }
  return 1;
}

void read_error(std::string_view error, weir_outcome &outcome) {
  static constexpr std::string_view kStatuses[] = {"", "timeout", "no server", "closed", "protocol"};
  outcome.is_error = error.empty() ? 0 : 1;
  for (uint32_t i = 1; i < std::size(kStatuses); ++i) {
    if (error == kStatuses[i]) outcome.status = i;
  }
  if (error == "weir") outcome.error = WEIR_ERR_INTERNAL;
}

lua_Integer integer_field(lua_State *lua, int index, const char *name, lua_Integer otherwise) {
  lua_getfield(lua, index, name);
  const lua_Integer value = luaL_optinteger(lua, -1, otherwise);
  lua_pop(lua, 1);
  return value;
}

int respond(lua_State *lua) {
  State &state = State::of(lua);
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 2);
  if (lua_isnil(lua, 2)) {
    lua_newtable(lua);
    lua_replace(lua, 2);
  }
  TestRequest request;
  fill(lua, request);
  request.view.key_count = 0;
  weir_outcome outcome = {};
  outcome.struct_size = sizeof(outcome);
  lua_getfield(lua, 2, "error");
  read_error(luaL_optstring(lua, -1, ""), outcome);
  outcome.pool = request.view.pool;
  outcome.server = static_cast<uint32_t>(integer_field(lua, 2, "server", 0) - 1);
  outcome.reply_size = static_cast<uint64_t>(integer_field(lua, 2, "size", 5));
  outcome.latency_us = static_cast<uint64_t>(integer_field(lua, 2, "latency_us", 100));
  outcome.user = static_cast<uint64_t>(integer_field(lua, 1, "note", 0));
  if (!run_response_hooks(state, &request.scope, &request.view, &outcome)) fail(lua, "%s", state.last_error().c_str());
  return 0;
}

int tick(lua_State *lua) {
  const lua_Number seconds = luaL_checknumber(lua, 1);
  luaL_argcheck(lua, seconds >= 0 && seconds < 1e9, 1, "expected seconds");
  g_test_run->host->pass(static_cast<uint64_t>(std::llround(seconds * 1e6)));
  return 0;
}

int servers(lua_State *lua) {
  const lua_Integer n = luaL_checkinteger(lua, 2);
  luaL_argcheck(lua, n >= 0 && n < 100'000, 2, "expected a number of servers");
  g_test_run->host->set_servers(pool_at(lua, 1), static_cast<uint32_t>(n));
  return 0;
}

int last_log(lua_State *lua) {
  const std::string line = g_test_run->host->take_log();
  if (line.empty()) return 0;
  push(lua, line);
  return 1;
}

bool is_equal(lua_State *lua, int a, int b, int depth) {
  a = lua_absindex(lua, a);
  b = lua_absindex(lua, b);
  luaL_checkstack(lua, 8, "tables are too deep");
  if (lua_compare(lua, a, b, LUA_OPEQ)) return true;
  if (lua_type(lua, a) != LUA_TTABLE || lua_type(lua, b) != LUA_TTABLE || depth > 50) return false;
  size_t in_a = 0, in_b = 0;
  for (lua_pushnil(lua); lua_next(lua, b) != 0; lua_pop(lua, 1)) ++in_b;
  for (lua_pushnil(lua); lua_next(lua, a) != 0; lua_pop(lua, 1), ++in_a) {
    lua_pushvalue(lua, -2);
    lua_rawget(lua, b);
    const bool same = is_equal(lua, -2, -1, depth + 1);
    lua_pop(lua, 1);
    if (same) continue;
    lua_pop(lua, 2);
    return false;
  }
  return in_a == in_b;
}

void describe(lua_State *lua, int index, int depth, std::string &out) {
  index = lua_absindex(lua, index);
  if (lua_type(lua, index) != LUA_TTABLE || depth > 3) {
    const bool quoted = lua_type(lua, index) == LUA_TSTRING;
    luaL_tolstring(lua, index, nullptr);
    out += quoted ? "\"" + std::string(text_at(lua, -1)) + "\"" : std::string(text_at(lua, -1));
    lua_pop(lua, 1);
    return;
  }
  out += "{";
  for (lua_pushnil(lua); lua_next(lua, index) != 0; lua_pop(lua, 1)) {
    out += out.back() == '{' ? " " : ", ";
    if (lua_type(lua, -2) == LUA_TSTRING) out += std::string(text_at(lua, -2)) + " = ";
    describe(lua, -1, depth + 1, out);
  }
  out += " }";
}

int eq(lua_State *lua) {
  luaL_checkany(lua, 1);
  luaL_checkany(lua, 2);
  if (is_equal(lua, 1, 2, 0)) return 0;
  std::string text = "expected ";
  describe(lua, 2, 0, text);
  text += ", found ";
  describe(lua, 1, 0, text);
  luaL_where(lua, 1);
  push(lua, text);
  lua_concat(lua, 2);
  return lua_error(lua);
}

}  // namespace

void open_test(lua_State *lua) {
  static const luaL_Reg kFunctions[] = {{"request", request}, {"run", run}, {"respond", respond}, {"tick", tick},
                                        {"servers", servers}, {"eq", eq},   {"log", last_log},    {nullptr, nullptr}};
  luaL_newlib(lua, kFunctions);
  lua_setfield(lua, -2, "test");
}

}  // namespace weir::lua
