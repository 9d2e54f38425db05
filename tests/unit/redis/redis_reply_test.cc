// How the redis plugin cuts a server's bytes into replies.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

const std::vector<std::string> &shapes() {
  static const std::vector<std::string> all = {
      "+OK\r\n",
      "-ERR wrong\r\n",
      ":42\r\n",
      ":-7\r\n",
      "$5\r\nhello\r\n",
      "$0\r\n\r\n",
      "$-1\r\n",
      "*-1\r\n",
      "*0\r\n",
      "*3\r\n$1\r\na\r\n$-1\r\n:5\r\n",
      "*2\r\n*2\r\n:1\r\n*0\r\n*1\r\n$12\r\n0123456789ab\r\n",
      "*1\r\n*1\r\n*1\r\n*1\r\n+deep\r\n",
      "_\r\n",
      "#t\r\n",
      ",3.14\r\n",
      "(123456789012345678901234567890\r\n",
      "=7\r\ntxt:abc\r\n",
      "!5\r\nERR x\r\n",
      "%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n",
      "~1\r\n+a\r\n",
      "|1\r\n+k\r\n+v\r\n:3\r\n",
      "|1\r\n+k\r\n*1\r\n+v\r\n*2\r\n:3\r\n_\r\n",
      "#f\r\n",
      ",inf\r\n",
      "%0\r\n",
      "~0\r\n",
      "*6\r\n_\r\n#t\r\n,1.5\r\n(12\r\n=5\r\ntxt:a\r\n!3\r\nERR\r\n",
      "%2\r\n$1\r\na\r\n%1\r\n+b\r\n~2\r\n:1\r\n:2\r\n_\r\n*0\r\n",
      "*2\r\n|1\r\n+k\r\n+v\r\n$1\r\na\r\n#f\r\n",
  };
  return all;
}

TEST(RedisReply, EveryShapeIsOneReplyAtEverySplitPoint) {
  RedisDriver driver;
  for (const std::string &bytes : shapes()) {
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      Feed feed;
      feed.cuts = cut == bytes.size() ? every_byte(bytes.size()) : std::vector<size_t>{cut};
      Replies got = driver.replies(bytes, feed);
      ASSERT_EQ(got.list.size(), 1u) << bytes << " cut at " << cut;
      EXPECT_EQ(got.list[0].bytes, bytes);
      EXPECT_EQ(int{got.list[0].rsp.kind}, int{WEIR_RSP_FINAL});
      EXPECT_EQ(got.left, 0u);
    }
  }
}

TEST(RedisReply, PipelinesComeOutTheSameWhateverTheWindowAndTheArray) {
  RedisDriver driver;
  std::string bytes;
  for (int i = 0; i < 3; ++i)
    for (const std::string &shape : shapes()) bytes += shape;
  for (uint32_t cap : {1u, 5u, 64u}) {
    for (size_t window : {size_t{1}, size_t{4}, size_t{31}, bytes.size()}) {
      for (bool want : {false, true}) {
        Feed feed = {{}, cap};
        for (size_t at = window; at < bytes.size(); at += window) feed.cuts.push_back(at);
        Replies got = driver.replies(bytes, feed, 100, want);
        ASSERT_EQ(got.list.size(), 3 * shapes().size());
        for (size_t i = 0; i < got.list.size(); ++i) EXPECT_EQ(got.list[i].bytes, shapes()[i % shapes().size()]);
      }
    }
  }
}

