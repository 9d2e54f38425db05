// Packets of memcached's binary protocol, for tests.
#pragma once

#include <cstdint>
#include <string>

namespace weir::test {

inline std::string be(uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
  return out;
}

struct PacketText {
  uint8_t opcode = 0;
  std::string key = {}, value = {}, extras = {};
  uint32_t opaque = 0x01020304;
  uint64_t cas = 0;
  uint16_t status = 0;  // of a reply
  std::string text(bool reply = false) const {
    return be(reply ? 0x81 : 0x80, 1) + be(opcode, 1) + be(key.size(), 2) + be(extras.size(), 1) + be(0, 1) +
           be(status, 2) + be(extras.size() + key.size() + value.size(), 4) + be(opaque, 4) + be(cas, 8) + extras +
           key + value;
  }
  std::string reply() const { return text(true); }
};

}  // namespace weir::test
