#include "core/buffer/landing.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>

namespace weir {
namespace {

std::string text_of(size_t from, size_t len) {
  std::string text(len, 0);
  for (size_t i = 0; i < len; ++i) text[i] = static_cast<char>((from + i) * 31 + (from + i) / 251);
  return text;
}

std::string content(const Chain &chain) {
  iovec pieces[64];
  std::string all;
  int n = chain.gather(pieces, 64);
  for (int i = 0; i < n; ++i) all.append(static_cast<const char *>(pieces[i].iov_base), pieces[i].iov_len);
  return all;
}

// As readv(2) would fill it.
void fill(const Landing &room, std::string_view text) {
  for (int i = 0; i < room.count() && !text.empty(); ++i) {
    size_t part = std::min(room.pieces()[i].iov_len, text.size());
    std::memcpy(room.pieces()[i].iov_base, text.data(), part);
    text.remove_prefix(part);
  }
  ASSERT_TRUE(text.empty()) << "there is less room than said";
}

TEST(Landing, WhateverArrivesIsTheChainsUpToWhatWasAskedFor) {
  constexpr size_t kChunk = Chain::kMost;
  const size_t before[] = {0, 1, 100, 4000, kChunk - 1, kChunk};
  const size_t wanted[] = {1, 2000, kChunk - 1, kChunk, kChunk + 1, 2 * kChunk, Landing::kMost - 1, Landing::kMost};
  for (size_t had : before) {
    for (size_t want : wanted) {
      for (size_t came : {size_t{0}, size_t{1}, size_t{3000}, want / 2, want - 1, want, want + 1, want + 700}) {
        if (came > want + 1000) continue;
        ChunkPool pool;
        Chain chain;
        if (had > 0) chain.append(pool, text_of(0, had).data(), had);
        std::string behind(1000, 0);
        {
          Landing room(pool, chain, want);
          room.add_behind(reinterpret_cast<uint8_t *>(behind.data()), behind.size());
          fill(room, text_of(had, came));
          ASSERT_EQ(room.landed(came), came > want ? came - want : 0) << had << " " << want << " " << came;
        }
        size_t landed = std::min(came, want);
        ASSERT_EQ(chain.size(), had + landed);
        ASSERT_TRUE(content(chain) == text_of(0, had + landed)) << had << " " << want << " " << came;
        if (came > want) {
          ASSERT_TRUE(behind.compare(0, came - want, text_of(had + want, came - want)) == 0);
        }
        chain.clear(pool);
        ASSERT_EQ(pool.in_use(), 0U);
      }
    }
  }
}

TEST(Landing, NoMoreIsReadAtOnceThanItsBound) {
  ChunkPool pool;
  Chain chain;
  Landing room(pool, chain, 10 << 20);
  size_t sum = 0;
  for (int i = 0; i < room.count(); ++i) sum += room.pieces()[i].iov_len;
  EXPECT_EQ(sum, Landing::kMost);
}

TEST(Landing, MemoryFollowsWhatArrives) {
  for (size_t step : {1, 100, 2000, 10'000, 50'000}) {
    ChunkPool pool;
    Chain chain;
    std::string expected;
    for (int i = 0; i < 60; ++i) {
      Landing room(pool, chain, 1 << 20);
      std::string text = text_of(expected.size(), step);
      fill(room, text);
      ASSERT_EQ(room.landed(step), 0U);
      expected += text;
      ASSERT_LE(pool.in_use(), 4 * expected.size() + 256) << "after " << i + 1 << " times " << step;
    }
    EXPECT_TRUE(content(chain) == expected) << step;
    chain.clear(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST(Landing, WhatWasNotReadLeavesNoTrace) {
  ChunkPool pool;
  Chain chain;
  { Landing room(pool, chain, 100'000); }
  EXPECT_FALSE(chain.holds_memory());
  EXPECT_EQ(pool.in_use(), 0U);
}

}  // namespace
}  // namespace weir
