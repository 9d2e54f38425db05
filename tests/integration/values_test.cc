// Values of all sizes and bytes come back as they were given.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

std::string every_byte_value() {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  return all;
}

// Bytes in which a lost, doubled or moved piece shows.
std::string pattern(size_t size) {
  std::string value(size, '\0');
  uint32_t state = 1;
  for (char &c : value) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return value;
}

class Values : public testing::TestWithParam<size_t> {};

TEST_P(Values, ComeBackFromRedisAsTheyWereGiven) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  std::string value = pattern(GetParam());
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", value})));
  EXPECT_TRUE(same(bulk(value), client.ask(resp({"GET", "key"}))));
  EXPECT_EQ(integer(static_cast<long>(value.size())), client.ask(resp({"STRLEN", "key"})));
  // In the midst of other requests, written in one go.
  client.send(resp({"SET", "a", "1"}) + resp({"SET", "key", value}) + resp({"GET", "a"}) + resp({"GET", "key"}) +
              resp({"GET", "a"}));
  EXPECT_EQ(kOk + std::string(kOk) + bulk("1"), client.read_replies(3));
  EXPECT_TRUE(same(bulk(value), client.read_reply()));
  EXPECT_EQ(bulk("1"), client.read_reply());
}

INSTANTIATE_TEST_SUITE_P(Bytes, Values,
                         testing::Values(0, 1, 1'024, 16'383, 16'384, 16'385, 65'535, 65'536, 65'537, 1 << 20),
                         testing::PrintToStringParamName());

TEST(Value, Of64MiBComesBackFromRedis) {
  size_t size = slow_build() ? size_t{8} << 20 : size_t{64} << 20;
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect(), other = proxy.connect();
  std::string value = pattern(size);
  EXPECT_EQ(kOk, client.ask(resp({"SET", "huge", value})));
  client.send(resp({"GET", "huge"}));
  EXPECT_EQ("+PONG\r\n", other.ask(resp({"PING"})));  // others are served meanwhile
  EXPECT_TRUE(same(bulk(value), client.read_reply()));
}

TEST(Value, AndKeyMayHoldAnyByte) {
  RedisServers servers = redis_servers(3);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  std::string all = every_byte_value();
  for (const std::string &key : {all, std::string("\r\n"), std::string("\0", 1), std::string("*1\r\n$4\r\nPING\r\n"),
                                 std::string("with space"), std::string("\xc3\xa4\xf0\x9f\x98\x80")}) {
    EXPECT_EQ(kOk, client.ask(resp({"SET", key, all + key})));
    EXPECT_EQ(bulk(all + key), client.ask(resp({"GET", key})));
    EXPECT_EQ(array({bulk(all + key), kNil, bulk(all + key)}), client.ask(resp({"MGET", key, "none", key})));
  }
}

TEST(Value, OfTheEmptyKeyIsKept) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "", ""})));
  EXPECT_EQ(bulk(""), client.ask(resp({"GET", ""})));
  EXPECT_EQ(array({bulk(""), kNil}), client.ask(resp({"MGET", "", "none"})));
}

TEST(Value, OfALongKeyIsKept) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  std::string key(proxy_is_twemproxy() ? 16'000 : 40'000, 'k');
  EXPECT_EQ(kOk, client.ask(resp({"SET", key, "v"})));
  EXPECT_EQ(array({bulk("v"), kNil}), client.ask(resp({"MGET", key, "none"})));
}

TEST(Value, RepliesOfEveryShapePassUnchanged) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  client.ask(resp({"RPUSH", "list", "1", "", "3"}));
  EXPECT_EQ(array({bulk("1"), bulk(""), bulk("3")}), client.ask(resp({"LRANGE", "list", "0", "-1"})));
  EXPECT_EQ("*0\r\n", client.ask(resp({"LRANGE", "none", "0", "-1"})));
  EXPECT_EQ(kNil, client.ask(resp({"GET", "none"})));
  EXPECT_EQ("*-1\r\n", client.ask(resp({"LPOP", "none", "2"})));
  EXPECT_EQ("+list\r\n", client.ask(resp({"TYPE", "list"})));
  EXPECT_EQ(integer(-2), client.ask(resp({"TTL", "none"})));
  EXPECT_THAT(client.ask(resp({"INCR", "list"})), StartsWith("-WRONGTYPE "));
  client.ask(resp({"HSET", "hash", "f", "v"}));
  EXPECT_EQ(array({bulk("0"), array({bulk("f"), bulk("v")})}), client.ask(resp({"HSCAN", "hash", "0"})));
  EXPECT_EQ(array({bulk("1"), array({integer(1), array({bulk("deep")}), kNil})}),
            client.ask(resp({"EVAL", "return {'1', {1, {'deep'}, false}}", "1", "key"})));
}

class MemcachedValues : public testing::TestWithParam<size_t> {};

TEST_P(MemcachedValues, ComeBackAsTheyWereGiven) {
  Memcacheds servers = memcacheds(2);
  Proxy proxy(memcached_pool(servers));
  Stream client = proxy.connect();
  std::string value = pattern(GetParam());
  client.send(mc_set("key", value, "42") + "get key\r\n" + "get key none\r\n");
  EXPECT_EQ("STORED", client.read_line());
  std::string hit = mc_value("key", value, "42") + "END\r\n";
  EXPECT_TRUE(same(hit, client.read_memcached()));
  EXPECT_TRUE(same(hit, client.read_memcached()));
}

INSTANTIATE_TEST_SUITE_P(Bytes, MemcachedValues,
                         testing::Values(0, 1, 2, 1'024, 16'383, 16'384, 16'385, 65'536, 1'000'000),
                         testing::PrintToStringParamName());

TEST(MemcachedValue, OverTheServersLimitGetsTheServersErrorAndTheConnectionGoesOn) {
  SKIP_ON_TWEMPROXY("closes the server connection when the error comes before the value's end");
  Memcacheds servers = memcacheds(2);
  Proxy proxy(memcached_pool(servers));
  Stream client = proxy.connect();
  client.send(mc_set("key", "small") + mc_set("key", pattern(3 << 20)) + mc_set("other", "1") + "get other\r\n");
  EXPECT_EQ("STORED", client.read_line());
  EXPECT_EQ("SERVER_ERROR object too large for cache", client.read_line());
  EXPECT_EQ("STORED", client.read_line());
  EXPECT_EQ(mc_value("other", "1") + "END\r\n", client.read_memcached());
}

}  // namespace
}  // namespace weir::test
