// The hashes' values, measured on nutcracker 0.5.0 (x86-64).
#include <gtest/gtest.h>

#include <array>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

struct Vector {
  std::string key;
  std::array<uint64_t, 12> values;  // in the order of hash_names()
};

const Vector kVectors[] = {
    {"a",
     {3392050242, 3111502092, 31879, 26807, 3904355907, 2248259518, 2248273036, 84696446, 3826002220, 2472816263,
      1262581116, 3768813200}},
    {"foo",
     {596015325, 3675831724, 205303702, 3187, 2356372769, 1805727027, 4275688823, 1083137555, 2851307223, 1993659431,
      3303027599, 2583187353}},
    {"hello world",
     {1045060183, 3141252702, 4060494820, 3402, 222957957, 2979073647, 37540583, 1418570095, 3582672807, 1333368947,
      1578702139, 355681275}},
    {"\xff\xfe\x80\x7a",
     {205465113, 2890430473, 225343413, 19272, 3410528094, 1565554868, 359686302, 898171764, 3139269630, 2099884028,
      656625659, 2601589519}},
    {"123456789",
     {3328923845, 2498230565, 2257596867, 19444, 3421780262, 737744598, 600231420, 605325334, 3146166556, 3841726064,
      3077965456, 427260662}},
};

TEST(HashVectors, EachHashGivesTheValueMeasuredOnNutcracker) {
  const std::vector<std::string> names = hash_names();
  for (const Vector &vector : kVectors) {
    for (size_t i = 0; i < names.size(); ++i) {
      EXPECT_EQ(hash_of(hash_named(names[i]), bytes(vector.key)), vector.values[i]) << names[i] << " of " << vector.key;
    }
  }
}

struct Fold {
  const char *hash;
  uint64_t value;
};
// From a second implementation of each algorithm, one byte at a time, that gives the vectors above.
const Fold kFolds[] = {
    {"one_at_a_time", 8606289806807882638u}, {"md5", 87578525303826479u},        {"crc16", 1515622169856709830u},
    {"crc32", 2316654164866588110u},         {"crc32a", 7203202109139184544u},   {"fnv1_64", 6389154003942136126u},
    {"fnv1a_64", 8193166342153610334u},      {"fnv1_32", 13683164526267885630u}, {"fnv1a_32", 5883329733934389726u},
    {"hsieh", 10392364763342818134u},        {"murmur", 15568192147785273923u},  {"jenkins", 6703694001807495606u},
};

TEST(HashVectors, EveryLengthTo300AgreesWithASecondImplementation) {
  for (const Fold &fold : kFolds) {
    uint64_t value = 0;
    for (size_t len = 1; len <= 300; ++len) {
      std::string key(len, '\0');
      for (size_t i = 0; i < len; ++i) key[i] = static_cast<char>(i * 167 + len * 13 + 11);
      value = value * 31 + hash_of(hash_named(fold.hash), bytes(key));
    }
    EXPECT_EQ(value, fold.value) << fold.hash;
  }
}

}  // namespace
}  // namespace weir::test
