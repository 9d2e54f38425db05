#include "core/message/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace weir {
namespace {

struct ArenaTest : ::testing::Test {
  ~ArenaTest() override {
    arena.reset();
    EXPECT_EQ(pool.in_use(), 0U);
  }
  uint8_t *alloc(uint64_t size, uint32_t align = 1) {
    return static_cast<uint8_t *>(arena.abi()->alloc(arena.abi(), size, align));
  }
  ChunkPool pool;
  Arena arena{pool};
};

TEST_F(ArenaTest, MemoryIsAlignedAsAskedAndOnesOwn) {
  uint8_t *last = nullptr;
  for (uint32_t align : {1, 2, 4, 8, 16, 32, 64}) {
    for (uint64_t size : {1, 3, 64, 1000, 5000, 100000}) {
      uint8_t *memory = alloc(size, align);
      ASSERT_NE(memory, nullptr);
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % align, 0U);
      std::memset(memory, 0xab, size);
      if (last != nullptr) {
        EXPECT_EQ(*last, 0xab);
      }
      last = memory;
    }
  }
}

TEST_F(ArenaTest, AnAlignmentThatIsNoneIsRefused) {
  for (uint32_t align : {0U, 3U, 65U, 128U, UINT32_MAX}) EXPECT_EQ(alloc(8, align), nullptr) << align;
}

TEST_F(ArenaTest, TheLimitIsExactAndEndsWithTheReset) {
  EXPECT_EQ(alloc(Arena::kLimit + 1), nullptr);
  EXPECT_EQ(alloc(UINT64_MAX), nullptr);
  ASSERT_NE(alloc(Arena::kLimit - 100), nullptr);
  EXPECT_EQ(alloc(101), nullptr);
  ASSERT_NE(alloc(100), nullptr);
  EXPECT_EQ(alloc(1), nullptr);
  arena.reset();
  EXPECT_EQ(pool.in_use(), 0U);
  EXPECT_NE(alloc(1), nullptr);
}

TEST_F(ArenaTest, KnowsItsOwnMemoryToTheByte) {
  uint8_t *first = alloc(10);
  uint8_t *far = alloc(100000);
  EXPECT_TRUE(arena.holds(first, 10));
  EXPECT_TRUE(arena.holds(far, 100000));
  EXPECT_TRUE(arena.holds(far + 99999, 1));
  EXPECT_FALSE(arena.holds(far, 100001 + 64));
  EXPECT_FALSE(arena.holds(far, SIZE_MAX));
  uint8_t other = 0;
  EXPECT_FALSE(arena.holds(&other, 1));
  EXPECT_FALSE(arena.holds(nullptr, 1));
  arena.reset();
  EXPECT_FALSE(arena.holds(first, 1));
}

// 64 MiB in pieces of 16 bytes: asked chunk by chunk from the oldest on, each would be looked for in all of them.
TEST_F(ArenaTest, KnowsEachOfMillionsOfPiecesInNoTime) {
  std::vector<uint8_t *> pieces;
  while (uint8_t *piece = alloc(16)) pieces.push_back(piece);
  ASSERT_EQ(pieces.size(), Arena::kLimit / 16);
  size_t chunks = 1;
  for (size_t i = 1; i < pieces.size(); ++i) chunks += pieces[i] == pieces[i - 1] + 16 ? 0 : 1;
  EXPECT_LT(chunks, 1100U);
  for (uint8_t *piece : pieces) ASSERT_TRUE(arena.holds(piece, 16));
  for (size_t i = pieces.size(); i > 0; i -= 4096) ASSERT_TRUE(arena.holds(pieces[i - 1], 16));
  EXPECT_FALSE(arena.holds(pieces[0] - 1, 16));
}

}  // namespace
}  // namespace weir
