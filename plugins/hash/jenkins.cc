// Bob Jenkins' lookup3 (hashlittle) with the initial value 13.
#include <bit>

#include "plugins/hash/bytes.h"
#include "plugins/hash/hashes.h"

namespace weir::hash {
namespace {

constexpr uint32_t kInitial = 13;
constexpr size_t kBlock = 12;

struct State {
  uint32_t a, b, c;

  void add(const uint8_t *block) {
    a += load32(block);
    b += load32(block + 4);
    c += load32(block + 8);
  }
  void mix() {
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }
  void finish() {
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
  }
};

uint32_t hash_one(const uint8_t *key, size_t len) {
  const uint32_t start = 0xdeadbeef + static_cast<uint32_t>(len) + kInitial;
  State state{start, start, start};
  if (len == 0) return state.c;
  // The last block, even a whole one, is finished instead of mixed.
  for (; len > kBlock; len -= kBlock, key += kBlock) {
    state.add(key);
    state.mix();
  }
  uint8_t last[kBlock] = {};
  std::memcpy(last, key, len);
  state.add(last);
  state.finish();
  return state.c;
}

}  // namespace

void jenkins(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  hash_each<hash_one>(keys, n, out);
}

}  // namespace weir::hash
