// Where keys lie by the newer hashes and distributions. Nobody else's observations, as routing.txt's are: what was
// right by the vectors and properties of the other tests is written down, since what moves a key later loses it.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

constexpr size_t kKeys = 300;

struct Layout {
  const char *name;
  std::vector<Server> servers;
};

std::vector<Layout> layouts() {
  return {
      {"equal", {{"10.0.0.1:6379"}, {"10.0.0.2:6379"}, {"10.0.0.3:6379"}, {"10.0.0.4:6379"}, {"10.0.0.5:6379"}}},
      {"second-down",
       {{"10.0.0.1:6379"}, {"10.0.0.2:6379", 1, false}, {"10.0.0.3:6379"}, {"10.0.0.4:6379"}, {"10.0.0.5:6379"}}},
      {"weighted", {{"zeta", 1}, {"beta", 2}, {"alpha", 3}, {"delta", 1}, {"eps", 10}}},
      {"weighted-last-down", {{"zeta", 1}, {"beta", 2}, {"alpha", 3}, {"delta", 1}, {"eps", 10, false}}},
  };
}

std::vector<std::string> keys() {
  std::vector<std::string> keys;
  for (size_t i = 0; i < kKeys; ++i) {
    keys.push_back(i % 3 == 0 ? "{user:" + std::to_string(i) + "}:session" : "key:" + std::to_string(i * i));
  }
  return keys;
}

std::string digits(const std::vector<uint32_t> &chosen) {
  std::string text;
  for (const uint32_t server : chosen) text += static_cast<char>('0' + server);
  return text;
}

std::string found() {
  std::string text =
      "# Which server has a key by the newer hashes and distributions; see README.md beside this file.\n";
  for (const char *hash : {"xxh64", "murmur3", "murmur3_32", "fnv1a_64"}) {
    std::vector<uint64_t> hashes;
    for (const std::string &key : keys()) hashes.push_back(hash_of(hash_named(hash), bytes(key)));
    for (const std::string &distribution : hashing_names()) {
      const bool old = std::string(hash) == "fnv1a_64" && (distribution == "ketama" || distribution == "modula");
      for (const Layout &layout : layouts()) {
        const Ring ring(distribution, layout.servers);
        if (!old && ring.built()) {
          text.append(hash).append(" ").append(distribution).append(" ").append(layout.name).append(" ");
          text += digits(ring.select(hashes)) + "\n";
        }
      }
    }
  }
  for (const Layout &layout : layouts()) {
    const Ring ring("slots", layout.servers);
    if (ring.built())
      text.append("- slots ").append(layout.name).append(" ") += digits(ring.select_keys(keys())) + "\n";
  }
  return text;
}

TEST(Menu, KeysAreWhereTheyWere) {
  std::ifstream file(WEIR_GOLDEN_MENU);
  std::stringstream expected;
  expected << file.rdbuf();
  const std::string now = found();
  if (now == expected.str()) return;
  std::ofstream(WEIR_GOLDEN_FOUND) << now;
  FAIL() << "keys have moved: compare " WEIR_GOLDEN_MENU " and " WEIR_GOLDEN_FOUND;
}

}  // namespace
}  // namespace weir::test
