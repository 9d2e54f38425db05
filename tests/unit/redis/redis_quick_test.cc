// The plugin has two ways to read what is whole in a window: a straight run for common commands and replies, and a
// state machine that stops at any byte. Both must say the same. A window that ends one byte early keeps the straight
// run from taking a message, so the same bytes in other windows show what the state machine says.
#include <cctype>
#include <cstring>

#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

template <class T>
bool same_bytes(const std::vector<T> &a, const std::vector<T> &b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), sizeof(T) * a.size()) == 0);
}

std::string difference(const Requests &a, const Requests &b) {
  if (a.status != b.status || a.error != b.error) return "verdict: '" + a.error + "' and '" + b.error + "'";
  if (a.list.size() != b.list.size())
    return "number: " + std::to_string(a.list.size()) + " and " + std::to_string(b.list.size());
  for (size_t i = 0; i < a.list.size(); ++i) {
    const ParsedRequest &x = a.list[i], &y = b.list[i];
    if (std::memcmp(&x.req, &y.req, sizeof(x.req)) != 0 || !same_bytes(x.raw_keys, y.raw_keys) || x.keys != y.keys)
      return "request " + std::to_string(i) + ": " + x.message.substr(0, 60);
  }
  return a.left != b.left ? "what is left" : "";
}

std::string difference(const Replies &a, const Replies &b) {
  if (a.status != b.status) return "verdict: '" + a.error + "' and '" + b.error + "'";  // the words may differ
  if (a.list.size() != b.list.size())
    return "number: " + std::to_string(a.list.size()) + " and " + std::to_string(b.list.size());
  for (size_t i = 0; i < a.list.size(); ++i) {
    const ParsedReply &x = a.list[i], &y = b.list[i];
    if (std::memcmp(&x.rsp, &y.rsp, sizeof(x.rsp)) != 0 || !same_bytes(x.raw_items, y.raw_items))
      return "reply " + std::to_string(i) + ": " + x.bytes.substr(0, 60);
  }
  return a.left != b.left ? "what is left" : "";
}

// Lower, upper and mixed case in turn.
std::string in_case(std::string name, size_t turn) {
  for (size_t i = 0; i < name.size(); ++i) {
    auto c = static_cast<unsigned char>(name[i]);
    if (turn % 3 == 1 || (turn % 3 == 2 && i % 2 == 0)) name[i] = static_cast<char>(std::toupper(c));
  }
  return name;
}

void every_command_reads_the_same(const FakeHost::Config &config, uint32_t servers) {
  RedisDriver driver(config, servers);
  std::vector<std::string> names = {
      "nosuch", "ge", "gett", "g\x05t", std::string("get\0", 4), "", "averyveryverylongname"};
  for (uint32_t i = 1; i < driver.protocol()->cmd_count; ++i) names.push_back(driver.protocol()->cmds[i].name);
  for (const std::string &name : names) {
    std::string bytes;
    std::vector<size_t> one_byte_early;
    size_t turn = 0;
    for (size_t argc : {1, 2, 3, 4, 5, 6, 9, 10, 11}) {
      for (size_t len : {0, 1, 9, 10, 99, 100, 1000}) {
        std::vector<std::string> args = {in_case(name, ++turn)};
        for (size_t i = 1; i < argc; ++i) args.emplace_back(i % 2 ? len : (len * 7 + i) % 1001, '1');
        bytes += resp(args);
        one_byte_early.push_back(bytes.size() - 1);
      }
    }
    ASSERT_EQ(difference(driver.requests(bytes), driver.requests(bytes, {one_byte_early})), "") << name;
  }
}

TEST(RedisQuick, EveryCommandReadsTheSame) {
  every_command_reads_the_same({}, 3);
}
TEST(RedisQuick, EveryCommandReadsTheSameWithOneServer) {
  every_command_reads_the_same({}, 1);
}
TEST(RedisQuick, EveryCommandReadsTheSameWithoutThePassword) {
  every_command_reads_the_same({{"redis_auth", "secret"}}, 3);
}
TEST(RedisQuick, EveryCommandReadsTheSameWhereMuchIsAllowed) {
  every_command_reads_the_same({{"admin_commands", "allow"}, {"unknown_commands", "forward"}}, 3);
}

constexpr char kTelling[] = "0189:/;\r\n$*+-a \x7f\x80\xff";

// Each byte of `bytes` in turn is replaced, left out, or doubled; use() gets the result.
template <class Use>
void damage(const std::string &bytes, Use use) {
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (size_t i = 0; i < sizeof(kTelling); ++i) {
      std::string wrong = bytes;
      wrong[at] = kTelling[i];
      use(wrong);
    }
    use(bytes.substr(0, at) + bytes.substr(at + 1));
    use(bytes.substr(0, at) + bytes[at] + bytes.substr(at));
  }
}

