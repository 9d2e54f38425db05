#include "core/base/text.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("lisetn", {"listen", "servers", "timeout"}), "listen");
  EXPECT_EQ(nearest("server", {"listen", "servers", "timeout"}), "servers");
}

TEST(Nearest, TakesTheBeginningOfAWordForTheWord) {
  EXPECT_EQ(nearest("fnv", {"md5", "fnv1a_64"}), "fnv1a_64");
}

TEST(Nearest, SaysNothingWhenNothingIsNear) {
  EXPECT_EQ(nearest("banana", {"listen", "hash"}), "");
}

TEST(Join, PutsTheSeparatorOnlyBetween) {
  EXPECT_EQ(join({}), "");
  EXPECT_EQ(join({"a"}), "a");
  EXPECT_EQ(join({"a", "b", "c"}, "|"), "a|b|c");
}

TEST(ParseDecimal, TakesDigitsOnly) {
  uint64_t value = 7;
  EXPECT_TRUE(parse_decimal("18446744073709551615", value));
  EXPECT_EQ(value, UINT64_MAX);
  for (const char *bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1.0"}) EXPECT_FALSE(parse_decimal(bad, value)) << bad;
}

TEST(ParseDecimal, RefusesWhatDoesNotFit) {
  uint64_t value = 7;
  EXPECT_FALSE(parse_decimal("18446744073709551616", value));
  EXPECT_FALSE(parse_decimal("99999999999999999999999", value));
  EXPECT_EQ(value, 7u) << "a refused number must not be half taken";
}

TEST(ParseSize, KnowsItsUnits) {
  uint64_t bytes = 0;
  EXPECT_TRUE(parse_size("512", bytes));
  EXPECT_EQ(bytes, 512u);
  EXPECT_TRUE(parse_size("64k", bytes));
  EXPECT_EQ(bytes, 65536u);
  EXPECT_TRUE(parse_size("8m", bytes));
  EXPECT_EQ(bytes, 8u << 20);
  EXPECT_TRUE(parse_size("1g", bytes));
  EXPECT_EQ(bytes, 1u << 30);
}

TEST(ParseSize, RefusesUnknownUnitsAndOverflow) {
  uint64_t bytes = 0;
  for (const char *bad : {"", "k", "1kb", "1 k", "-1k", "17179869184g"}) EXPECT_FALSE(parse_size(bad, bytes)) << bad;
}

TEST(ParseDuration, ABareNumberIsMilliseconds) {
  uint64_t us = 0;
  EXPECT_TRUE(parse_duration_us("250", us));
  EXPECT_EQ(us, 250'000u);
  EXPECT_TRUE(parse_duration_us("250ms", us));
  EXPECT_EQ(us, 250'000u);
  EXPECT_TRUE(parse_duration_us("10us", us));
  EXPECT_EQ(us, 10u);
  EXPECT_TRUE(parse_duration_us("5m", us));
  EXPECT_EQ(us, 300'000'000u);
  EXPECT_FALSE(parse_duration_us("5d", us));
}

TEST(FormatSizeAndDuration, AreReadBackAsWritten) {
  for (uint64_t n : {0ul, 1ul, 1000ul, 1024ul, 1536ul, 65536ul, 3ul << 30, (1ul << 30) + 1}) {
    uint64_t back = ~n;
    EXPECT_TRUE(parse_size(format_size(n), back)) << format_size(n);
    EXPECT_EQ(back, n);
    EXPECT_TRUE(parse_duration_us(format_duration_us(n), back)) << format_duration_us(n);
    EXPECT_EQ(back, n);
  }
  EXPECT_EQ(format_size(65536), "64k");
  EXPECT_EQ(format_duration_us(30'000'000), "30s");
}

TEST(JsonEscape, LeavesNothingThatEndsAString) {
  EXPECT_EQ(json_escape("plain"), "plain");
  EXPECT_EQ(json_escape("a\"b\\c"), "a\\\"b\\\\c");
  EXPECT_EQ(json_escape(std::string_view("\n\0\x1f", 3)), "\\u000a\\u0000\\u001f");
}

}  // namespace
}  // namespace weir
