#include "core/message/inbox.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace weir {
namespace {

// Messages "<8 bytes of length, little-endian><that many bytes>", read as a connection reads: its parser never looks at
// a byte twice, and says a message's size as soon as it knows it when `announces` is set.
class Reader {
 public:
  Reader(size_t window_size, bool announces) : memory_(window_size), announces_(announces) {
    window_ = {memory_.data(), memory_.size()};
  }
  ~Reader() { inbox.clear(pool); }

  // Takes at most n bytes of the stream, as one read would; how many it took.
  size_t read(std::string_view stream, size_t n) {
    Inbox::Span room = inbox.prepare(pool, window_);
    EXPECT_GT(room.len, 0U) << "a read of nothing looks like the end";
    n = std::min({n, room.len, stream.size()});
    std::memcpy(room.data, stream.data(), n);
    most_in_use = std::max(most_in_use, pool.in_use());
    parse(inbox.received(pool, window_, n));
    std::fill(memory_.begin(), memory_.end(), uint8_t{0xee});  // others use the window, too
    return n;
  }

  ChunkPool pool;
  Inbox inbox;
  std::vector<std::string> messages;
  size_t most_in_use = 0;

 private:
  void parse(Inbox::Span all) {
    size_t start = 0, position = inbox.resume();
    while (true) {
      if (position - start < 8) {
        if (all.len < start + 8) return inbox.keep(pool, all, start, 0, 0);
        std::memcpy(&length_, all.data + start, 8);
      }
      size_t end = start + 8 + length_;
      if (end > all.len) return inbox.keep(pool, all, start, 8 + length_, announces_ ? 8 + length_ : 0);
      messages.emplace_back(reinterpret_cast<char *>(all.data + start + 8), length_);
      start = position = end;
      if (start == all.len) return inbox.keep(pool, all, start, 0, 0);
    }
  }
  std::vector<uint8_t> memory_;
  Window window_;
  bool announces_;
  uint64_t length_ = 0;
};

std::string message_of(const std::string &body) {
  uint64_t length = body.size();
  return std::string(reinterpret_cast<const char *>(&length), 8) + body;
}

TEST(Inbox, RandomStreamsComeThroughWholeInReadsOfAnySize) {
  for (uint32_t seed = 0; seed < 24; ++seed) {
    srandom(seed);
    Reader reader(seed % 3 == 0 ? 4096 : 128 << 10, seed % 2 == 0);
    std::vector<std::string> expected;
    std::string stream;
    for (int i = 0; i < 30; ++i) {
      size_t most = random() % 12 == 0 ? 400000 : (random() % 4 == 0 ? 20000 : 200);
      std::string body(static_cast<size_t>(random()) % most, 0);
      for (char &c : body) c = static_cast<char>(random());
      expected.push_back(body);
      stream += message_of(body);
    }
    size_t step = std::vector<size_t>{1 << 20, 65536, 3000, 100}[seed % 4];
    for (size_t at = 0; at < stream.size();) {
      at += reader.read(std::string_view(stream).substr(at), 1 + static_cast<size_t>(random()) % step);
    }
    ASSERT_EQ(reader.messages.size(), expected.size()) << "seed " << seed;
    ASSERT_TRUE(reader.messages == expected) << "seed " << seed;
    EXPECT_EQ(reader.inbox.held(), 0U);
    EXPECT_EQ(reader.pool.in_use(), 0U) << "a connection without an unfinished message holds nothing";
  }
}

TEST(Inbox, MemoryFollowsWhatArrivesAndNotWhatWasAnnounced) {
  for (bool announces : {false, true}) {
    Reader reader(128 << 10, announces);
    std::string head = message_of("");
    uint64_t length = 512ULL << 20;
    std::memcpy(head.data(), &length, 8);
    reader.read(head + std::string(1024, 'x'), 8 + 1024);
    EXPECT_LT(reader.pool.in_use(), 8U << 10);
    std::string more(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) {
      reader.read(more, 10000);
      ASSERT_LE(reader.pool.in_use(), 2 * (reader.inbox.held() + Inbox::kMostAtOnce)) << i;
    }
  }
}

TEST(Inbox, ALargeMessageHasAChunkOfItsOwnThatCanBeTaken) {
  ChunkPool pool;
  std::vector<uint8_t> memory(64 << 10);
  Window window{memory.data(), memory.size()};
  Inbox inbox;
  constexpr size_t kSize = 100000;
  size_t have = 0;
  while (have < kSize) {
    Inbox::Span room = inbox.prepare(pool, window);
    size_t n = std::min(room.len, kSize + 500 - have);  // the next message's first bytes are there, too
    for (size_t i = 0; i < n; ++i) room.data[i] = static_cast<uint8_t>((have + i) % 251);
    Inbox::Span all = inbox.received(pool, window, n);
    have += n;
    ASSERT_EQ(all.len, have);
    if (have < kSize) {
      inbox.keep(pool, all, 0, kSize, kSize);
    } else {
      EXPECT_EQ(all.len, kSize) << "no byte past it is read";
      ASSERT_TRUE(inbox.owns(all));
      Chunk *whole = inbox.take();
      ASSERT_EQ(whole->size(), kSize);
      for (size_t i = 0; i < kSize; ++i) ASSERT_EQ(whole->data()[i], i % 251);
      pool.put(whole);
    }
  }
  EXPECT_EQ(inbox.held(), 0U);
  EXPECT_EQ(inbox.resume(), 0U);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(Inbox, NoMoreIsReadAtOnceThanAWindowUnlessItIsNotToBeParsed) {
  ChunkPool pool;
  std::vector<uint8_t> memory(64 << 10);
  Window window{memory.data(), memory.size()};
  Inbox inbox;
  size_t have = 0, taken = 0, times_grown = 0;
  for (int i = 0; i < 80; ++i) {  // its size is not known, and all of it is looked at
    Inbox::Span room = inbox.prepare(pool, window);
    if (pool.in_use() > taken) ++times_grown;
    taken = pool.in_use();
    ASSERT_LE(room.len, window.size);
    ASSERT_GT(room.len, 0U);
    Inbox::Span all = inbox.received(pool, window, room.len);
    have += room.len;
    ASSERT_EQ(all.len, have);
    inbox.keep(pool, all, 0, have, 0);
  }
  EXPECT_GT(have, 4U << 20) << "full windows";
  EXPECT_LT(times_grown, 10U) << "each time it may be copied";
  inbox.keep(pool, inbox.again(), 0, have + 200'000, 0);
  size_t room = inbox.prepare(pool, window).len;
  EXPECT_GT(room, window.size);
  EXPECT_LE(room, window.size + 200'000);
  inbox.clear(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(Inbox, WhatWasKeptIsThereAgainFromTheUnfinishedMessageOn) {
  ChunkPool pool;
  std::vector<uint8_t> memory(64 << 10);
  Window window{memory.data(), memory.size()};
  Inbox inbox;
  EXPECT_EQ(inbox.again().len, 0U);
  Inbox::Span room = inbox.prepare(pool, window);
  std::memcpy(room.data, "0123456789", 10);
  inbox.keep(pool, inbox.received(pool, window, 10), 2, 1, 0);
  auto text = [](Inbox::Span span) { return std::string(reinterpret_cast<char *>(span.data), span.len); };
  EXPECT_EQ(text(inbox.again()), "23456789");
  EXPECT_EQ(inbox.resume(), 1U);
  inbox.keep(pool, inbox.again(), 1, 0, 0);  // little was done with: it stays where it is
  EXPECT_EQ(text(inbox.again()), "3456789");
  inbox.keep(pool, inbox.again(), 6, 0, 0);  // most was done with
  EXPECT_EQ(text(inbox.again()), "9");
  room = inbox.prepare(pool, window);
  std::memcpy(room.data, "ab", 2);
  EXPECT_EQ(text(inbox.received(pool, window, 2)), "9ab");
  inbox.keep(pool, {window.data, 3}, 3, 0, 0);
  EXPECT_EQ(inbox.again().len, 0U);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(Inbox, WhatWasReceivedElsewhereIsParsedInPlaceOrInOnePieceWithWhatIsThere) {
  ChunkPool pool;
  Inbox inbox;
  auto text = [](Inbox::Span span) { return std::string(reinterpret_cast<char *>(span.data), span.len); };
  auto span = [](std::string &bytes) { return Inbox::Span{reinterpret_cast<uint8_t *>(bytes.data()), bytes.size()}; };
  Chunk *chunk = pool.get(200);
  std::memcpy(chunk->bytes(), "0123456789", 10);
  chunk->end = 10;
  inbox.hold(chunk);
  EXPECT_EQ(inbox.again().data, chunk->bytes());
  EXPECT_FALSE(inbox.is_filled_by(chunk->bytes(), 10)) << "it has room for much more";
  inbox.keep(pool, inbox.again(), 3, 2, 0);
  std::string more = "ab", much(3000, 'x');
  inbox.add(pool, span(more));
  EXPECT_EQ(text(inbox.again()), "3456789ab");
  EXPECT_EQ(inbox.resume(), 2U);
  inbox.add(pool, span(much));
  EXPECT_EQ(text(inbox.again()), "3456789ab" + much);
  inbox.done(pool);
  inbox.add(pool, span(much));
  EXPECT_EQ(text(inbox.again()), much);
  EXPECT_TRUE(inbox.is_filled_by(inbox.again().data, 3000));
  EXPECT_FALSE(inbox.is_filled_by(inbox.again().data, 2999));
  inbox.clear(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

}  // namespace
}  // namespace weir