TEST(RedisQuick, DamagedRequestsReadTheSame) {
  RedisDriver driver;
  for (const std::string &request :
       {resp({"GET", "key"}), resp({"set", "a key of 19 bytes..", "v"}), resp({"mget", "a", "0123456789", ""}),
        resp({"MSET", "a", std::string(123, 'v'), "b", "w"}), resp({"ZRANGEBYSCORE", "z", "1", "2"}),
        resp({"BITOP", "AND", "d", "s"}), resp({"DEL", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"})})
    damage(request + resp({"GET", "next"}), [&](const std::string &bytes) {
      std::string differs = difference(driver.requests(bytes), driver.requests(bytes, {every_byte(bytes.size())}));
      ASSERT_EQ(differs, "") << bytes;
    });
}

TEST(RedisQuick, DamagedRepliesReadTheSame) {
  RedisDriver driver;
  for (const std::string &reply :
       {std::string("$3\r\nabc\r\n"), std::string("$12\r\n0123456789ab\r\n"),
        "$123\r\n" + std::string(123, 'v') + "\r\n", std::string("$-1\r\n"), std::string("+OK\r\n"),
        std::string("+\r\n"), std::string("+QUEUED\r\n"), std::string(":0\r\n"), std::string(":12\r\n"),
        std::string(":1234567\r\n"), std::string(":123456789012\r\n"), std::string(":9223372036854775807\r\n"),
        std::string(":-1\r\n"), std::string("-ERR no\r\n"),
        std::string("*3\r\n$1\r\na\r\n$-1\r\n$10\r\n0123456789\r\n"),
        std::string("*2\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n$0\r\n\r\n")})
    for (const char *next : {"", "+OK\r\n$1\r\nx\r\n"})
      for (bool want : {false, true})
        damage(reply + next, [&](const std::string &bytes) {
          Replies slow = driver.replies(bytes, {every_byte(bytes.size())}, 64, want);
          ASSERT_EQ(difference(driver.replies(bytes, {}, 64, want), slow), "") << bytes;
        });
}

TEST(RedisQuick, NumbersOfAnyLengthReadTheSame) {
  RedisDriver driver;
  std::string bytes;
  for (uint64_t number = 1; number < UINT64_C(1) << 62; number = number * 3 + number % 5)
    bytes += ":" + std::to_string(number) + "\r\n";
  Replies fast = driver.replies(bytes), slow = driver.replies(bytes, {every_byte(bytes.size())});
  ASSERT_EQ(difference(fast, slow), "");
  size_t at = 0;
  for (uint64_t number = 1; number < UINT64_C(1) << 62; number = number * 3 + number % 5)
    EXPECT_EQ(fast.list.at(at++).rsp.user, number);
}

// What a command left unfinished must not be seen by those behind it.
TEST(RedisQuick, BothWaysTakeTurns) {
  RedisDriver driver;
  std::string bytes;
  for (int i = 0; i < 20; ++i)
    bytes += resp({"GET", "key"}) + resp({"PING"}) + "GET inline\r\n" + resp({"SET", "k", std::string(37, 'v')}) +
             resp({"ZINTER", "2", "a", "b"}) + resp({"MGET", "a", "b"}) + "*0\r\n";
  Requests slow = driver.requests(bytes, {every_byte(bytes.size())});
  ASSERT_EQ(slow.list.size(), 140u);
  for (size_t window = 1; window < 200; ++window)
    for (uint32_t cap : {1u, 3u, 256u}) {
      Feed feed = {{}, cap};
      for (size_t at = window; at < bytes.size(); at += window) feed.cuts.push_back(at);
      ASSERT_EQ(difference(driver.requests(bytes, feed), slow), "") << window;
    }
}

// Growing for many keys, a host may say that the request under way has to be the last of the call.
TEST(RedisQuick, AHostThatAllowsFewerRequestsWhileItGrowsGetsFewer) {
  RedisDriver driver;
  std::vector<std::string> mget = {"MGET"};
  for (int i = 0; i < 20; ++i) mget.push_back("k");
  std::string many = resp(mget), get = resp({"GET", "a"});
  Feed feed;
  feed.spare = 8;
  feed.many_keys = 8;
  Requests got = driver.requests(get + get + many + get + many + get, feed);
  ASSERT_EQ(got.list.size(), 6U);
  EXPECT_EQ(got.list[2].keys.size(), 20U);
  EXPECT_EQ(got.list[4].keys.size(), 20U);
  EXPECT_EQ(got.calls, 3U) << "each of many keys ends one";
  std::string gets;
  for (int i = 0; i < 20; ++i) gets += get;
  EXPECT_EQ(driver.requests(gets, feed).list.size(), 20U);
}

}  // namespace
}  // namespace weir::test