TEST(RedisReply, ElementsBecomeItemsWhereTheyAreWanted) {
  RedisDriver driver;
  std::string bytes = "*4\r\n$2\r\nab\r\n*2\r\n:1\r\n*1\r\n:2\r\n$-1\r\n:9\r\n";
  std::vector<std::string> items = {"$2\r\nab\r\n", "*2\r\n:1\r\n*1\r\n:2\r\n", "$-1\r\n", ":9\r\n"};
  for (size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_EQ(driver.replies(bytes, {{cut}}, 1, true).list.at(0).items, items) << "cut at " << cut;
  Replies slow = driver.replies(bytes, {every_byte(bytes.size())}, 1, true);
  EXPECT_EQ(slow.list.at(0).items, items);
  EXPECT_EQ(slow.list[0].raw_items[3].user, 9u);
  EXPECT_TRUE(driver.replies(bytes, {}, 1, false).list.at(0).items.empty());
}

TEST(RedisReply, ElementsOfEveryTypeOfResp3BecomeItems) {
  RedisDriver driver;
  std::vector<std::string> items = {"_\r\n",
                                    "#t\r\n",
                                    ",1.5\r\n",
                                    "(123456789012345678901234567890\r\n",
                                    "=5\r\ntxt:a\r\n",
                                    "!3\r\nERR\r\n",
                                    "%1\r\n+a\r\n~1\r\n:1\r\n",
                                    "~0\r\n",
                                    "$1\r\nx\r\n",
                                    "-ERR no\r\n"};
  for (const char *head : {"*10\r\n", "~10\r\n", "%5\r\n"}) {
    std::string bytes = head;
    for (const std::string &item : items) bytes += item;
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      Feed feed;
      feed.cuts = cut == bytes.size() ? every_byte(bytes.size()) : std::vector<size_t>{cut};
      Replies got = driver.replies(bytes, feed, 1, true);
      ASSERT_EQ(got.list.size(), 1u);
      EXPECT_EQ(got.list[0].items, items) << head << " cut at " << cut;
      EXPECT_EQ(got.list[0].rsp.flags, 0u);
    }
  }
  EXPECT_EQ(driver.replies("!10\r\nERR broken\r\n").list.at(0).rsp.flags, uint32_t{WEIR_RF_ERROR});
}

TEST(RedisReply, APushIsNoReplyHoweverItIsCut) {
  RedisDriver driver;
  std::string bytes = "+OK\r\n>3\r\n$7\r\nmessage\r\n$2\r\nch\r\n%1\r\n+a\r\n#t\r\n:1\r\n";
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    Replies got = driver.replies(bytes, {{cut}}, 2, true);
    ASSERT_EQ(got.list.size(), 3u) << cut;
    EXPECT_EQ(int{got.list[0].rsp.kind}, int{WEIR_RSP_FINAL});
    EXPECT_EQ(int{got.list[1].rsp.kind}, int{WEIR_RSP_PUSH});
    EXPECT_EQ(int{got.list[2].rsp.kind}, int{WEIR_RSP_FINAL});
  }
}

TEST(RedisReply, IntegersTravelInTheUserWord) {
  RedisDriver driver;
  EXPECT_EQ(static_cast<int64_t>(driver.replies(":-12\r\n").list.at(0).rsp.user), -12);
}

TEST(RedisReply, ErrorsAreMarkedAndOnlySomeAreTransient) {
  RedisDriver driver;
  auto flags = [&](const std::string &bytes) { return driver.replies(bytes).list.at(0).rsp.flags; };
  EXPECT_EQ(flags("-ERR x\r\n"), uint32_t{WEIR_RF_ERROR});
  EXPECT_EQ(flags("-OOM command not allowed\r\n"), uint32_t{WEIR_RF_ERROR});
  EXPECT_EQ(flags("-BUSY x\r\n"), uint32_t{WEIR_RF_ERROR});
  EXPECT_EQ(flags("-LOADING x\r\n"), uint32_t{WEIR_RF_ERROR | WEIR_RF_TRANSIENT});
  EXPECT_EQ(flags("-MASTERDOWN x\r\n"), uint32_t{WEIR_RF_ERROR | WEIR_RF_TRANSIENT | WEIR_RF_ELSEWHERE});
  EXPECT_EQ(flags("-READONLY x\r\n"), uint32_t{WEIR_RF_ERROR | WEIR_RF_ELSEWHERE});
  EXPECT_EQ(flags("$3\r\n-ER\r\n"), 0u);
  EXPECT_EQ(flags("*1\r\n-LOADING x\r\n"), 0u);
}

TEST(RedisReply, ABulkIsHandedOnBeforeItArrives) {
  RedisDriver driver;
  Replies got = driver.replies("$1000000\r\nabc");
  ASSERT_EQ(got.list.size(), 1u);
  EXPECT_EQ(got.list[0].rsp.size, 10u + 1000002u);
}

std::string big_array(size_t elements, size_t size) {
  std::string bytes = "*" + std::to_string(elements) + "\r\n";
  for (size_t i = 0; i < elements; ++i) bytes += "$" + std::to_string(size) + "\r\n" + std::string(size, 'v') + "\r\n";
  return bytes;
}

