// weir.networks(): which of many networks an address lies in. They are compared one by one, the narrowest first.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string_view>
#include <vector>

#include "state.h"
#include "surface.h"

namespace weir::lua {
namespace {

constexpr char kClass[] = "weir.Networks";
constexpr size_t kMost = 1000;
constexpr uint32_t kMappedBits = 96;  // in front of an IPv4 address

using Address = std::array<uint8_t, 16>;

struct Network {
  Address start;
  uint32_t bits;   // how many of them count
  uint32_t value;  // index of the value, from 1
  bool is_unix;
};

// Takes a number and what follows it, if that is `end`. false: there is none, or it is larger than most.
bool take(std::string_view &text, int base, uint32_t most, char end, uint32_t &out) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  if (error != std::errc() || out > most) return false;
  text.remove_prefix(static_cast<size_t>(at - text.data()));
  if (end == '\0') return text.empty();
  if (!text.starts_with(end)) return false;
  text.remove_prefix(1);
  return true;
}

bool parse_v4(std::string_view text, uint8_t *out) {
  for (int i = 0; i < 4; ++i) {
    uint32_t n = 0;
    if (!take(text, 10, 255, i < 3 ? '.' : '\0', n)) return false;
    out[i] = static_cast<uint8_t>(n);
  }
  return true;
}

// Groups of 16 bits up to the end of the text; how many bytes they take, -1 = they are none.
int parse_groups(std::string_view text, uint8_t *out) {
  int size = 0;
  while (!text.empty()) {
    const size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    if (colon == std::string_view::npos && group.find('.') != std::string_view::npos)
      return size <= 12 && parse_v4(group, out + size) ? size + 4 : -1;
    std::string_view rest = group;
    uint32_t n = 0;
    if (size > 14 || group.size() > 4 || !take(rest, 16, 0xffff, '\0', n)) return -1;
    out[size++] = static_cast<uint8_t>(n >> 8);
    out[size++] = static_cast<uint8_t>(n & 0xff);
    if (colon == std::string_view::npos) break;
    text.remove_prefix(colon + 1);
    if (text.empty()) return -1;  // a colon at the end
  }
  return size;
}

bool parse_v6(std::string_view text, Address &out) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return parse_groups(text, out.data()) == 16;
  Address tail{};
  const int front = parse_groups(text.substr(0, gap), out.data()),
            back = parse_groups(text.substr(gap + 2), tail.data());
  if (front < 0 || back < 0 || front + back > 14) return false;
  std::memcpy(out.data() + 16 - back, tail.data(), static_cast<size_t>(back));
  return true;
}

// How many bits such an address has; 0 = it is none.
uint32_t parse_address(std::string_view text, Address &out) {
  out = {};
  if (text.find(':') != std::string_view::npos) return parse_v6(text, out) ? 128 : 0;
  out[10] = out[11] = 0xff;
  return parse_v4(text, out.data() + 12) ? 32 : 0;
}

bool same_bits(const Address &a, const Address &b, uint32_t bits) {
  const uint32_t whole = bits / 8, rest = bits % 8;
  return std::memcmp(a.data(), b.data(), whole) == 0 && (rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0);
}

Network parse_network(lua_State *lua, std::string_view text) {
  Network network = {{}, 0, 0, text == "unix"};
  if (network.is_unix) return network;
  const size_t slash = text.find('/');
  const uint32_t size = parse_address(text.substr(0, slash), network.start);
  uint32_t bits = size;
  std::string_view rest = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  const bool whole = slash == std::string_view::npos || take(rest, 10, size, '\0', bits);
  network.bits = bits + (size == 32 ? kMappedBits : 0);
  Address start{};
  for (uint32_t bit = 0; bit < network.bits && whole; ++bit)
    start[bit / 8] |= static_cast<uint8_t>(network.start[bit / 8] & (0x80U >> (bit % 8)));
  if (size == 0 || !whole || start != network.start)
    fail(
        lua,
        "expected a network like 10.0.0.0/8 or fd00::/8, with zeros behind its bits, an address, or unix; found '%.*s'",
        static_cast<int>(std::min<size_t>(text.size(), 64)), text.data());
  return network;
}

int match(lua_State *lua) {
  const auto *networks = static_cast<const Network *>(luaL_checkudata(lua, 1, kClass));
  const std::string_view text = text_at(lua, 2);
  const size_t n = lua_rawlen(lua, 1) / sizeof(Network);
  State::of(lua).limits.charge(lua, n / 4);
  Address address;
  const bool is_unix = text.starts_with('/'), is_ip = !is_unix && parse_address(text, address) != 0;
  for (size_t i = 0; i < n; ++i) {
    const Network &network = networks[i];
    if (network.is_unix ? !is_unix : !is_ip || !same_bits(network.start, address, network.bits)) continue;
    lua_getiuservalue(lua, 1, 1);
    lua_rawgeti(lua, -1, network.value);
    return 1;
  }
  lua_pushnil(lua);
  return 1;
}

int networks(lua_State *lua) {
  luaL_checktype(lua, 1, LUA_TTABLE);
  lua_settop(lua, 1);
  std::vector<Network> all;
  lua_newtable(lua);
  for (lua_pushnil(lua); lua_next(lua, 1) != 0;) {
    luaL_argexpected(lua, lua_type(lua, -2) == LUA_TSTRING, 1, "a table { [\"10.0.0.0/8\"] = value, ... }");
    all.push_back(parse_network(lua, text_at(lua, -2)));
    luaL_argcheck(lua, all.size() <= kMost, 1, "expected at most 1000 networks");
    all.back().value = static_cast<uint32_t>(all.size());
    lua_rawseti(lua, 2, static_cast<lua_Integer>(all.size()));
  }
  std::sort(all.begin(), all.end(), [](const Network &a, const Network &b) { return a.bits > b.bits; });
  void *block = lua_newuserdatauv(lua, all.size() * sizeof(Network), 1);
  if (!all.empty()) std::memcpy(block, all.data(), all.size() * sizeof(Network));
  lua_pushvalue(lua, 2);
  lua_setiuservalue(lua, -2, 1);
  luaL_setmetatable(lua, kClass);
  return 1;
}

int get(lua_State *lua) {
  field_number(lua, "a set of networks");
  return 1;
}

}  // namespace

void open_networks(lua_State *lua) {
  static const Field kFields[] = {{"match", 0, match}, {nullptr, 0, nullptr}};
  push_class(lua, kClass, kFields, get, nullptr);
  lua_setfield(lua, LUA_REGISTRYINDEX, kClass);
  lua_pushcfunction(lua, networks);
  lua_setfield(lua, -2, "networks");
}

}  // namespace weir::lua
