#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/buffer/chunk.h"

namespace weir {
namespace {

void fill(Chunk *chunk, size_t n) {
  for (size_t i = 0; i < n; ++i) chunk->bytes()[i] = static_cast<uint8_t>(i * 7);
  chunk->end = n;
}

bool filled(const Chunk *chunk, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    if (chunk->bytes()[i] != static_cast<uint8_t>(i * 7)) return false;
  }
  return true;
}

TEST(ChunkPool, ABlockHasTheRoomThatWasAskedForAndIsEmpty) {
  ChunkPool pool;
  for (size_t room : {size_t{0}, size_t{1}, size_t{1000}, size_t{1024}, size_t{4000}, size_t{16384}, size_t{65536},
                      size_t{1} << 20}) {
    Chunk *chunk = pool.get(room);
    EXPECT_GE(chunk->room(), room);
    EXPECT_EQ(chunk->size(), 0U);
    std::memset(chunk->bytes(), 1, chunk->cap);
    pool.put(chunk);
  }
}

TEST(ChunkPool, ClassesAreExactAtTheirBounds) {
  ChunkPool pool;
  for (uint32_t c = 0; c < ChunkPool::kClasses; ++c) {
    size_t room = ChunkPool::kClassBytes[c] - sizeof(Chunk);
    Chunk *fits = pool.get(room), *over = pool.get(room + 1);
    EXPECT_EQ(fits->size_class, c);
    EXPECT_EQ(fits->cap, room);
    EXPECT_EQ(over->size_class, c + 1);
    pool.put(fits);
    pool.put(over);
  }
}

TEST(ChunkPool, AReusedBlockIsEmptyAgain) {
  ChunkPool pool;
  Chunk *first = pool.get(100);
  fill(first, 50);
  first->begin = 20;
  pool.put(first);
  Chunk *second = pool.get(100);
  EXPECT_EQ(second, first);
  EXPECT_EQ(second->begin, 0U);
  EXPECT_EQ(second->size(), 0U);
  EXPECT_EQ(second->next, nullptr);
  pool.put(second);
}

TEST(ChunkPool, GrowingKeepsTheBytesAndTheirPlace) {
  ChunkPool pool;
  for (size_t from : {100, 3000, 60000, 100000, 1000000}) {
    Chunk *chunk = pool.get(from);
    fill(chunk, from);
    chunk->begin = from / 3;
    for (size_t total : {from + 1, from * 3, from * 20}) {
      chunk = pool.grow(chunk, total);
      EXPECT_GE(chunk->cap, total);
      EXPECT_EQ(chunk->begin, from / 3);
      EXPECT_EQ(chunk->end, from);
      EXPECT_TRUE(filled(chunk, from));
      EXPECT_EQ(pool.in_use(), chunk->cap);
    }
    pool.put(chunk);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST(ChunkPool, GrowingWhatIsLargeEnoughChangesNothing) {
  ChunkPool pool;
  Chunk *chunk = pool.get(100);
  EXPECT_EQ(pool.grow(chunk, chunk->cap), chunk);
  pool.put(chunk);
}

TEST(ChunkPool, WhatIsInUseIsCountedToTheByteUnderAnyUse) {
  ChunkPool pool;
  std::vector<Chunk *> held;
  srandom(7);
  for (int i = 0; i < 20000; ++i) {
    long what = random() % 4;
    if (what < 2 || held.empty()) {
      held.push_back(pool.get(static_cast<size_t>(random() % (random() % 20 == 0 ? 300000 : 5000))));
    } else {
      auto at = static_cast<size_t>(random()) % held.size();
      if (what == 2) {
        pool.put(held[at]);
        held[at] = held.back();
        held.pop_back();
      } else {
        held[at] = pool.grow(held[at], held[at]->cap + static_cast<size_t>(random() % 5000));
      }
    }
    if (i % 1000 == 0) pool.trim();
    size_t sum = 0;
    if (i % 97 == 0) {
      for (Chunk *chunk : held) sum += chunk->cap;
      ASSERT_EQ(pool.in_use(), sum);
    }
  }
  for (Chunk *chunk : held) pool.put(chunk);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(ChunkPool, TrimmingFreesOnlyWhatWasNotNeededSinceTheLastTime) {
  ChunkPool pool;
  std::vector<Chunk *> held;
  for (int i = 0; i < 10; ++i) held.push_back(pool.get(100));
  for (Chunk *chunk : held) pool.put(chunk);
  EXPECT_FALSE(pool.trim()) << "all ten were in use since the start";
  Chunk *needed[3] = {pool.get(100), pool.get(100), pool.get(100)};
  for (Chunk *chunk : needed) pool.put(chunk);
  EXPECT_TRUE(pool.trim()) << "seven lay idle all the time";
  std::vector<Chunk *> left{pool.get(100), pool.get(100), pool.get(100)};
  for (Chunk *chunk : left) pool.put(chunk);
  EXPECT_FALSE(pool.trim()) << "the three were needed";
  EXPECT_TRUE(pool.trim());
  EXPECT_FALSE(pool.trim()) << "nothing is left";
}

TEST(ChunkPool, LargeBlocksGoBackToTheSystemOnceNoMoreOfThemCome) {
  ChunkPool pool;
  for (int second = 0; second < 3; ++second) {
    pool.put(pool.get(1 << 20));
    EXPECT_FALSE(pool.trim()) << "the next one is made of the last";
  }
  EXPECT_TRUE(pool.trim());
  EXPECT_FALSE(pool.trim()) << "once is enough";
}

}  // namespace
}  // namespace weir
