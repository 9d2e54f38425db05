// What weir answers by itself: malformed lines, commands it does not carry, errors of the core.
#include <algorithm>

#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

const std::string kTooLong(251, 'k');
const std::string kBad = "CLIENT_ERROR bad command line format\r\n";

TEST_F(MemcacheTest, MalformedLinesAreAnsweredAndTheConnectionGoesOn) {
  const std::pair<std::string, std::string> table[] = {
      {"\r\n", "ERROR\r\n"},
      {"GET a\r\n", "ERROR\r\n"},
      {"get\r\n", "ERROR\r\n"},
      {"gat 0\r\n", "END\r\n"},
      {"gat x a\r\n", "CLIENT_ERROR invalid exptime argument\r\n"},
      {"get a " + kTooLong + " b\r\n", kBad},
      {"set k 0 0 x\r\n", kBad},
      {"set k 0 0 -1\r\n", kBad},
      {"set k 0 0\r\n", "ERROR\r\n"},
      {"set k 0 0 1 2 3\r\n", "ERROR\r\n"},
      {"set k 0 0 2147483646\r\n", kBad},
      {"set k 0 0 18446744073709551617\r\n", kBad},
      {"cas k 0 0 1 -1\r\n", kBad},
      {"incr k x\r\n", "CLIENT_ERROR invalid numeric delta argument\r\n"},
      {"delete k 1\r\n", "CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n"},
      {"touch k x\r\n", "CLIENT_ERROR invalid exptime argument\r\n"},
      {"flush_all x\r\n", "CLIENT_ERROR invalid exptime argument\r\n"},
      {"verbosity x\r\n", kBad},
      {"set k 0 0 x noreply\r\n", ""},
      {"incr k x noreply\r\n", ""},
      {"delete " + kTooLong + " noreply\r\n", ""},
  };
  for (const auto &[line, text] : table) {
    EXPECT_EQ(answers(line + "get a\r\n"), text + "(server)") << line;
    std::string both = line + "get a\r\n";
    EXPECT_EQ(described(driver.requests(both, {.cuts = every_byte(both.size())})), described(driver.requests(both)));
  }
}

TEST_F(MemcacheTest, ALineThatServersMayReadDifferentlyIsRefusedWithItsData) {
  using namespace std::string_literals;
  for (const std::string &line : {"set k 0 0 5\t"s, "set k 0 0 \v5"s, "set k \t 0 5"s, "set k 4294967296 0 5"s,
                                  "set k 0 0 5\0 junk"s, "set k 0 0 5\r"s, "cas k 0 0 5 1\tx"s})
    EXPECT_EQ(answers(line + "\r\nquit\n\r\nget a\r\n"), kBad + "(server)") << line;
  EXPECT_EQ(answers("set k\0 0 0 5\r\nget a\r\n"s), "ERROR\r\n(server)");
  EXPECT_EQ(answers("get a\0b\r\nget a\r\n"s), kBad + "(server)");
  EXPECT_EQ(answers("delete a\0b\r\nget a\r\n"s), kBad + "(server)");
  EXPECT_EQ(answers("set k 0 0 5\t noreply\r\nquit\n\r\nget a\r\n"), "(server)");
}

// What a pool of these settings says to the line.
std::string said(const FakeHost::Config &config, uint32_t servers, const std::string &line) {
  ProtocolDriver driver("memcache", "memcache", config, servers);
  Connection &c = driver.client();
  Requests parsed = driver.requests(c, line + "\r\n");
  EXPECT_EQ(parsed.list.size(), 1u) << line;
  if (parsed.list.empty() || parsed.list[0].req.route != WEIR_ROUTE_LOCAL) return "(server)";
  return driver.reply(c, &parsed.list[0], WEIR_ERR_NONE).bytes;
}

TEST(MemcacheAdmin, CommandsForOneServerNeedAPoolOfOneThatAllowsThem) {
  for (const char *line : {"shutdown", "cache_memlimit 1", "slabs automove 1", "lru tune 1 2 3 4", "lru_crawler enable",
                           "lru_crawler metadump all", "extstore item_age 1", "misbehave", "debugtime p", "watch"}) {
    EXPECT_EQ(said({}, 1, line), "(server)") << line;
    EXPECT_EQ(said({{"admin_commands", "allow"}}, 1, line), "(server)") << line;
    EXPECT_EQ(said({}, 2, line).substr(0, 40), "SERVER_ERROR this command acts on a sing") << line;
    for (uint32_t servers : {1, 2})
      EXPECT_EQ(said({{"admin_commands", "deny"}}, servers, line).substr(0, 38),
                "SERVER_ERROR an administrative command");
  }
}

