// Lines of the usual shape are recognised in one pass when they are whole in the window; fed byte by byte they never
// are, and take the general way. Both must say the same about every line, good or bad.
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

// What a word can be: keys, numbers and what is nearly one.
std::vector<std::string> words() {
  std::vector<std::string> out = {"k",
                                  "0",
                                  "3",
                                  "03",
                                  "+3",
                                  "-1",
                                  "-0",
                                  "4294967295",
                                  "4294967296",
                                  "12345678901",
                                  "000000000000000000003",
                                  "18446744073709551616",
                                  "18446744073709551619",
                                  "2147483645",
                                  "2147483646",
                                  "1x",
                                  "x1",
                                  "1\t",
                                  "\t1",
                                  "\r",
                                  "a\rb",
                                  "noreply",
                                  "NOREPLY",
                                  "\x80\xff",
                                  "\x7f",
                                  "/",
                                  ":"};
  out.push_back("");
  out.push_back(std::string("a\0b", 3));
  out.push_back(std::string("\0", 1));
  for (size_t len : {7, 8, 9, 15, 16, 17, 31, 32, 33, 249, 250, 251, 252}) out.push_back(std::string(len, 'q'));
  return out;
}
const std::vector<std::string> kEnds = {"\r\n", "\n", " \r\n", "\r\r\n", " noreply\r\n", " 7\r\n", " 7 8\r\n"};

// Every word in every place of a line that is good otherwise, with every end.
std::vector<std::string> lines(const std::vector<std::string> &good) {
  std::vector<std::string> out;
  for (size_t place = 0; place < good.size(); ++place) {
    for (const std::string &word : words()) {
      for (const char *space : {" ", "  "}) {
        std::string line;
        for (size_t i = 0; i < good.size(); ++i) {
          if (i) line += i == place ? space : " ";
          line += i == place ? word : good[i];
        }
        for (const std::string &end : kEnds) out.push_back(line + end);
      }
    }
  }
  for (size_t count = 1; count <= good.size(); ++count) {
    std::string line = good[0];
    for (size_t i = 1; i < count; ++i) line += " " + good[i];
    for (const std::string &end : kEnds) out.insert(out.end(), {line + end, " " + line + end, line + " " + end});
  }
  return out;
}

std::string shown(const std::string &line) {
  std::string out;
  for (char c : line) out += c >= ' ' && c < 0x7f ? std::string(1, c) : "\\" + std::to_string(static_cast<uint8_t>(c));
  return out;
}

class MemcacheUsual : public MemcacheTest {
 protected:
  void same_requests(const std::string &bytes) {
    std::vector<std::string> slow = described(driver.requests(bytes, {.cuts = every_byte(bytes.size())}));
    ASSERT_EQ(described(driver.requests(bytes)), slow) << shown(bytes);
    ASSERT_EQ(described(driver.requests(bytes, {.spare = 64})), slow) << shown(bytes);
    ASSERT_EQ(described(driver.requests(bytes, {.msg_cap = 1})), slow) << shown(bytes);
  }
  void same_replies(const std::string &bytes, const std::string &cmd, bool want_items) {
    auto said = [&](const Feed &feed) {
      return described(driver.replies(bytes, feed, 2, want_items, driver.command(cmd)));
    };
    std::vector<std::string> slow = said({.cuts = every_byte(bytes.size())});
    ASSERT_EQ(said({}), slow) << cmd << ": " << shown(bytes);
    ASSERT_EQ(said({.spare = 0}), slow) << cmd << ": " << shown(bytes);
    ASSERT_EQ(said({.msg_cap = 1}), slow) << cmd << ": " << shown(bytes);
  }
};

TEST_F(MemcacheUsual, RequestsAreTheSameWholeAndByteByByte) {
  for (const std::string &line : lines({"get", "key"})) same_requests(line + "get z\r\n");
  for (const std::string &line : lines({"gets", "key"})) same_requests(line + "get z\r\n");
  for (const std::string &line : lines({"set", "key", "0", "0", "3"})) same_requests(line + "xxx\r\nget z\r\n");
}

