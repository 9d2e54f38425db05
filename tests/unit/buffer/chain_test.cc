#include "core/buffer/chain.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace weir {
namespace {

std::string text_of(const Chain &chain, int max = 100000) {
  std::vector<iovec> pieces(static_cast<size_t>(max));
  int n = chain.gather(pieces.data(), max);
  std::string all;
  for (int i = 0; i < n; ++i)
    all.append(static_cast<char *>(pieces[static_cast<size_t>(i)].iov_base), pieces[static_cast<size_t>(i)].iov_len);
  return all;
}

std::string pattern(size_t n, size_t seed = 0) {
  std::string text(n, 0);
  for (size_t i = 0; i < n; ++i) text[i] = static_cast<char>('a' + (i * 31 + seed) % 26);
  return text;
}

struct ChainTest : ::testing::Test {
  ~ChainTest() override { EXPECT_EQ(pool.in_use(), 0U) << "the chain was not cleared"; }
  Chunk *chunk_of(const std::string &text) {
    Chunk *chunk = pool.get(text.size());
    std::memcpy(chunk->bytes(), text.data(), text.size());
    chunk->end = text.size();
    return chunk;
  }
  ChunkPool pool;
};

TEST_F(ChainTest, WhatIsAppendedComesOutInOrder) {
  Chain chain;
  std::string all;
  for (size_t n : {0, 1, 100, 5000, 100000, 3, 70000, 1}) {
    std::string piece = pattern(n, n);
    chain.append(pool, piece.data(), n);
    all += piece;
    EXPECT_EQ(chain.size(), all.size());
  }
  EXPECT_EQ(text_of(chain), all);
  chain.clear(pool);
  EXPECT_TRUE(chain.empty());
}

TEST_F(ChainTest, AWholeChunkIsTakenOverWithoutACopy) {
  Chain chain;
  Chunk *chunk = chunk_of(pattern(10000));
  chain.append(pool, "ab", 2);
  chain.append(chunk);
  chain.append(pool, "yz", 2);
  EXPECT_EQ(text_of(chain), "ab" + pattern(10000) + "yz");
  iovec pieces[8];
  ASSERT_GE(chain.gather(pieces, 8), 2);
  EXPECT_EQ(pieces[1].iov_base, chunk->data());
  chain.clear(pool);
}

TEST_F(ChainTest, SplicingEmptiesTheOther) {
  for (size_t n : {0, 1, 2048, 2049, 50000}) {
    Chain to, from;
    to.append(pool, "head", 4);
    std::string rest = pattern(n);
    from.append(pool, rest.data(), n);
    to.append(pool, from);
    EXPECT_TRUE(from.empty());
    EXPECT_EQ(text_of(from), "");
    EXPECT_EQ(text_of(to), "head" + rest);
    from.append(pool, "again", 5);
    EXPECT_EQ(text_of(from), "again");
    from.clear(pool);
    to.clear(pool);
  }
}

TEST_F(ChainTest, SmallPiecesThatAreSplicedShareAChunk) {
  Chain to;
  for (int i = 0; i < 100; ++i) {
    Chain from;
    from.append(pool, "0123456789", 10);
    to.append(pool, from);
  }
  iovec pieces[8];
  EXPECT_EQ(to.gather(pieces, 8), 1);
  to.clear(pool);
}

TEST_F(ChainTest, GatheringStopsAtItsBound) {
  Chain chain;
  for (int i = 0; i < 10; ++i) chain.append(chunk_of(std::string(3, static_cast<char>('0' + i))));
  EXPECT_EQ(text_of(chain, 4), "000111222333");
  EXPECT_EQ(text_of(chain, 1), "000");
  chain.consume(pool, 4);
  EXPECT_EQ(text_of(chain, 2), "11222");
  chain.clear(pool);
}

TEST_F(ChainTest, EveryNumberOfBytesCanBeTakenOff) {
  std::string all = "aaabbbbccccc";
  for (size_t n = 0; n <= all.size(); ++n) {
    Chain chain;
    for (const char *piece : {"aaa", "bbbb", "ccccc"}) chain.append(chunk_of(piece));
    chain.consume(pool, n);
    EXPECT_EQ(chain.size(), all.size() - n);
    EXPECT_EQ(text_of(chain), all.substr(n));
    chain.append(pool, "!", 1);
    EXPECT_EQ(text_of(chain), all.substr(n) + "!");
    chain.clear(pool);
  }
}

TEST_F(ChainTest, BehavesLikeAStringUnderRandomUse) {
  for (uint32_t seed = 0; seed < 30; ++seed) {
    srandom(seed);
    Chain chain;
    std::string model;
    for (int step = 0; step < 400; ++step) {
      std::string piece =
          pattern(static_cast<size_t>(random() % (random() % 8 == 0 ? 90000 : 600)), static_cast<size_t>(step));
      switch (random() % 4) {
        case 0:
          chain.append(pool, piece.data(), piece.size());
          model += piece;
          break;
        case 1:
          if (piece.empty()) break;
          chain.append(chunk_of(piece));
          model += piece;
          break;
        case 2: {
          Chain other;
          other.append(pool, piece.data(), piece.size());
          size_t off = piece.empty() ? 0 : static_cast<size_t>(random()) % piece.size();
          other.consume(pool, off);
          chain.append(pool, other);
          model += piece.substr(off);
          break;
        }
        default: {
          size_t n = model.empty() ? 0 : static_cast<size_t>(random()) % (model.size() + 1);
          chain.consume(pool, n);
          model.erase(0, n);
        }
      }
      ASSERT_EQ(chain.size(), model.size());
      if (step % 10 == 0) {
        ASSERT_EQ(text_of(chain), model) << "seed " << seed << " step " << step;
      }
    }
    chain.clear(pool);
    ASSERT_EQ(pool.in_use(), 0U);
  }
}

}  // namespace
}  // namespace weir
