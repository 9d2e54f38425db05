// XXH64 and MurmurHash3 beside what their authors and others have published of them.
#include <gtest/gtest.h>

#include <cstring>

#include "plugins/hash/hashes.h"
#include "plugins/hash/murmur3.h"
#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

const uint8_t *data(const std::string &text) {
  return bytes(text).ptr;
}

// SMHasher's verification value, which it prints for every hash it knows: of keys {}, {0}, {0,1}, ... with seeds 256,
// 255, ..., the hashes are put in a row and hashed again.
template <class Hash>
uint32_t verification(Hash hash) {
  using Value = decltype(hash(nullptr, 0, 0));
  uint8_t key[256] = {};
  std::vector<uint8_t> hashes(256 * sizeof(Value));
  for (uint32_t i = 0; i < 256; ++i) {
    key[i] = static_cast<uint8_t>(i);
    const Value value = hash(key, i, 256 - i);
    std::memcpy(&hashes[i * sizeof value], &value, sizeof value);
  }
  const Value all = hash(hashes.data(), hashes.size(), 0);
  uint32_t first;
  std::memcpy(&first, &all, sizeof first);
  return first;
}

TEST(NewerVectors, HashesHaveTheValuesThatSmhasherVerifiesThemBy) {
  EXPECT_EQ(verification(hash::murmur3_x86_32), 0xB0F57EE3u);
  EXPECT_EQ(verification(hash::murmur3_x64_128), 0x6384BA69u);
  EXPECT_EQ(verification(hash::xxh64_of), 0x024B7CF4u);
}

struct Vector {
  const char *hash, *key;
  uint64_t value;
};

TEST(NewerVectors, WordsHaveTheirPublishedHashes) {
  const char *fox = "The quick brown fox jumps over the lazy dog";
  const Vector vectors[] = {
      {"xxh64", "", 0xef46db3751d8e999},        {"xxh64", "a", 0xd24ec4f1a98c6e5b},
      {"xxh64", "abc", 0x44bc2cf5ad770999},     {"xxh64", fox, 0x0b242d361fda71bc},
      {"murmur3", "hello", 0xcbd8a7b341bd9b02}, {"murmur3", "hello, world", 0x342fac623a5ebc8e},
      {"murmur3", fox, 0xe34bbc7bbc071b6c},     {"murmur3_32", "", 0},
      {"murmur3_32", "hello", 0x248bfa47},      {"murmur3_32", "hello, world", 0x149bbb7f},
      {"murmur3_32", fox, 0x2e4ff723},
  };
  for (const Vector &vector : vectors) {
    EXPECT_EQ(hash_of(hash_named(vector.hash), bytes(vector.key)), vector.value) << vector.hash << " " << vector.key;
  }
}

TEST(NewerVectors, Murmur3Of32BitsTakesItsSeed) {
  EXPECT_EQ(hash::murmur3_x86_32(data(""), 0, 1), 0x514e28b7u);
  EXPECT_EQ(hash::murmur3_x86_32(data("test"), 4, 0x9747b28c), 0x704b81dcu);
}

}  // namespace
}  // namespace weir::test
