// The three checksums. Tables are computed by the compiler from the polynomials.
#include <array>

#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

using Table = std::array<uint32_t, 256>;

// CRC-16/XMODEM: polynomial 0x1021, most significant bit first.
constexpr Table make_crc16_table() {
  Table table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021u : 0u)) & 0xffff;
    table[byte] = crc;
  }
  return table;
}

// CRC-32 (IEEE 802.3): polynomial 0x04c11db7, least significant bit first. Table i is for a byte that i more follow.
constexpr std::array<Table, 4> make_crc32_tables() {
  std::array<Table, 4> tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (size_t bit = 0; bit < 8 * tables.size(); ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0u);
      if (bit % 8 == 7) tables[bit / 8][byte] = crc;
    }
  }
  return tables;
}

constexpr Table kCrc16 = make_crc16_table();
constexpr std::array<Table, 4> kCrc32 = make_crc32_tables();

// twemproxy never cuts the accumulator to 16 bits: what is shifted out of the checksum stays in the result's upper
// half.
uint32_t crc16_one(const uint8_t *key, size_t len) {
  return over_bytes(0, key, len,
                    [](uint32_t crc, uint8_t byte) { return crc << 8 ^ kCrc16[(crc >> 8 ^ byte) & 0xff]; });
}

// Four bytes a turn: their look-ups do not wait for each other.
uint32_t crc32a_one(const uint8_t *key, size_t len) {
  uint32_t crc = 0xffffffff;
  for (; len >= 4; len -= 4, key += 4) {
    crc ^= load32(key);
    crc = kCrc32[3][crc & 0xff] ^ kCrc32[2][crc >> 8 & 0xff] ^ kCrc32[1][crc >> 16 & 0xff] ^ kCrc32[0][crc >> 24];
  }
  for (size_t i = 0; i < len; ++i) crc = crc >> 8 ^ kCrc32[0][(crc ^ key[i]) & 0xff];
  return ~crc;
}

// libmemcached's: 15 bits out of the middle. Under ketama nearly every key lands on the ring's first point.
uint32_t crc32_one(const uint8_t *key, size_t len) {
  return crc32a_one(key, len) >> 16 & 0x7fff;
}

}  // namespace

uint32_t cluster_slot(const uint8_t *key, size_t len) {
  if (len == 0) return 0;
  const auto *open = static_cast<const uint8_t *>(std::memchr(key, '{', len));
  if (open == nullptr) return crc16_one(key, len) % kClusterSlots;
  const uint8_t *tag = open + 1;
  const auto *close = static_cast<const uint8_t *>(std::memchr(tag, '}', static_cast<size_t>(key + len - tag)));
  if (close == nullptr || close == tag) return crc16_one(key, len) % kClusterSlots;
  return crc16_one(tag, static_cast<size_t>(close - tag)) % kClusterSlots;
}

void crc16(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<crc16_one>(keys, n, out);
}
void crc32(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<crc32_one>(keys, n, out);
}
void crc32a(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<crc32a_one>(keys, n, out);
}

}  // namespace weir::hash
