// Keys lie anywhere, between bytes that are none of the hashes' business.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

constexpr size_t kMaxLen = 64, kMaxOffset = 8, kMargin = 16;

uint8_t key_byte(size_t i) {
  return static_cast<uint8_t>(i * 151 + 77);
}

// The key at an offset of a block that ends where the key does, so that a sanitizer sees the first byte read too far.
uint64_t hash_at_block_end(const weir_hash &hash, size_t offset, size_t len) {
  const std::unique_ptr<uint8_t[]> block(new uint8_t[offset + len]);
  for (size_t i = 0; i < len; ++i) block[offset + i] = key_byte(i);
  return hash_of(hash, {block.get() + offset, len});
}

// The key between bytes of one value.
uint64_t hash_amid(const weir_hash &hash, uint8_t around, size_t len) {
  std::vector<uint8_t> block(kMargin + len + kMargin, around);
  for (size_t i = 0; i < len; ++i) block[kMargin + i] = key_byte(i);
  return hash_of(hash, {block.data() + kMargin, len});
}

TEST(HashBounds, NoHashReadsOutsideItsKeyOrDependsOnItsAddress) {
  for (const std::string &name : all_hash_names()) {
    const weir_hash &hash = hash_named(name);
    for (size_t len = 0; len <= kMaxLen; ++len) {
      const uint64_t expected = hash_amid(hash, 0x00, len);
      EXPECT_EQ(hash_amid(hash, 0xff, len), expected) << name << " of " << len << " bytes";
      for (size_t offset = 0; offset < kMaxOffset; ++offset) {
        EXPECT_EQ(hash_at_block_end(hash, offset, len), expected) << name << " of " << len << " bytes at " << offset;
      }
    }
  }
}

TEST(HashBounds, ResultsFitThe32BitsAnnounced) {
  for (const std::string &name : all_hash_names()) {
    if (hash_named(name).bits == 64) continue;
    for (size_t len = 1; len <= kMaxLen; ++len) {
      EXPECT_LE(hash_amid(hash_named(name), 0, len), UINT32_MAX) << name << " of " << len << " bytes";
    }
  }
}

TEST(HashBounds, ABatchHashesEachKeyAsIfItWereAlone) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < 257; ++i) keys.push_back("key:" + std::string(i % 67, 'x') + std::to_string(i));
  std::vector<weir_bytes> batch;
  for (const std::string &key : keys) batch.push_back(bytes(key));
  const weir_scope scope = scope_of();
  for (const std::string &name : all_hash_names()) {
    const weir_hash &hash = hash_named(name);
    for (uint32_t n : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 9u, 31u, 257u}) {
      std::vector<uint64_t> out(n + 1, 0xdead);
      hash.run(&scope, batch.data(), n, out.data());
      for (uint32_t i = 0; i < n; ++i)
        EXPECT_EQ(out[i], hash_of(hash, batch[i])) << name << " key " << i << " of " << n;
      EXPECT_EQ(out[n], 0xdeadu) << name << " wrote past a batch of " << n;
    }
  }
}

}  // namespace
}  // namespace weir::test