TEST(RedisReply, ALargeArrayStreamsInParts) {
  RedisDriver driver;
  for (size_t size : {size_t{10}, size_t{50000}}) {
    std::string bytes = big_array(200000 / size, size) + "+OK\r\n";
    for (size_t window : {size_t{1000}, size_t{16384}, size_t{33333}}) {
      Feed feed;
      for (size_t at = window; at < bytes.size(); at += window) feed.cuts.push_back(at);
      Replies got = driver.replies(bytes, feed);
      std::string all;
      size_t finals = 0;
      for (const ParsedReply &r : got.list) {
        all += r.bytes;
        finals += r.rsp.kind == WEIR_RSP_FINAL;
      }
      EXPECT_EQ(all, bytes);
      EXPECT_EQ(finals, 2u);
      EXPECT_GT(got.list.size(), 4u);
      EXPECT_EQ(driver.replies(bytes, feed, 2, true).list.size(), 2u);  // merge() needs it whole
    }
  }
}

TEST(RedisReply, ALineLongerThanTheWindowIsNotKeptInView) {
  RedisDriver driver;
  std::string bytes = "-ERR " + std::string(300000, 'x') + "\r\n";
  Feed feed;
  for (size_t at = 5000; at < bytes.size(); at += 5000) feed.cuts.push_back(at);
  feed.cuts.push_back(bytes.size() - 1);
  Replies got = driver.replies(bytes + "+OK\r\n", feed);
  EXPECT_FALSE(got.too_big);
  ASSERT_EQ(got.list.size(), 2u);
  EXPECT_EQ(got.list[0].bytes, bytes);
  EXPECT_EQ(got.list[0].rsp.flags, uint32_t{WEIR_RF_ERROR});
}

TEST(RedisReply, HostileFramingIsRefused) {
  RedisDriver driver;
  std::string deep;
  for (int i = 0; i < 129; ++i) deep += "*2\r\n";
  for (const std::string &bytes :
       {std::string("hello\r\n"), std::string("$x\r\n"), std::string("$-2\r\n"), std::string("*-2\r\n"),
        std::string("$99999999999999999999\r\n"), std::string("$9223372036854775807\r\n"),
        std::string("*9223372036854775807\r\n"), std::string("*4294967296\r\n"), std::string(":1x\r\n"),
        std::string("+a\rb\r\n"), std::string("$1\rxx"), std::string("\0\0\0\0", 4), deep, "$" + std::string(100, '1')})
    EXPECT_EQ(driver.replies(bytes, {every_byte(bytes.size())}).status, WEIR_E_PROTO) << bytes;
}

// As deep as a server's Lua can nest: each array is the last element of the one around it.
TEST(RedisReply, ArraysThatEndTogetherNestAsDeepAsTheyLike) {
  RedisDriver driver;
  std::string ones, twos, maps;
  for (int i = 0; i < 5000; ++i) ones += "*1\r\n", twos += "*2\r\n+a\r\n", maps += "%1\r\n+k\r\n";
  for (const std::string &bytes : {ones + "-ERR end\r\n", twos + ":1\r\n", maps + "*0\r\n"}) {
    for (size_t step : {bytes.size(), size_t{7}}) {
      Feed feed;
      for (size_t at = step; at < bytes.size(); at += step) feed.cuts.push_back(at);
      Replies got = driver.replies(bytes + "+OK\r\n", feed);
      std::string all;
      for (const ParsedReply &reply : got.list) all += reply.bytes;
      EXPECT_EQ(all, bytes + "+OK\r\n");
      ASSERT_GE(got.list.size(), 2u);
      EXPECT_EQ(got.list.back().bytes, "+OK\r\n");
      EXPECT_EQ(got.left, 0u);
    }
  }
}

TEST(RedisReply, PushMessagesAreNoReplies) {
  RedisDriver driver;
  Replies got = driver.replies(">2\r\n+a\r\n+b\r\n+OK\r\n");
  ASSERT_EQ(got.list.size(), 2u);
  EXPECT_EQ(int{got.list[0].rsp.kind}, int{WEIR_RSP_PUSH});
  EXPECT_EQ(int{got.list[1].rsp.kind}, int{WEIR_RSP_FINAL});
}

}  // namespace
}  // namespace weir::test
