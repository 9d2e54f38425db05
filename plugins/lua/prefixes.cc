// weir.prefixes(): which of many prefixes a text begins with. Compiled into a trie whose nodes lie in one block, each
// node's children side by side in the order of their bytes; values are in a table of Lua's.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

constexpr char kClass[] = "weir.Prefixes";

struct Node {
  uint32_t first_child;
  uint16_t children;
  uint8_t byte;
  uint32_t value;  // index of the value, from 1; 0 = no prefix ends here
};

// A run of the sorted prefixes that have the same `depth` bytes in front.
struct Run {
  size_t begin, end, depth;
};

std::vector<Node> compile(const std::vector<std::string_view> &sorted) {
  std::vector<Node> nodes = {{0, 0, 0, 0}};
  std::vector<Run> runs = {{0, sorted.size(), 0}};  // of nodes[i]
  for (size_t i = 0; i < nodes.size(); ++i) {
    Run run = runs[i];
    if (run.begin < run.end && sorted[run.begin].size() == run.depth)
      nodes[i].value = static_cast<uint32_t>(++run.begin);  // prefixes differ: at most one ends here
    nodes[i].first_child = static_cast<uint32_t>(nodes.size());
    while (run.begin < run.end) {
      const char byte = sorted[run.begin][run.depth];
      size_t end = run.begin;
      while (end < run.end && sorted[end][run.depth] == byte) ++end;
      nodes.push_back({0, 0, static_cast<uint8_t>(byte), 0});
      runs.push_back({run.begin, end, run.depth + 1});
      ++nodes[i].children;
      run.begin = end;
    }
  }
  return nodes;
}

const Node *child(const Node *nodes, const Node &of, uint8_t byte) {
  const Node *first = nodes + of.first_child, *last = first + of.children;
  const Node *found = std::lower_bound(first, last, byte, [](const Node &n, uint8_t b) { return n.byte < b; });
  return found != last && found->byte == byte ? found : nullptr;
}

int match(lua_State *lua) {
  const auto *nodes = static_cast<const Node *>(luaL_checkudata(lua, 1, kClass));
  const std::string_view text = text_at(lua, 2);
  uint32_t value = nodes[0].value;
  size_t len = 0;
  const Node *node = nodes;
  for (size_t i = 0; i < text.size(); ++i) {
    node = child(nodes, *node, static_cast<uint8_t>(text[i]));
    if (node == nullptr) break;
    if (node->value == 0) continue;
    value = node->value;
    len = i + 1;
  }
  if (value == 0) {
    lua_pushnil(lua);
    return 1;
  }
  lua_getiuservalue(lua, 1, 1);
  lua_rawgeti(lua, -1, value);
  push(lua, text.substr(0, len));
  return 2;
}

int prefixes(lua_State *lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  std::vector<std::string_view> sorted;
  for (lua_pushnil(lua); lua_next(lua, 1) != 0; lua_pop(lua, 1)) {
    luaL_argexpected(lua, lua_type(lua, -2) == LUA_TSTRING, 1, "a table { [\"prefix\"] = value, ... }");
    sorted.push_back(text_at(lua, -2));
  }
  std::sort(sorted.begin(), sorted.end());
  size_t bytes = 0;
  for (const std::string_view prefix : sorted) bytes += prefix.size();
  luaL_argcheck(lua, bytes * sizeof(Node) < State::of(lua).limits.memory_limit(), 1, "too many or too long prefixes");
  State::of(lua).limits.charge(lua, bytes);
  const std::vector<Node> nodes = compile(sorted);
  void *block = lua_newuserdatauv(lua, nodes.size() * sizeof(Node), 1);
  std::memcpy(block, nodes.data(), nodes.size() * sizeof(Node));
  lua_createtable(lua, static_cast<int>(sorted.size()), 0);
  for (size_t i = 0; i < sorted.size(); ++i) {
    push(lua, sorted[i]);
    lua_rawget(lua, 1);
    lua_rawseti(lua, -2, static_cast<lua_Integer>(i) + 1);
  }
  lua_setiuservalue(lua, -2, 1);
  luaL_setmetatable(lua, kClass);
  return 1;
}

int get(lua_State *lua) {
  field_number(lua, "a set of prefixes");
  return 1;
}

}  // namespace

void open_prefixes(lua_State *lua) {
  static const Field kFields[] = {{"match", 0, match}, {nullptr, 0, nullptr}};
  push_class(lua, kClass, kFields, get, nullptr);
  lua_setfield(lua, LUA_REGISTRYINDEX, kClass);
  lua_pushcfunction(lua, prefixes);
  lua_setfield(lua, -2, "prefixes");
}

}  // namespace weir::lua
