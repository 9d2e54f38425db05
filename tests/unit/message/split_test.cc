#include "core/message/split.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace weir {
namespace {

weir_bytes bytes_of(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}
std::string text_of(weir_bytes bytes) {
  return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

TEST(Split, CopiesKeysAndMessageSoThatTheWindowMayGo) {
  ChunkPool pool;
  for (uint32_t n : {0U, 1U, 2U, 3U, 7U, 1000U}) {
    std::vector<std::string> keys;
    for (uint32_t i = 0; i < n; ++i) keys.push_back(std::string(i % 13, 'k') + std::to_string(i));
    if (n > 2) keys[2].clear();
    std::vector<weir_bytes> views;
    for (auto &key : keys) views.push_back(bytes_of(key));
    std::string message = "the request";
    Split *split = Split::make(pool, 3, n > 0 ? views.data() : nullptr, n, bytes_of(message));
    std::vector<std::string> expected = keys;
    for (auto &key : keys) std::fill(key.begin(), key.end(), 'x');
    std::fill(message.begin(), message.end(), 'x');
    EXPECT_EQ(text_of(split->message), "the request");
    for (uint32_t i = 0; i < n; ++i) {
      EXPECT_EQ(text_of(split->key_bytes[i]), expected[i]);
      split->pick[i] = split->part_of[i] = split->pos_in[i] = i;  // each array has a place of its own
    }
    for (uint32_t i = 0; i < n; ++i) {
      EXPECT_EQ(text_of(split->key_bytes[i]), expected[i]);
      EXPECT_EQ(split->pick[i] + split->part_of[i] + split->pos_in[i], 3 * i);
    }
    for (uint32_t i = 0; i < 3; ++i) EXPECT_EQ(split->parts[i].failure.status, 0U + WEIR_PART_OK);
    EXPECT_EQ(text_of(split->message), "the request");
    split->free(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }
}

TEST(Split, OfOneKeyHasWhatTheCommonOneHas) {
  ChunkPool pool;
  const std::string keys[] = {"sent", "own", ""};
  for (const std::string &sent : keys) {
    for (const std::string &message : {std::string("the request"), std::string(5000, 'm'), std::string()}) {
      std::string copied = sent;
      const weir_bytes key = bytes_of(copied), own = bytes_of(keys[1]);
      Split *split = Split::make_one(pool, key, bytes_of(message), own);
      Split *common = Split::make(pool, 1, &key, 1, bytes_of(message), &own);
      std::fill(copied.begin(), copied.end(), 'x');
      for (const Split *each : {split, common}) {
        EXPECT_EQ(text_of(each->key_bytes[0]), sent);
        EXPECT_EQ(text_of(each->client_keys[0]), "own");
        EXPECT_EQ(text_of(each->message), message);
        EXPECT_EQ(each->part_count + each->key_count, 2U);
        EXPECT_EQ(each->parts[0].failure.status, 0U + WEIR_PART_OK);
      }
      EXPECT_EQ(split->pick[0] + split->part_of[0] + split->pos_in[0], 0U);
      EXPECT_EQ(split->parts[0].pick_count, 1U);
      EXPECT_TRUE(split->parts[0].part.want_items);
      split->free(pool);
      common->free(pool);
      EXPECT_EQ(pool.in_use(), 0U);
    }
  }
}

TEST(Split, KeysMayFollowInSlices) {
  ChunkPool pool;
  std::vector<std::string> keys = {"a", "", "ccc", "dd", "e", "ffff"};
  std::vector<weir_bytes> views;
  for (auto &key : keys) views.push_back(bytes_of(key));
  Split *split = Split::make_for(pool, 1, 6, 11, {nullptr, 0});
  split->add_keys(0, views.data(), 2);
  split->add_keys(2, views.data() + 2, 1);
  split->add_keys(3, views.data() + 3, 3);
  for (uint32_t i = 0; i < 6; ++i) EXPECT_EQ(text_of(split->key_bytes[i]), keys[i]);
  EXPECT_EQ(split->next_key, split->key_bytes[0].ptr + 11);
  split->free(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

TEST(Split, ItemsOfLaterRepliesCountFromTheFirstByteOfTheFirst) {
  ChunkPool pool;
  Split *split = Split::make(pool, 2, nullptr, 0, {nullptr, 0});
  SplitPart &part = split->parts[1];
  const std::string replies[] = {"*ab,c\n", "*def\n", "+none\n", "*g\n"};
  const weir_item items[][2] = {{{1, 2, 0}, {4, 1, 0}}, {{1, 3, 0}, {}}, {{}, {}}, {{1, 1, 9}, {}}};
  const uint32_t counts[] = {2, 1, 0, 1};
  for (int i = 0; i < 4; ++i) {
    weir_rsp rsp{};
    rsp.size = replies[i].size();
    rsp.item_count = counts[i];
    Split::add_reply(pool, part, rsp, items[i]);
    for (char c : replies[i]) Split::add_bytes(pool, part, reinterpret_cast<uint8_t *>(&c), 1, 0);  // in pieces
  }
  EXPECT_EQ(part.rsp_count, 4U);
  ASSERT_EQ(part.item_count, 4U);
  const auto *all = reinterpret_cast<const weir_item *>(part.items->data());
  std::string seen;
  for (uint32_t i = 0; i < 4; ++i) seen += text_of({part.bytes->data() + all[i].off, all[i].len}) + " ";
  EXPECT_EQ(seen, "ab c def g ");
  EXPECT_EQ(all[3].user, 9U);
  EXPECT_EQ(text_of({part.bytes->data(), part.bytes->size()}), "*ab,c\n*def\n+none\n*g\n");
  const auto *rsps = reinterpret_cast<const weir_rsp *>(part.rsps->data());
  EXPECT_EQ(rsps[1].size, 5U);
  split->free(pool);
  EXPECT_EQ(pool.in_use(), 0U);
}

}  // namespace
}  // namespace weir
