// A server's replies.
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

std::string value(const std::string &key, const std::string &data, const std::string &more = "") {
  return "VALUE " + key + " 0 " + std::to_string(data.size()) + more + "\r\n" + data + "\r\n";
}

const std::pair<const char *, std::string> kReplies[] = {
    {"get", "END\r\n"},
    {"get", value("a", "hello") + "END\r\n"},
    {"gets", value("a", "", " 77") + value("b", "END\r\n", " 78") + "END\r\n"},
    {"gat", value("a", "\r\n\r\n") + "END\r\n"},
    {"set", "STORED\r\n"},
    {"add", "NOT_STORED\r\n"},
    {"cas", "EXISTS\r\n"},
    {"cas", "NOT_FOUND\r\n"},
    {"incr", "18446744073709551615\r\n"},
    {"decr", "9 \r\n"},
    {"delete", "DELETED\r\n"},
    {"touch", "TOUCHED\r\n"},
    {"version", "VERSION 1.6.18\r\n"},
    {"flush_all", "OK\r\n"},
    {"stats", "STAT pid 1\r\nSTAT x y z\r\nEND\r\n"},
    {"set", "SERVER_ERROR out of memory storing object\r\n"},
    {"get", value("a", "1") + "SERVER_ERROR out of memory\r\n"},
};

TEST_F(MemcacheTest, EveryReplyCutAnywhereIsTheSame) {
  for (const auto &[name, reply] : kReplies) {
    uint16_t cmd = driver.command(name);
    for (bool items : {false, true}) {
      Replies whole = driver.replies(reply, {}, 1, items, cmd);
      ASSERT_EQ(whole.list.size(), 1u) << reply << whole.error;
      EXPECT_EQ(whole.list[0].rsp.size, reply.size()) << reply;
      for (size_t cut = 1; cut < reply.size(); ++cut)
        EXPECT_EQ(described(driver.replies(reply, {.cuts = {cut}}, 1, items, cmd)), described(whole)) << reply;
      Feed bytes = {.cuts = every_byte(reply.size()), .msg_cap = 1, .honour_need = true};
      EXPECT_EQ(described(driver.replies(reply, bytes, 1, items, cmd)), described(whole)) << reply;
    }
  }
}

TEST_F(MemcacheTest, PipelinedRepliesAreCutApart) {
  std::string all;
  for (const auto &[name, reply] : kReplies) all += reply;
  Replies whole = driver.replies(all);
  EXPECT_EQ(whole.list.size(), std::size(kReplies));
  EXPECT_EQ(whole.calls, 1u);
  EXPECT_EQ(described(driver.replies(all, {.cuts = every_byte(all.size()), .msg_cap = 1})), described(whole));
}

TEST_F(MemcacheTest, ErrorsAreMarkedAndOthersAreNot) {
  for (const char *line : {"ERROR\r\n", "CLIENT_ERROR bad data chunk\r\n", "SERVER_ERROR busy\r\n"})
    EXPECT_EQ(driver.replies(line, {}, 1, false, driver.command("set")).list[0].rsp.flags & WEIR_RF_ERROR, 1u) << line;
  EXPECT_EQ(driver.replies("NOT_STORED\r\n").list[0].rsp.flags, 0u);
}

TEST_F(MemcacheTest, AServerThatDidNotSeeTheDataAsDataIsLeft) {
  auto flags = [&](const char *line, const char *cmd) {
    return driver.replies(line, {}, 1, false, driver.command(cmd)).list[0].rsp.flags;
  };
  EXPECT_EQ(flags("ERROR\r\n", "set"), static_cast<uint32_t>(WEIR_RF_ERROR | WEIR_RF_CLOSE));
  EXPECT_EQ(flags("CLIENT_ERROR bad command line format\r\n", "cas"),
            static_cast<uint32_t>(WEIR_RF_ERROR | WEIR_RF_CLOSE));
  EXPECT_EQ(flags("ERROR\r\n", "get"), static_cast<uint32_t>(WEIR_RF_ERROR));
  EXPECT_EQ(flags("CLIENT_ERROR bad data chunk\r\n", "set"), static_cast<uint32_t>(WEIR_RF_ERROR));
  EXPECT_EQ(flags("SERVER_ERROR object too large for cache\r\n", "set"), static_cast<uint32_t>(WEIR_RF_ERROR));
}

