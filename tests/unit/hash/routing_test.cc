// Every routing observed on nutcracker 0.5.0, asked of the built plugin the way the core asks it. The format of the
// file is described in tests/golden/README.md.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <sstream>

#include "tests/unit/hash/plugin_file.h"

namespace weir::test {
namespace {

struct Case {
  std::string id, hash, distribution, tag;
  std::vector<Server> servers;
  std::vector<size_t> asked;  // numbers of keys
  std::string chosen;         // a digit for each
};

struct Golden {
  size_t key_count = 0, case_count = 0, row_count = 0;  // as the file says
  std::vector<std::string> keys;
  std::vector<Case> cases;
};

std::string from_hex(const std::string &hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

// "ip:port:weight" or "ip:port:weight name". Without a name a server is ip:port, or ip alone on port 11211.
Server read_server(const std::string &entry) {
  const size_t space = entry.find(' ');
  const std::string address = entry.substr(0, space);
  const size_t weight_at = address.rfind(':'), port_at = address.rfind(':', weight_at - 1);
  const bool standard_port = address.substr(port_at + 1, weight_at - port_at - 1) == "11211";
  Server server;
  server.weight = static_cast<uint32_t>(std::stoul(address.substr(weight_at + 1)));
  server.name =
      space != std::string::npos ? entry.substr(space + 1) : address.substr(0, standard_port ? port_at : weight_at);
  return server;
}

std::vector<Server> read_servers(const std::string &list) {
  std::vector<Server> servers;
  std::istringstream in(list);
  for (std::string entry; std::getline(in, entry, ',');) servers.push_back(read_server(entry));
  return servers;
}

std::vector<size_t> read_ranges(std::istringstream &in) {
  std::vector<size_t> numbers;
  for (std::string range; in >> range;) {
    const size_t dash = range.find('-');
    const size_t first = std::stoul(range);
    const size_t last = dash == std::string::npos ? first : std::stoul(range.substr(dash + 1));
    for (size_t i = first; i <= last; ++i) numbers.push_back(i);
  }
  return numbers;
}

void read_line(const std::string &line, Golden &golden) {
  std::istringstream in(line);
  std::string word, rest;
  in >> word;
  if (word == "#") return;
  if (word == "keys") {
    in >> golden.key_count >> word >> golden.case_count >> word >> golden.row_count;
  } else if (word == "key") {
    in >> rest;
    golden.keys.push_back(from_hex(rest));
  } else if (word == "case") {
    Case &c = golden.cases.emplace_back();
    in >> c.id >> c.hash >> c.distribution >> c.tag;
  } else if (word == "servers") {
    golden.cases.back().servers = read_servers(line.substr(word.size() + 1));
  } else if (word == "ejected") {
    in >> rest;
    if (rest != "-") golden.cases.back().servers.at(std::stoul(rest)).alive = false;
  } else if (word == "asked") {
    golden.cases.back().asked = read_ranges(in);
  } else if (word == "chosen") {
    in >> golden.cases.back().chosen;
  } else {
    throw std::runtime_error("unexpected line in " WEIR_GOLDEN_ROUTING ": " + line);
  }
}

const Golden &golden() {
  static const Golden read = [] {
    std::ifstream file(WEIR_GOLDEN_ROUTING);
    if (!file) throw std::runtime_error("cannot read " WEIR_GOLDEN_ROUTING);
    Golden g;
    for (std::string line; std::getline(file, line);) read_line(line, g);
    return g;
  }();
  return read;
}

// What lies between the first opening character and the first closing one after it, unless that is nothing.
std::string_view tagged_part(std::string_view key, const std::string &tag) {
  if (tag == "-") return key;
  const size_t open = key.find(tag[0]);
  if (open == std::string_view::npos) return key;
  const size_t close = key.find(tag[1], open + 1);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::vector<uint32_t> route(const Case &c) {
  if (c.servers.size() == 1) return std::vector<uint32_t>(c.asked.size(), 0);
  std::vector<weir_bytes> keys;
  for (const size_t number : c.asked) keys.push_back(bytes(tagged_part(golden().keys.at(number), c.tag)));
  std::vector<uint64_t> hashes(keys.size());
  const weir_scope scope = scope_of();
  hash_named(c.hash).run(&scope, keys.data(), static_cast<uint32_t>(keys.size()), hashes.data());
  return Ring(c.distribution, c.servers).select(hashes);
}

TEST(GoldenRouting, TheFileIsWhole) {
  size_t rows = 0;
  for (const Case &c : golden().cases) {
    ASSERT_EQ(c.asked.size(), c.chosen.size()) << c.id;
    rows += c.asked.size();
  }
  EXPECT_EQ(golden().keys.size(), golden().key_count);
  EXPECT_EQ(golden().cases.size(), golden().case_count);
  EXPECT_EQ(rows, golden().row_count);
  EXPECT_EQ(rows, 36'525u);
}

TEST(GoldenRouting, EveryKeyGoesWhereNutcrackerSentIt) {
  size_t checked = 0;
  for (const Case &c : golden().cases) {
    const std::vector<uint32_t> chosen = route(c);
    ASSERT_EQ(chosen.size(), c.chosen.size());
    for (size_t i = 0; i < chosen.size(); ++i, ++checked) {
      EXPECT_EQ(chosen[i], static_cast<uint32_t>(c.chosen[i] - '0'))
          << "case " << c.id << ", " << c.hash << " with " << c.distribution << ", key number " << c.asked[i];
    }
  }
  EXPECT_EQ(checked, golden().row_count);
}

TEST(GoldenRouting, EjectionsAreAmongTheCases) {
  size_t ejected = 0;
  for (const Case &c : golden().cases) {
    for (const Server &server : c.servers) ejected += !server.alive;
  }
  EXPECT_EQ(ejected, 40u);
}

}  // namespace
}  // namespace weir::test
