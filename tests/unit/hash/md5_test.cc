// All of MD5's digest, of which the hash shows only the first word.
#include <gtest/gtest.h>

#include "plugins/hash/hashes.h"
#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

std::string digest_hex(std::string_view message) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const uint32_t word : hash::md5_words(bytes(message).ptr, message.size())) {
    for (int shift = 0; shift < 32; shift += 8) {
      hex += kDigits[word >> (shift + 4) & 15];
      hex += kDigits[word >> shift & 15];
    }
  }
  return hex;
}

TEST(Md5, GivesTheDigestsOfRfc1321) {
  EXPECT_EQ(digest_hex(""), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(digest_hex("a"), "0cc175b9c0f1b6a831c399e269772661");
  EXPECT_EQ(digest_hex("abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_hex("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
  EXPECT_EQ(digest_hex("abcdefghijklmnopqrstuvwxyz"), "c3fcd3d76192e4007dfb496cca67e13b");
  EXPECT_EQ(digest_hex("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"),
            "d174ab98d277d9f5a5611c2c9f419d9f");
  EXPECT_EQ(digest_hex("12345678901234567890123456789012345678901234567890123456789012345678901234567890"),
            "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, FourPointsOfTheRingComeFromOneDigest) {
  const std::string_view text = "s1-0";
  const std::array<uint32_t, 4> points = {2552657483, 1157647224, 1121488067, 2594506519};
  EXPECT_EQ(hash::md5_words(bytes(text).ptr, text.size()), points);
}

}  // namespace
}  // namespace weir::test