TEST_F(MemcacheTest, WhatIsNoReplyOrNotThisCommandsEndsTheConnection) {
  const std::pair<const char *, std::string> table[] = {
      {"get", "STORED\r\n"},
      {"set", "END\r\n"},
      {"set", "VALUE a 0 1\r\nx\r\nEND\r\n"},
      {"incr", "NOT_STORED\r\n"},
      {"delete", "5\r\n"},
      {"get", "HD\r\n"},
      {"get", "\r\n"},
      {"get", "END\n"},
      {"get", "VALUE a 0\r\n"},
      {"get", "VALUE a 0 -1\r\nEND\r\n"},
      {"get", "VALUE a 0 x\r\nEND\r\n"},
      {"get", "VALUE a 0 99999999999999999999\r\n"},
      {"get", "VALUE a 0 2147483648\r\n"},
      {"get", "VALUE a 0 18446744073709551615\r\n"},
      {"get", "VALUE a 0 1 2 3\r\nx\r\nEND\r\n"},
      {"get", "VALUE  a 0 1\r\nx\r\nEND\r\n"},
      {"get", "VALUE " + std::string(251, 'k') + " 0 1\r\nx\r\nEND\r\n"},
      {"get", "VALUE a 0 1\r\nxyzEND\r\n"},
      {"set", std::string(2049, 'S')},
      {"set", "SERVER_ERROR " + std::string(2049, 'S') + "\r\n"},
      {"set", "STOREDx\r\n"},
      {"", "\x81\r\n"},
  };
  for (const auto &[name, reply] : table) {
    for (bool items : {false, true}) {
      uint16_t cmd = driver.command(name);
      Replies whole = driver.replies(reply, {}, 4, items, cmd);
      EXPECT_EQ(whole.status, WEIR_E_PROTO) << reply;
      EXPECT_NE(whole.error, "") << reply;
      EXPECT_EQ(described(driver.replies(reply, {.cuts = every_byte(reply.size())}, 4, items, cmd)), described(whole));
    }
  }
}

TEST_F(MemcacheTest, AReplyToNoRequestEndsTheConnection) {
  Replies parsed = driver.replies("STORED\r\nSTORED\r\n", {}, 1);
  EXPECT_EQ(parsed.list.size(), 1u);
  EXPECT_EQ(parsed.status, WEIR_E_PROTO);
}

TEST_F(MemcacheTest, ItemsAreWholeValueBlocks) {
  std::string a = value("a", "one", " 5"), b = value("bb", "END\r\nVALUE x 0 1\r\n", " 6");
  Replies parsed = driver.replies(a + b + "END\r\n", {}, 1, true, driver.command("gets"));
  ASSERT_EQ(parsed.list.size(), 1u);
  EXPECT_EQ(parsed.list[0].items, (std::vector<std::string>{a, b}));
}

// Feeds in windows of `step`; what came out, joined, and how many messages were parts.
struct Streamed {
  std::string bytes;
  size_t parts = 0, finals = 0;
  bool last_is_final = false;
};
Streamed stream(ProtocolDriver &driver, const std::string &reply, size_t step, uint32_t part_keys) {
  Connection &c = driver.server();
  weir_expect expect = {};
  expect.cmd = driver.command("get");
  expect.replies = 1;
  expect.part_keys = part_keys;
  c.expects.assign(1, expect);
  Streamed out;
  Feed feed;
  for (size_t i = step; i < reply.size(); i += step) feed.cuts.push_back(i);
  Replies parsed = driver.replies(c, reply, feed);
  EXPECT_EQ(parsed.status, WEIR_OK) << parsed.error;
  EXPECT_EQ(parsed.left, 0u);
  for (const ParsedReply &r : parsed.list) {
    out.bytes += r.bytes;
    out.last_is_final = r.rsp.kind == WEIR_RSP_FINAL;
    ++(out.last_is_final ? out.finals : out.parts);
  }
  return out;
}

TEST_F(MemcacheTest, OneLargeValueIsFinalAsSoonAsItsHeaderIsThere) {
  std::string reply = value("a", std::string(100000, 'v')) + "END\r\n";
  Streamed s = stream(driver, reply, 1000, 1);
  EXPECT_EQ(s.finals, 1u);
  EXPECT_EQ(s.parts, 0u);
  EXPECT_EQ(s.bytes, reply);
  Replies early = driver.replies(reply.substr(0, 30), {}, 1, true, driver.command("get"));
  EXPECT_TRUE(early.list.empty());  // with items wanted it must be whole
}

TEST_F(MemcacheTest, ALargeReplyOfSeveralValuesStreamsInParts) {
  std::string reply;
  for (size_t size : {10, 50000, 3, 20000, 0, 16384, 16300, 70000}) reply += value("k", std::string(size, 'v'));
  reply += "END\r\n";
  for (size_t step : {1, 5, 1000, 16384, 20000}) {
    Streamed s = stream(driver, reply, step, 8);
    EXPECT_EQ(s.bytes, reply) << step;
    EXPECT_EQ(s.finals, 1u);
    EXPECT_TRUE(s.last_is_final);
    EXPECT_GE(s.parts, 4u) << step;
  }
  std::string small;
  for (int i = 0; i < 2000; ++i) small += value("key", "0123456789");
  Streamed s = stream(driver, small + "END\r\n", 4096, 2000);
  EXPECT_EQ(s.bytes, small + "END\r\n");
  EXPECT_GE(s.parts, 2u);
}

TEST_F(MemcacheTest, ALargeReplyWithItemsComesInOne) {
  std::string reply;
  for (size_t size : {10, 50000, 3, 20000}) reply += value("k", std::string(size, 'v'));
  reply += "END\r\n";
  Replies parsed = driver.replies(reply, {.cuts = {5, 40, 8000, 50100, 60000}}, 1, true, driver.command("get"));
  ASSERT_EQ(parsed.list.size(), 1u);
  EXPECT_EQ(parsed.list[0].items.size(), 4u);
  EXPECT_EQ(parsed.list[0].bytes, reply);
}

}  // namespace
}  // namespace weir::test
