#include "core/route/hash_tag.h"

#include <gtest/gtest.h>

#include <string>

namespace weir::route {
namespace {

std::string hashed(const std::string &key, std::string_view tag) {
  weir_bytes part = hashed_part({reinterpret_cast<const uint8_t *>(key.data()), key.size()}, tag);
  return {reinterpret_cast<const char *>(part.ptr), part.len};
}

struct Case {
  const char *key, *tag, *expected;
};

TEST(HashTag, IsWhatLiesBetweenTheFirstOpeningAndTheNextClosingCharacter) {
  const Case cases[] = {
      {"user:{42}:name", "{}", "42"},
      {"{a}", "{}", "a"},
      {"{a}{b}", "{}", "a"},
      {"x{a{b}c}", "{}", "a{b"},
      {"}{a}", "{}", "a"},
      {"}}}{a}}", "{}", "a"},
      {"a$b$c", "$$", "b"},
      {"$b$", "$$", "b"},
      {"k<1>", "<>", "1"},
      {"{ }", "{}", " "},
  };
  for (const Case &c : cases) EXPECT_EQ(hashed(c.key, c.tag), c.expected) << c.key;
}

TEST(HashTag, IsTheWholeKeyWhenNothingLiesBetween) {
  const Case cases[] = {
      {"plain", "{}", "plain"}, {"{}", "{}", "{}"},       {"{}{a}", "{}", "{}{a}"}, {"a{b", "{}", "a{b"},
      {"a}b", "{}", "a}b"},     {"a}b{c", "{}", "a}b{c"}, {"{", "{}", "{"},         {"}", "{}", "}"},
      {"a$b", "$$", "a$b"},     {"$$a$", "$$", "$$a$"},   {"{a}", "", "{a}"},       {"", "{}", ""},
  };
  for (const Case &c : cases) EXPECT_EQ(hashed(c.key, c.tag), c.expected) << c.key;
}

TEST(HashTag, BytesOfZeroAreBytesLikeAnyOther) {
  std::string key("\0{a\0b}\0", 7);
  EXPECT_EQ(hashed(key, "{}"), std::string("a\0b", 3));
}

TEST(HashTag, NothingPastTheKeyIsRead) {
  std::string text = "{ab}";
  weir_bytes part = hashed_part({reinterpret_cast<const uint8_t *>(text.data()), 3}, "{}");
  EXPECT_EQ(part.len, 3U) << "the closing character lies behind the key";
}

}  // namespace
}  // namespace weir::route