TEST(MemcacheAdmin, NothingMayComeBeforeADumpOrALog) {
  ProtocolDriver driver("memcache", "memcache", {}, 1);
  for (const char *line : {"lru_crawler metadump all\r\n", "watch\r\n"}) {
    Connection &c = driver.client();
    Requests parsed = driver.requests(c, std::string("mn\r\n") + line);
    ASSERT_EQ(parsed.list.size(), 2u);
    EXPECT_EQ(driver.reply(c, &parsed.list[1], WEIR_ERR_NONE).bytes.substr(0, 44),
              "ERROR cannot pipeline other commands before ");
  }
}

TEST(MemcacheAdmin, AWatcherHasAConnectionOfItsOwnThatIsALog) {
  ProtocolDriver driver("memcache", "memcache", {}, 1);
  Requests parsed = driver.requests("watch fetchers\r\n");
  ASSERT_EQ(parsed.list.size(), 1u);
  const uint32_t wanted = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_STREAM_RSP | WEIR_REQ_FENCE;
  EXPECT_EQ(parsed.list[0].req.flags & wanted, wanted);
  const std::string log = "OK\r\nts=1 type=item_get key=a\nts=2 type=item_get key=b\n";
  const uint16_t watch = driver.command("watch");
  for (size_t cut = 0; cut < log.size(); ++cut) {
    Replies replies = driver.replies(log, {.cuts = {cut}}, 1, false, watch);
    ASSERT_EQ(replies.list.size(), 3u) << cut;
    EXPECT_EQ(replies.list[0].rsp.kind, WEIR_RSP_FINAL);
    EXPECT_EQ(replies.list[0].rsp.flags, 0u);
    EXPECT_EQ(replies.list[1].rsp.kind, WEIR_RSP_PUSH);
    EXPECT_EQ(replies.list[2].bytes, "ts=2 type=item_get key=b\n");
  }
  for (const char *refusal : {"ERROR\r\n", "WATCHER_TOO_MANY log watcher limit reached\r\n"})
    EXPECT_TRUE(driver.replies(refusal, {}, 1, false, watch).list.at(0).rsp.flags & WEIR_RF_LEASE_END);
}

TEST_F(MemcacheTest, HttpIsHungUpOnWithoutAWord) {
  for (const char *line : {"GET / HTTP/1.0\r\n", "PUT /a/b HTTP/1.1\r\n", "DELETE HTTP/1.1\r\n"}) {
    ParsedRequest r = one(line);
    EXPECT_EQ(r.req.route, WEIR_ROUTE_DROP) << line;
    EXPECT_TRUE(r.req.flags & WEIR_REQ_CLOSE);
  }
  EXPECT_EQ(answers("GET /\r\ngethttp HTTP/1.1\r\nHTTP/1.1 GET\r\n"), "ERROR\r\nERROR\r\nERROR\r\n");
}

TEST_F(MemcacheTest, LinesOver2048BytesAreTooLongUnlessTheyAreGets) {
  std::string most = "touch a 0" + std::string(2039, ' ');
  EXPECT_EQ(driver.requests(most + "\n").list.size(), 1u);
  for (std::string line : {most + " ", std::string("gat 0 a") + std::string(2042, ' '), std::string(2049, 'f'),
                           std::string(101, ' ') + "get" + std::string(2000, ' ')}) {
    for (const char *end : {"", "\r\n"}) {
      Requests parsed = driver.requests(line + end);
      EXPECT_EQ(parsed.status, WEIR_E_PROTO) << line.substr(0, 12);
      EXPECT_EQ(parsed.error, "line too long");
      EXPECT_EQ(described(driver.requests(line + end, {.cuts = every_byte(line.size())})), described(parsed));
    }
  }
}

TEST_F(MemcacheTest, EveryErrorIsOneLine) {
  std::string nasty = std::string("a\r\nEND\r\nb") + '\0' + "c";
  for (uint32_t err = WEIR_ERR_TIMEOUT; err <= WEIR_ERR_AUTH; ++err) {
    for (const std::string &text : {std::string(), nasty, std::string(8192, 'x')}) {
      std::string line = driver.reply(err, text).bytes;
      EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1) << err;
      EXPECT_EQ(line.substr(line.size() - 2), "\r\n");
      EXPECT_EQ(line.find('\0'), std::string::npos);
      Replies parsed = driver.replies(line);
      ASSERT_EQ(parsed.list.size(), 1u) << line;
      EXPECT_EQ(parsed.list[0].rsp.flags & WEIR_RF_ERROR, 1u) << line;
    }
  }
  EXPECT_EQ(driver.reply(WEIR_ERR_TOO_BIG, "x").bytes, "SERVER_ERROR object too large for cache\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_BAD_REQUEST, "line too long").bytes, "CLIENT_ERROR line too long\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_BAD_REQUEST, "").bytes, "ERROR\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "no").bytes, "SERVER_ERROR no\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "no\r\nVALUE").bytes, "SERVER_ERROR no  VALUE\r\n");
  EXPECT_EQ(driver.reply(WEIR_ERR_REJECTED, "CLIENT_ERROR no\r\n").bytes, "CLIENT_ERROR no  \r\n");
}

}  // namespace
}  // namespace weir::test
