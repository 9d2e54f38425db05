// Meta commands and statistics over three memcacheds, as if they were one.
#include <map>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class MemcacheMeta : public WithWorkers {
 protected:
  Memcacheds servers_ = memcacheds(3);
  Proxy proxy_{memcached_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  // One line of reply.
  std::string ask(const std::string &request) {
    client_.send(request + "\r\n");
    return client_.read_line();
  }
  std::map<std::string, std::string> stats(const std::string &what) {
    client_.send("stats" + what + "\r\n");
    std::map<std::string, std::string> out;
    for (std::string line = client_.read_line(); line != "END"; line = client_.read_line()) {
      const size_t space = line.find(' ', 5);
      EXPECT_TRUE(out.emplace(line.substr(5, space - 5), line.substr(space + 1)).second) << line;
    }
    return out;
  }
};

std::string base64(const std::string &text) {
  const char *letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = bits << 8 | (i + k < text.size() ? static_cast<uint8_t>(text[i + k]) : 0);
    for (size_t k = 0; k < 4; ++k) out += i + k <= text.size() ? letters[bits >> (18 - 6 * k) & 63] : '=';
  }
  return out;
}

TEST_P(MemcacheMeta, AnItemIsTheSameInBase64AndPlain) {
  for (int i = 0; i < 60; ++i) {
    const std::string key = "key:" + std::string(static_cast<size_t>(i % 3), 'x') + std::to_string(i);
    EXPECT_EQ(ask("ms " + key + " 2\r\nhi"), "HD");
    EXPECT_EQ(ask("mg " + base64(key) + " b s"), "HD s2") << key;
    EXPECT_EQ(ask("ms " + base64(key) + " 5 b\r\nhello"), "HD");
    EXPECT_EQ(ask("mg " + key + " s"), "HD s5");
    EXPECT_EQ(ask("md " + base64(key) + " b"), "HD");
    client_.send("get " + key + "\r\n");
    EXPECT_EQ(client_.read_memcached(), "END\r\n");
  }
  int used = 0;
  for (const auto &server : servers_) used += server->call("stats\r\n").find("STAT cmd_set 0\r\n") == std::string::npos;
  EXPECT_EQ(used, 3);
}

TEST_P(MemcacheMeta, AKeyOfAnyBytesComesBackInBase64) {
  const std::string key = base64(std::string("a \r\n\0\xff", 6)), large(100'000, 'v');
  EXPECT_EQ(ask("ms " + key + " 100000 b\r\n" + large), "HD");
  EXPECT_EQ(ask("mg " + key + " b k v"), "VA 100000 k" + key + " b");
  EXPECT_TRUE(same(large + "\r\n", client_.read_exactly(100'002)));
}

TEST_P(MemcacheMeta, LargeItemsAreTheSameInBase64AndPlain) {
  const std::string large(300'000, 'v');
  for (int i = 0; i < 8; ++i) {
    const std::string key = "large" + std::to_string(i);
    EXPECT_EQ(ask("ms " + base64(key) + " 300000 b\r\n" + large), "HD");
    EXPECT_EQ(ask("mg " + key + " s"), "HD s300000") << key;
  }
}

TEST_P(MemcacheMeta, QuietGetsOfManyServersAnswerInOrderAndMissesSayNothing) {
  std::string requests, wanted;
  for (int i = 0; i < 100; ++i) {
    const std::string key = "k" + std::to_string(i);
    requests += "ms " + key + " 3 q\r\n" + std::to_string(100 + i) + "\r\n";
    requests += "mg " + key + " v q O" + std::to_string(i) + "\r\nmg none" + key + " v q\r\n";
    wanted += "VA 3 O" + std::to_string(i) + "\r\n" + std::to_string(100 + i) + "\r\n";
  }
  client_.send(requests + "mn\r\n");
  EXPECT_EQ(wanted + "MN\r\n", client_.read_exactly(wanted.size() + 4));
  client_.send("ms a 1 q ME\r\nx\r\nms a 1 q ME\r\ny\r\nmd a q\r\nmd a q\r\nma n q N0 J5 v\r\nma n q\r\nmn\r\n");
  EXPECT_EQ(client_.read_line(), "NS");
  EXPECT_EQ(client_.read_line(), "NF");
  EXPECT_EQ(client_.read_line(), "MN");
  EXPECT_EQ(ask("ma n t"), "HD t-1");
}

TEST_P(MemcacheMeta, CountsComparesAndMarksStale) {
  EXPECT_EQ(ask("ma n N0 J10 v"), "VA 2");
  EXPECT_EQ(client_.read_line(), "10");
  EXPECT_EQ(ask("ma n D5 MD v"), "VA 1");
  EXPECT_EQ(client_.read_line(), "5");
  std::string cas = ask("mg n c").substr(4);
  EXPECT_EQ(ask("md n I C" + cas), "HD");
  EXPECT_THAT(ask("mg n s"), StartsWith("HD s2 X W"));  // memcached keeps the width of a number that became shorter
  EXPECT_EQ(ask("ms n 1 C" + cas + "\r\n7"), "EX");
  EXPECT_THAT(ask("me n"), StartsWith("ME n exp=-1 "));
  EXPECT_EQ(ask("me none"), "EN");
}

TEST_P(MemcacheMeta, BadDataAndBadLinesLeaveTheConnectionInOrder) {
  EXPECT_EQ(ask("ms a 2\r\ntoolong"), "CLIENT_ERROR bad data chunk");
  EXPECT_EQ(client_.read_line(), "ERROR");  // "ong", as a server reads it
  EXPECT_EQ(ask("mg a v v"), "CLIENT_ERROR duplicate flag");
  EXPECT_EQ(ask("mg a !"), "CLIENT_ERROR invalid flag");
  EXPECT_EQ(ask("mg a= b"), "CLIENT_ERROR error decoding key");
  EXPECT_EQ(ask("ms a 2 MX\r\nhi"), "CLIENT_ERROR invalid mode for ms M token");
  EXPECT_EQ(ask("mg " + std::string(251, 'k')), "CLIENT_ERROR bad command line format");
  EXPECT_EQ(ask("mn"), "MN");
}

TEST_P(MemcacheMeta, StatisticsAreThoseOfAllServers) {
  for (int i = 0; i < 60; ++i) EXPECT_EQ(ask("set k" + std::to_string(i) + " 0 0 1\r\nx"), "STORED");
  auto all = stats("");
  EXPECT_EQ(all["curr_items"], "60");
  EXPECT_EQ(all["cmd_set"], "60");
  EXPECT_EQ(all["limit_maxbytes"], std::to_string(3 * std::stoll(stats(" settings")["maxbytes"])));
  EXPECT_EQ(stats(" items")["items:1:number"], "60");
  EXPECT_EQ(stats(" slabs")["1:used_chunks"], "60");
  EXPECT_EQ(ask("stats reset"), "RESET");
  EXPECT_EQ(stats("")["cmd_set"], "0");
  EXPECT_EQ(ask("stats detail on"), "OK");
  EXPECT_EQ(ask("stats nosuch"), "ERROR");
  EXPECT_EQ(ask("flush_all"), "OK");
  EXPECT_EQ(stats("")["cmd_flush"], "3");
}

TELL_WITH_WORKERS(MemcacheMeta);

}  // namespace
}  // namespace weir::test