TEST_F(MemcacheUsual, NamesThatAreNearlyOne) {
  for (const char *name : {"ge", "get", "gett", "GET", "gets", "getss", "gat", "se", "set", "sets", "add", "cas",
                           "\x80"
                           "et",
                           "", " get", "get\t", "mget"})
    for (const char *rest : {" a\r\n", "\ta\r\n", "\r\n", "", " a 1 2 3\r\nabc\r\n", " 0 a\r\n"})
      same_requests(name + std::string(rest) + "get z\r\n");
}

TEST_F(MemcacheUsual, MultiGetsAreTheSameWholeAndByteByByte) {
  for (const std::string &word : words())
    for (const std::string &end : kEnds)
      for (const auto &line : {"get a b " + word + end, "get " + word + " a b" + end, "gets a " + word + " b" + end})
        same_requests(line + "get z\r\n");
}

TEST_F(MemcacheUsual, RepliesAreTheSameWholeAndByteByByte) {
  for (bool want_items : {false, true}) {
    for (const std::string &line : lines({"VALUE", "key", "0", "3"}))
      same_replies(line + "xxx\r\nEND\r\n", "get", want_items);
    for (const std::string &line : lines({"VALUE", "key", "0", "3", "99"}))
      same_replies("VALUE a 1 2\r\nyy\r\n" + line + "xxx\r\nEND\r\nEND\r\n", "gets", want_items);
  }
}

TEST_F(MemcacheUsual, RepliesThatTheCommandCannotGetOrThatAreNearlyOne) {
  const std::string value = "VALUE k 0 3\r\nxxx";
  const std::vector<std::string> replies = {"STORED\r\n",
                                            "STORED\n",
                                            "STORED \r\n",
                                            "STORE\r\n",
                                            "NOT_STORED\r\n",
                                            "END\r\n",
                                            "END\n",
                                            "END \r\n",
                                            "EN\r\n",
                                            "ENDS\r\n",
                                            "ERROR\r\n",
                                            "1\r\n",
                                            "STAT a b\r\nEND\r\n",
                                            "OK\r\n",
                                            "\r\n",
                                            value + "\r\nEND\r\n",
                                            value + "\r\r\nEND\r\n",
                                            value + "x\r\nEND\r\n",
                                            value + "\n\r\nEND\r\n",
                                            value + "\r\nSTORED\r\n",
                                            value + "\r\nERROR\r\n",
                                            value + "\r\n" + value + "\r\nEND\r\n",
                                            value + "\r\nEND\r",
                                            value + "\r\nEN"};
  for (const char *cmd : {"get", "set", "delete", "incr", "stats", "(other)"})
    for (const std::string &first : replies)
      for (const std::string &second : replies)
        for (bool want_items : {false, true}) same_replies(first + second, cmd, want_items);
}

// A large reply that is passed on in parts leaves nothing behind that the next replies could trip over.
TEST_F(MemcacheUsual, RepliesBehindOneThatWasPassedOnInParts) {
  const std::string small = "VALUE a 0 1\r\nx\r\nEND\r\n";
  const std::string large = "VALUE k 0 20000\r\n" + std::string(20000, 'v') + "\r\n";
  const std::string all = large + large + "END\r\n" + small + large + "END\r\n" + small;
  for (size_t step : {1000, 16384, 17000, 20019, 30000, 50000}) {
    std::vector<size_t> cuts;
    for (size_t at = step; at < all.size(); at += step) cuts.push_back(at);
    Replies parsed = driver.replies(all, {.cuts = cuts}, 4, false, driver.command("get"));
    EXPECT_EQ(parsed.status, WEIR_OK);
    uint64_t size = 0;
    std::vector<uint64_t> ends;
    for (const ParsedReply &r : parsed.list) {
      size += r.rsp.size;
      if (r.rsp.kind == WEIR_RSP_FINAL) ends.push_back(size);
    }
    const uint64_t first = 2 * large.size() + 5, third = first + small.size() + large.size() + 5;
    EXPECT_EQ(ends, (std::vector<uint64_t>{first, first + small.size(), third, third + small.size()})) << step;
  }
}

}  // namespace
}  // namespace weir::test
