#include "core/message/out_list.h"

#include <gtest/gtest.h>
#include <weir/inline.h>

#include <string>

namespace weir {
namespace {

weir_bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

struct OutListTest : ::testing::Test {
  ~OutListTest() override {
    chain.clear(pool);
    arena.reset();
    EXPECT_EQ(pool.in_use(), 0U);
  }
  weir_out *open() { return list.open(sources); }
  std::string text() {
    iovec pieces[64];
    std::string all;
    int n = chain.gather(pieces, 64);
    for (int i = 0; i < n; ++i) all.append(static_cast<char *>(pieces[i].iov_base), pieces[i].iov_len);
    return all;
  }
  void put(weir_out *out, weir_seg seg) { out->segs[out->len++] = seg; }

  ChunkPool pool;
  Arena arena{pool};
  Chain chain;
  OutList list;
  const weir_bytes sources[2] = {bytes_of("request"), bytes_of("reply!")};
};

TEST_F(OutListTest, SegmentsOfEveryKindBecomeBytesInOrder) {
  weir_out *out = open();
  auto *memory = static_cast<uint8_t *>(arena.alloc(3, 1));
  std::copy_n("mem", 3, memory);
  weir_push_lit(out, "lit-", 4);
  weir_push_ref(out, 0, 2, 5);
  weir_push_mem(out, memory, 3);
  weir_push_ref(out, 1, 5, 1);
  EXPECT_EQ(list.bytes(), 13U);
  ASSERT_TRUE(list.flatten(arena, pool, chain));
  EXPECT_EQ(text(), "lit-questmem!");
}

TEST_F(OutListTest, AReplyThatWaitsForItsTurnTakesThemToo) {
  for (size_t len : {size_t{1}, size_t{HeldReply::kSmall} - 4, size_t{HeldReply::kSmall} - 3, size_t{5000}}) {
    const std::string lit(len, 'l');
    weir_out *out = open();
    weir_push_lit(out, lit.data(), len);
    weir_push_ref(out, 0, 0, 4);
    HeldReply reply;
    ASSERT_TRUE(list.flatten(arena, pool, reply));
    EXPECT_EQ(reply.size(), len + 4);
    EXPECT_EQ(reply.holds_memory(), len + 4 > HeldReply::kSmall);
    reply.move_to(pool, chain);
    EXPECT_EQ(text(), lit + "requ");
    chain.clear(pool);
    put(open(), {WEIR_SEG_REF, 0, nullptr, 7, 1});
    EXPECT_FALSE(list.flatten(arena, pool, reply));
    EXPECT_TRUE(reply.empty());
    reply.clear(pool);
  }
}

TEST_F(OutListTest, OneIllegalSegmentRefusesAllAndAppendsNothing) {
  const auto *lit = reinterpret_cast<const uint8_t *>("literal");
  auto *memory = static_cast<uint8_t *>(arena.alloc(8, 1));
  const weir_seg illegal[] = {
      {WEIR_SEG_REF, 2, nullptr, 0, 1},
      {WEIR_SEG_REF, UINT32_MAX, nullptr, 0, 0},
      {WEIR_SEG_REF, 0, nullptr, 7, 1},
      {WEIR_SEG_REF, 0, nullptr, 0, 8},
      {WEIR_SEG_REF, 0, nullptr, UINT64_MAX, 1},
      {WEIR_SEG_REF, 0, nullptr, 1, UINT64_MAX},
      {WEIR_SEG_MEM, 0, lit, 0, 1},
      {WEIR_SEG_MEM, 0, nullptr, 0, 1},
      {WEIR_SEG_MEM, 0, memory, 0, 9},
      {WEIR_SEG_MEM, 0, memory, 0, UINT64_MAX},
      {WEIR_SEG_LIT, 0, nullptr, 0, 1},
      {0, 0, lit, 0, 1},
      {4, 0, lit, 0, 1},
  };
  for (const weir_seg &seg : illegal) {
    weir_out *out = open();
    put(out, {WEIR_SEG_LIT, 0, lit, 0, 7});
    put(out, seg);
    EXPECT_FALSE(list.flatten(arena, pool, chain)) << seg.kind << " " << seg.src << " " << seg.off << " " << seg.len;
    EXPECT_TRUE(chain.empty());
  }
}

TEST_F(OutListTest, LengthsThatWrapAroundAreNotTrusted) {
  weir_out *out = open();
  put(out, {WEIR_SEG_REF, 0, nullptr, 0, 7});
  put(out, {WEIR_SEG_LIT, 0, sources[0].ptr, 0, UINT64_MAX - 5});  // 1 byte in all
  EXPECT_FALSE(list.flatten(arena, pool, chain));
  EXPECT_TRUE(chain.empty());
}

TEST_F(OutListTest, MoreSegmentsThanThereIsRoomForAreRefusedUnread) {
  weir_out *out = open();
  put(out, {WEIR_SEG_REF, 0, nullptr, 0, 7});
  out->len = UINT32_MAX;
  EXPECT_EQ(list.bytes(), 0U);
  EXPECT_FALSE(list.flatten(arena, pool, chain));
}

TEST_F(OutListTest, GrowsAsFarAsItsBound) {
  weir_out *out = open();
  std::string expected;
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(weir_push_lit(out, &"0123456789"[i % 10], 1), WEIR_OK);
    expected += static_cast<char>('0' + i % 10);
  }
  ASSERT_TRUE(list.flatten(arena, pool, chain));
  EXPECT_EQ(chain.size(), expected.size());
  EXPECT_EQ(text(), expected);
  uint32_t cap = out->cap;
  EXPECT_EQ(out->grow(out, UINT32_MAX), WEIR_E_LIMIT);
  EXPECT_EQ(out->grow(out, OutList::kMaxSegments), WEIR_E_LIMIT);
  EXPECT_EQ(out->cap, cap);
}

TEST_F(OutListTest, PeekingStaysWithinItsSource) {
  weir_out *out = open();
  EXPECT_EQ(out->peek(out, 0, 0, 7), sources[0].ptr);
  EXPECT_EQ(out->peek(out, 1, 5, 1), sources[1].ptr + 5);
  EXPECT_NE(out->peek(out, 0, 7, 0), nullptr);
  EXPECT_EQ(out->peek(out, 2, 0, 1), nullptr);
  EXPECT_EQ(out->peek(out, 0, 0, 8), nullptr);
  EXPECT_EQ(out->peek(out, 0, 8, 0), nullptr);
  EXPECT_EQ(out->peek(out, 0, UINT64_MAX, 1), nullptr);
  EXPECT_EQ(out->peek(out, 0, 1, UINT64_MAX), nullptr);
}

TEST_F(OutListTest, OpeningForgetsTheLastCallback) {
  weir_out *out = open();
  weir_push_lit(out, "x", 1);
  out->swallow = 3;
  out->flags = WEIR_OUT_CLOSE;
  EXPECT_TRUE(list.wants_close());
  EXPECT_EQ(list.swallow(), 3U);
  open();
  EXPECT_EQ(list.bytes(), 0U);
  EXPECT_EQ(list.swallow(), 0U);
  EXPECT_FALSE(list.wants_close());
}

TEST_F(OutListTest, RoomThatALargeCallbackNeededIsNotKept) {
  uint32_t usual = open()->cap;
  weir_out *out = open();
  for (int i = 0; i < 10'000; ++i) weir_push_lit(out, "x", 1);
  EXPECT_GE(open()->cap, 10'000U) << "the next one may need it as well";
  list.trim();
  out = open();
  EXPECT_EQ(out->cap, usual);
  for (int i = 0; i < 1'000; ++i) weir_push_lit(out, "y", 1);
  ASSERT_TRUE(list.flatten(arena, pool, chain));
  EXPECT_EQ(chain.size(), 1'000U);
}

}  // namespace
}  // namespace weir
