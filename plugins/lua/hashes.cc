// weir.hash(), weir.crc16(), weir.crc32().
#include <array>

#include "instance.h"
#include "state.h"
#include "surface.h"
#include "text.h"

namespace weir::lua {
namespace {

constexpr uint64_t kBytesAnInstruction = 4;

constexpr std::array<uint16_t, 256> crc16_table() {
  std::array<uint16_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i << 8;
    for (int bit = 0; bit < 8; ++bit) value = (value & 0x8000) != 0 ? value << 1 ^ 0x1021 : value << 1;
    table[i] = static_cast<uint16_t>(value);
  }
  return table;
}
constexpr std::array<uint32_t, 256> crc32_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? value >> 1 ^ 0xEDB88320 : value >> 1;
    table[i] = value;
  }
  return table;
}

std::string_view counted_text(lua_State *lua) {
  const std::string_view text = text_at(lua, 1);
  State::of(lua).limits.charge(lua, text.size() / kBytesAnInstruction);
  return text;
}

int crc16(lua_State *lua) {
  static constexpr auto kTable = crc16_table();
  uint32_t crc = 0;
  for (const char c : counted_text(lua))
    crc = (crc << 8 ^ kTable[(crc >> 8 ^ static_cast<unsigned char>(c)) & 255]) & 65535;
  lua_pushinteger(lua, crc);
  return 1;
}

int crc32(lua_State *lua) {
  static constexpr auto kTable = crc32_table();
  uint32_t crc = UINT32_MAX;
  for (const char c : counted_text(lua)) crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 255];
  lua_pushinteger(lua, ~crc);
  return 1;
}

int run_hash(lua_State *lua) {
  const void *found = lua_touserdata(lua, lua_upvalueindex(1));
  const uint64_t hash = State::of(lua).instance.hashes->run(found, bytes_of(counted_text(lua)));
  lua_pushinteger(lua, static_cast<lua_Integer>(hash));
  return 1;
}

int hash(lua_State *lua) {
  State &state = State::of(lua);
  state.need_loading(lua, "weir.hash()");
  const std::string name(text_at(lua, 1));
  const void *found = nullptr;
  if (!state.instance.hash(name, state.mode == Mode::kCheck, found))
    fail(lua, "there is no hash function '%.64s'; weir --list-plugins names those that are loaded", name.c_str());
  lua_pushlightuserdata(lua, const_cast<void *>(found));
  lua_pushcclosure(lua, run_hash, 1);
  return 1;
}

}  // namespace

void open_hashes(lua_State *lua) {
  static const luaL_Reg kFunctions[] = {{"hash", hash}, {"crc16", crc16}, {"crc32", crc32}, {nullptr, nullptr}};
  luaL_setfuncs(lua, kFunctions, 0);
}

}  // namespace weir::lua
