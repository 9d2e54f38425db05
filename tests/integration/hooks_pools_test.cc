// Examples of conf/hooks that choose pools: by command, prefix and share, with copies and while data moves.
#include "tests/integration/hooks.h"

namespace weir::test {
namespace {

class HooksPools : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no scripts"); }
};

long long keys_of(const RedisServer &server) {
  return std::stoll(server.call({"DBSIZE"}).substr(1));
}

// As the script takes it.
uint32_t crc32_of(const std::string &text) {
  uint32_t crc = ~0U;
  for (unsigned char c : text) {
    crc ^= c;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320U : 0);
  }
  return ~crc;
}

bool in_share(const std::string &key, uint32_t percent) {
  return crc32_of(key) % 100 < percent;
}

std::string key_of_share(bool inside, uint32_t percent) {
  for (int i = 0;; ++i) {
    std::string key = "key" + std::to_string(i);
    if (in_share(key, percent) == inside) return key;
  }
}

TEST_F(HooksPools, ReadsGoToReplicasOnceAWriteHasSettled) {
  Example example("read_write", {{"settle: 1", "settle: 0.2"}});
  for (int port : {6380, 6381}) example.redis(port).call({"MSET", "a", "old", "b", "old"});
  Stream client = example.connect("primary");
  EXPECT_EQ(bulk("old"), client.ask(resp({"GET", "a"})));
  client.send(resp({"SET", "a", "new"}) + resp({"GET", "a"}) + resp({"GET", "b"}));
  EXPECT_EQ(kOk, client.read_reply());
  EXPECT_EQ(bulk("new"), client.read_reply()) << "read where it was written";
  EXPECT_EQ(bulk("old"), client.read_reply());
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "a"})) == bulk("old"); })) << "from a replica";
  EXPECT_EQ(kOk, client.ask("MULTI\r\n"));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"GET", "a"})));
  EXPECT_EQ(array({bulk("new")}), client.ask("EXEC\r\n")) << "a transaction stays with the primary";
  EXPECT_EQ(bulk("new"), example.redis(6379).call({"GET", "a"}));
}

TEST_F(HooksPools, TheLongestPrefixSaysThePool) {
  Example example("prefix_routes", {{"strip: false", "strip: true"}});
  Stream client = example.connect("pages");
  EXPECT_EQ(kOk, client.ask(resp({"SET", "front", "1"})));
  EXPECT_EQ(kOk, client.ask(resp({"MSET", "session:a", "2", "session:b", "3"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "session:old:a", "4"})));
  EXPECT_EQ(bulk("1"), example.redis(6379).call({"GET", "front"}));
  EXPECT_EQ(array({bulk("2"), bulk("3")}), example.redis(6380).call({"MGET", "a", "b"}));
  EXPECT_EQ(bulk("4"), example.redis(6381).call({"GET", "a"}));
  EXPECT_EQ(array({bulk("3"), bulk("2")}), client.ask(resp({"MGET", "session:b", "session:a"})));
  EXPECT_EQ("-ERR these keys belong to several pools\r\n", client.ask(resp({"MGET", "front", "session:a"})));
}

TEST_F(HooksPools, AShareOfTheKeysIsGreen) {
  Example example("blue_green");
  Stream client = example.connect("blue");
  long long green = 0;
  for (int i = 0; i < 100; ++i) {
    std::string key = "key" + std::to_string(i);
    green += in_share(key, 20) ? 1 : 0;
    client.send(resp({"SET", key, "x"}));
  }
  client.read_replies(100);
  EXPECT_EQ(green, keys_of(example.redis(6380)));
  EXPECT_EQ(100 - green, keys_of(example.redis(6379)));
  std::string one = key_of_share(true, 20), other = key_of_share(false, 20);
  EXPECT_EQ(bulk("x"), client.ask(resp({"GET", one})));
  EXPECT_EQ("-ERR these keys are in two pools: give them a hash tag\r\n", client.ask(resp({"DEL", one, other})));
  EXPECT_EQ(kOk, client.ask("MULTI\r\n"));
  EXPECT_EQ("-ERR transactions are not possible on this key for now\r\n", client.ask(resp({"GET", one})));
  EXPECT_THAT(client.ask("EXEC\r\n"), StartsWith("-EXECABORT"));

  example.reload("percent: 20", "percent: 100");
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", other})) == kNil; })) << "it is green now, and not there";
}

TEST_F(HooksPools, AShadowGetsItsShareAndNobodyNotices) {
  Example example("shadow");
  Stream client = example.connect("cache");
  long long wanted = 0;
  for (int i = 0; i < 100; ++i) {
    std::string key = "key" + std::to_string(i);
    wanted += in_share(key, 20) ? 1 : 0;
    EXPECT_EQ(kOk, client.ask(resp({"SET", key, "x"})));
    EXPECT_EQ(bulk("x"), client.ask(resp({"GET", key})));
  }
  EXPECT_EQ(100, keys_of(example.redis(6379)) + keys_of(example.redis(6380)));
  EXPECT_TRUE(eventually([&] { return keys_of(example.redis(6381)) == wanted; }));
}

TEST_F(HooksPools, ACacheMovesInThreePhases) {
  Example example("move_pool");
  Stream client = example.connect("cache");
  const RedisServer &fresh = example.redis(6381);
  auto in_old = [&](const std::string &key) {
    return example.redis(6379).call({"EXISTS", key}) == integer(1) ||
           example.redis(6380).call({"EXISTS", key}) == integer(1);
  };
  EXPECT_EQ(kOk, client.ask(resp({"SET", "a", "1"})));
  EXPECT_TRUE(in_old("a"));
  EXPECT_TRUE(eventually([&] { return fresh.call({"GET", "a"}) == bulk("1"); })) << "copied";

  fresh.call({"SET", "where", "new"});
  EXPECT_EQ(kNil, client.ask(resp({"GET", "where"})));
  example.reload("phase: copy", "phase: switch");
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "where"})) == bulk("new"); }));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "b", "2"})));
  EXPECT_EQ(bulk("2"), fresh.call({"GET", "b"}));
  EXPECT_TRUE(eventually([&] { return in_old("b"); })) << "copied back";

  example.reload("phase: switch", "phase: gone");
  EXPECT_TRUE(eventually(
      [&] { return example.proxy().log().find("expected copy, switch or done, found 'gone'") != std::string::npos; }));
  EXPECT_EQ(bulk("2"), client.ask(resp({"GET", "b"}))) << "a script that is wrong changes nothing";
}

TEST_F(HooksPools, AUserIsInOneOfTwoGroupsWithAllKeys) {
  Example example("ab_test");
  Stream client = example.connect("cache");
  for (int i = 0; i < 50; ++i) {
    const std::string user = "user:" + std::to_string(i);
    EXPECT_EQ(kOk, client.ask(resp({"MSET", user + ":a", "x", user + ":b", "x"})));
    EXPECT_EQ(example.redis(6380).call({"EXISTS", user + ":a"}), example.redis(6380).call({"EXISTS", user + ":b"}));
  }
  const long long in_b = keys_of(example.redis(6380));
  EXPECT_EQ(100, keys_of(example.redis(6379)) + in_b);
  EXPECT_GT(in_b, 0);
  EXPECT_LT(in_b, 60) << "of every five users one";
  EXPECT_TRUE(example.proxy().stats_reach([&](const Json &s) {
    const Json &tags = s.at("cache").at("tags");
    return tags.at("B").number("requests") == in_b / 2 && tags.at("A").number("requests") == 50 - in_b / 2;
  }));
}

}  // namespace
}  // namespace weir::test
