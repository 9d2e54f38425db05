// What the redis plugin makes of requests, however they are cut.
#include <gtest/gtest.h>

#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

struct Form {
  const char *name;
  std::string bytes;
  uint8_t route;
  std::vector<std::string> keys;
};

const std::vector<Form> &forms() {
  static const std::vector<Form> all = {
      {"get", resp({"GET", "foo"}), WEIR_ROUTE_KEY, {"foo"}},
      {"get in lower case", resp({"get", "foo"}), WEIR_ROUTE_KEY, {"foo"}},
      {"get of the empty key", resp({"GET", ""}), WEIR_ROUTE_KEY, {""}},
      {"set", resp({"SET", "k", "some value", "EX", "100"}), WEIR_ROUTE_KEY, {"k"}},
      {"set of a binary value", resp({"SET", "k", std::string("\r\n*3\0$", 6)}), WEIR_ROUTE_KEY, {"k"}},
      {"set of an empty value", resp({"SET", "k", ""}), WEIR_ROUTE_KEY, {"k"}},
      {"mget", resp({"MGET", "a", "bb", "ccc"}), WEIR_ROUTE_SPLIT, {"a", "bb", "ccc"}},
      {"mset", resp({"MSET", "a", "1", "b", "22", "c", ""}), WEIR_ROUTE_SPLIT, {"a", "b", "c"}},
      {"del", resp({"DEL", "x", "y"}), WEIR_ROUTE_SPLIT, {"x", "y"}},
      {"exists", resp({"EXISTS", "x", "x"}), WEIR_ROUTE_SPLIT, {"x", "x"}},
      {"touch", resp({"TOUCH", "x"}), WEIR_ROUTE_SPLIT, {"x"}},
      {"unlink", resp({"UNLINK", "x", "y"}), WEIR_ROUTE_SPLIT, {"x", "y"}},
      {"msetnx", resp({"MSETNX", "x", "1", "y", "2"}), WEIR_ROUTE_KEY, {"x", "y"}},
      {"hset", resp({"HSET", "h", "f", "v"}), WEIR_ROUTE_KEY, {"h"}},
      {"rename", resp({"RENAME", "x", "y"}), WEIR_ROUTE_KEY, {"x", "y"}},
      {"bitop", resp({"BITOP", "AND", "d", "x", "y"}), WEIR_ROUTE_KEY, {"d", "x", "y"}},
      {"eval", resp({"EVAL", "return 1", "2", "a", "b", "arg"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"eval without keys", resp({"EVAL", "return 1", "0", "arg"}), WEIR_ROUTE_SERVER, {}},
      {"fcall", resp({"FCALL", "f", "1", "a"}), WEIR_ROUTE_KEY, {"a"}},
      {"zunionstore", resp({"ZUNIONSTORE", "d", "2", "a", "b", "WEIGHTS", "1", "2"}), WEIR_ROUTE_KEY, {"d", "a", "b"}},
      {"zinter", resp({"ZINTER", "2", "a", "b", "WITHSCORES"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"lmpop", resp({"LMPOP", "2", "a", "b", "LEFT"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"sintercard", resp({"SINTERCARD", "1", "a", "LIMIT", "3"}), WEIR_ROUTE_SPLIT, {"a"}},
      {"xread", resp({"XREAD", "COUNT", "2", "STREAMS", "s1", "s2", "0", "0"}), WEIR_ROUTE_KEY, {"s1", "s2"}},
      {"xreadgroup",
       resp({"XREADGROUP", "GROUP", "streams", "c", "NOACK", "STREAMS", "s", ">"}),
       WEIR_ROUTE_KEY,
       {"s"}},
      {"xadd", resp({"XADD", "s", "*", "f", "v"}), WEIR_ROUTE_KEY, {"s"}},
      {"object", resp({"OBJECT", "ENCODING", "k"}), WEIR_ROUTE_KEY, {"k"}},
      {"memory usage", resp({"MEMORY", "USAGE", "k", "SAMPLES", "5"}), WEIR_ROUTE_KEY, {"k"}},
      {"xgroup", resp({"XGROUP", "CREATE", "s", "g", "$"}), WEIR_ROUTE_KEY, {"s"}},
      {"sort", resp({"SORT", "l", "BY", "store", "GET", "#", "STORE", "d"}), WEIR_ROUTE_KEY, {"l", "d"}},
      {"georadius", resp({"GEORADIUS", "g", "1", "2", "3", "km", "STORE", "d"}), WEIR_ROUTE_KEY, {"g", "d"}},
      {"a name of twenty bytes", resp({"GEORADIUSBYMEMBER_RO", "g", "m", "3", "km"}), WEIR_ROUTE_KEY, {"g"}},
      {"publish", resp({"PUBLISH", "ch", "hello"}), WEIR_ROUTE_KEY, {"ch"}},
      {"ping", resp({"PING"}), WEIR_ROUTE_LOCAL, {}},
      {"echo", resp({"ECHO", "hello"}), WEIR_ROUTE_LOCAL, {}},
      {"dbsize", resp({"DBSIZE"}), WEIR_ROUTE_ALL, {}},
      {"flushall", resp({"FLUSHALL", "ASYNC"}), WEIR_ROUTE_ALL, {}},
      {"time", resp({"TIME"}), WEIR_ROUTE_ANY, {}},
      {"script load", resp({"SCRIPT", "LOAD", "return 1"}), WEIR_ROUTE_ALL, {}},
      {"auth", resp({"AUTH", "x"}), WEIR_ROUTE_LOCAL, {}},
      {"hello", resp({"HELLO", "2", "SETNAME", "me"}), WEIR_ROUTE_LOCAL, {}},
      {"client setname", resp({"CLIENT", "SETNAME", "me"}), WEIR_ROUTE_LOCAL, {}},
      {"client getname", resp({"CLIENT", "GETNAME"}), WEIR_ROUTE_LOCAL, {}},
      {"unknown", resp({"NOSUCH", "a", "b"}), WEIR_ROUTE_LOCAL, {}},
      {"wrong arity", resp({"GET"}), WEIR_ROUTE_LOCAL, {}},
      {"blpop", resp({"BLPOP", "k", "0"}), WEIR_ROUTE_KEY, {"k"}},
      {"bzpopmin", resp({"BZPOPMIN", "a", "b", "0.5"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"blmove", resp({"BLMOVE", "a", "b", "LEFT", "RIGHT", "1"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"blmpop", resp({"BLMPOP", "1", "2", "a", "b", "LEFT"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"xread that blocks", resp({"XREAD", "BLOCK", "9", "STREAMS", "s", "$"}), WEIR_ROUTE_KEY, {"s"}},
      {"watch", resp({"WATCH", "a", "b"}), WEIR_ROUTE_KEY, {"a", "b"}},
      {"subscribe", resp({"SUBSCRIBE", "a", "b"}), WEIR_ROUTE_SPLIT, {"a", "b"}},
      {"psubscribe", resp({"PSUBSCRIBE", "a*", "b*"}), WEIR_ROUTE_ALL, {}},
      {"nothing", "*0\r\n", WEIR_ROUTE_DROP, {}},
      {"null", "*-1\r\n", WEIR_ROUTE_DROP, {}},
      {"an empty line", "\r\n", WEIR_ROUTE_DROP, {}},
      {"inline get", "GET foo\r\n", WEIR_ROUTE_KEY, {"foo"}},
      {"inline get with a bare newline", "get foo\n", WEIR_ROUTE_KEY, {"foo"}},
      {"inline get of a word with a vertical tab", "GET a\vb\f\r\n", WEIR_ROUTE_KEY, {"a\vb\f"}},
      {"inline mget with one behind a quote", "MGET \"a\"\vb\r\n", WEIR_ROUTE_SPLIT, {"a", "b"}},
      {"inline mset with quotes", "MSET a \"x\\ny\" 'b' \"2\"\r\n", WEIR_ROUTE_SPLIT, {"a", "b"}},
      {"inline auth", "AUTH \"x\\x41\"\r\n", WEIR_ROUTE_LOCAL, {}},
      {"inline ping", "PING\r\n", WEIR_ROUTE_LOCAL, {}},
  };
  return all;
}

void expect_form(const Form &form, const Requests &got, const std::string &how) {
  SCOPED_TRACE(std::string(form.name) + ", " + how);
  EXPECT_EQ(got.status, WEIR_OK);
  EXPECT_EQ(got.left, 0u);
  ASSERT_EQ(got.list.size(), 1u);
  const ParsedRequest &r = got.list[0];
  EXPECT_EQ(r.message, form.bytes);
  EXPECT_TRUE(r.complete);
  EXPECT_EQ(int{r.req.route}, int{form.route});
  EXPECT_EQ(r.keys, form.keys);
}

TEST(RedisRequest, EveryFormIsUnderstoodInOnePiece) {
  RedisDriver driver;
  for (const Form &form : forms()) expect_form(form, driver.requests(form.bytes), "in one piece");
}

TEST(RedisRequest, EveryFormIsUnderstoodAtEverySplitPoint) {
  RedisDriver driver;
  for (const Form &form : forms())
    for (size_t cut = 1; cut < form.bytes.size(); ++cut)
      expect_form(form, driver.requests(form.bytes, {{cut}}), "cut at " + std::to_string(cut));
}

TEST(RedisRequest, EveryFormIsUnderstoodByteByByte) {
  RedisDriver driver;
  for (const Form &form : forms())
    expect_form(form, driver.requests(form.bytes, {every_byte(form.bytes.size())}), "byte by byte");
}

TEST(RedisRequest, PipelinesComeOutTheSameWhateverTheWindowAndTheArray) {
  RedisDriver driver;
  std::string bytes;
  std::vector<const Form *> sent;
  for (size_t i = 0; i < 64; ++i) {
    sent.push_back(&forms()[i % forms().size()]);
    bytes += sent.back()->bytes;
  }
  for (uint32_t cap : {1u, 2u, 7u, 64u}) {
    for (size_t window : {size_t{1}, size_t{3}, size_t{17}, bytes.size()}) {
      Feed feed = {{}, cap};
      for (size_t at = window; at < bytes.size(); at += window) feed.cuts.push_back(at);
      Requests got = driver.requests(bytes, feed);
      ASSERT_EQ(got.list.size(), sent.size()) << "cap " << cap << " window " << window;
      for (size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(got.list[i].message, sent[i]->bytes);
        EXPECT_EQ(got.list[i].keys, sent[i]->keys);
      }
    }
  }
}

TEST(RedisRequest, ARequestIsHandedOnBeforeItsLastArgumentArrives) {
  RedisDriver driver;
  std::string head = "*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1000000\r\n";
  Requests got = driver.requests(head);
  ASSERT_EQ(got.list.size(), 1u);
  EXPECT_EQ(got.list[0].req.size, head.size() + 1000002);
  EXPECT_EQ(got.list[0].keys, std::vector<std::string>{"key"});
}

TEST(RedisRequest, ANameTooLongToBeOneIsPassedOverWhateverCameBeforeIt) {
  RedisDriver driver;
  const std::string name = "*1\r\n$100000\r\n" + std::string(100, 'n');  // the rest has not come
  for (const std::string &before : {std::string(), resp({"GET", "k"}), resp({"PING"})}) {
    Requests got = driver.requests(before + name);
    ASSERT_FALSE(got.list.empty()) << before;
    EXPECT_EQ(got.list.back().cmd, "(other)") << before;
    EXPECT_EQ(got.list.back().req.size, 13u + 100000u + 2u) << before;
    EXPECT_EQ(got.list.back().req.route, WEIR_ROUTE_LOCAL) << before;
  }
}

TEST(RedisRequest, PayloadInFrontOfAKeyIsPassedOver) {
  RedisDriver driver;
  std::string script(200000, 'x');
  std::string bytes = resp({"EVAL", script, "1", "k"});
  Connection &c = driver.client();
  Requests got = driver.requests(c, bytes, {{100, 150000}});
  ASSERT_EQ(got.list.size(), 1u);
  EXPECT_EQ(got.list[0].keys, std::vector<std::string>{"k"});
  EXPECT_FALSE(got.too_big);
}

TEST(RedisRequest, UnitsAreWhatTravelsWithAKey) {
  RedisDriver driver;
  Requests mset = driver.requests(resp({"MSET", "a", "1", "bb", "22"}), {every_byte(44)});
  EXPECT_EQ(mset.list[0].units, (std::vector<std::string>{"$1\r\na\r\n$1\r\n1\r\n", "$2\r\nbb\r\n$2\r\n22\r\n"}));
  Requests mget = driver.requests(resp({"MGET", "a", "bb"}));
  EXPECT_EQ(mget.list[0].units, (std::vector<std::string>{"$1\r\na\r\n", "$2\r\nbb\r\n"}));
}

TEST(RedisRequest, NothingIsReadAfterQuit) {
  RedisDriver driver;
  Requests got = driver.requests(resp({"QUIT"}) + resp({"SET", "a", "b"}) + "junk");
  ASSERT_EQ(got.list.size(), 1u);
  EXPECT_TRUE(got.list[0].req.flags & WEIR_REQ_CLOSE);
}

TEST(RedisRequest, OnlyCommandsThatChangeNothingMayBeSentAgain) {
  RedisDriver driver;
  EXPECT_TRUE(driver.requests(resp({"GET", "a"})).list[0].req.flags & WEIR_REQ_RETRY_SAFE);
  EXPECT_FALSE(driver.requests(resp({"SET", "a", "b"})).list[0].req.flags & WEIR_REQ_RETRY_SAFE);
  EXPECT_FALSE(driver.requests(resp({"EVAL", "x", "1", "b"})).list[0].req.flags & WEIR_REQ_RETRY_SAFE);
}

TEST(RedisRequest, RequestsWithPasswordsAreSecret) {
  RedisDriver driver(FakeHost::Config{{"admin_commands", "allow"}});
  for (const std::string &bytes : {resp({"AUTH", "x"}), resp({"HELLO", "2", "AUTH", "default", "x"}),
                                   resp({"CONFIG", "SET", "requirepass", "x"}), std::string("AUTH x\r\n")})
    EXPECT_TRUE(driver.requests(bytes).list[0].req.flags & WEIR_REQ_SECRET) << bytes;
}

struct Broken {
  std::string bytes;
  const char *error;
};

TEST(RedisRequest, BrokenFramingIsAnsweredAsRedisDoes) {
  const std::vector<Broken> all = {
      {"*2147483648\r\n", "Protocol error: invalid multibulk length"},
      {"*01\r\n", "Protocol error: invalid multibulk length"},
      {"*+1\r\n", "Protocol error: invalid multibulk length"},
      {"*\r\n", "Protocol error: invalid multibulk length"},
      {"*99999999999999999999\r\n", "Protocol error: invalid multibulk length"},
      {"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$536870913\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$9223372036854775807\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$18446744073709551615\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\nx4\r\n", "Protocol error: expected '$', got 'x'"},
      {"*2\r\n$3\r\nGET\r\n:1\r\n", "Protocol error: expected '$', got ':'"},
      {"*" + std::string(70000, '1'), "Protocol error: too big mbulk count string"},
      {"*1\r\n$" + std::string(70000, '1'), "Protocol error: too big bulk count string"},
      {std::string(70000, 'a'), "Protocol error: too big inline request"},
      {"GET \"a\r\n", "Protocol error: unbalanced quotes in request"},
      {"GET 'a'b\r\n", "Protocol error: unbalanced quotes in request"},
  };
  RedisDriver driver;
  for (const Broken &broken : all) {
    for (bool split : {false, true}) {
      if (split && broken.bytes.size() > 1000) continue;
      Requests got = driver.requests(broken.bytes, {split ? every_byte(broken.bytes.size()) : std::vector<size_t>{}});
      EXPECT_EQ(got.status, WEIR_E_PROTO) << broken.bytes.substr(0, 40);
      EXPECT_EQ(got.error, broken.error);
      EXPECT_TRUE(got.list.empty());
    }
  }
}

TEST(RedisRequest, LongTokensInSmallWindowsAreSearchedOnce) {
  RedisDriver driver;
  std::string bytes = "*" + std::string(70000, '1');
  Feed feed;
  for (size_t at = 500; at < bytes.size(); at += 500) feed.cuts.push_back(at);
  EXPECT_EQ(driver.requests(bytes, feed).error, "Protocol error: too big mbulk count string");
}

TEST(RedisRequest, WhatCameBeforeBrokenFramingIsServed) {
  RedisDriver driver;
  Requests got = driver.requests(resp({"GET", "a"}) + "*x\r\n");
  EXPECT_EQ(got.status, WEIR_E_PROTO);
  ASSERT_EQ(got.list.size(), 1u);
  EXPECT_EQ(got.list[0].keys, std::vector<std::string>{"a"});
}

}  // namespace
}  // namespace weir::test
