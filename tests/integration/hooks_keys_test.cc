// Examples of conf/hooks that rewrite keys: tenants that share servers, keys in several copies.
#include <set>

#include "tests/integration/hooks.h"

namespace weir::test {
namespace {

class HooksKeys : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no scripts"); }
};

// Whether a key lies on one of the two servers.
testing::AssertionResult lies(const Example &example, const std::string &key, const std::string &value) {
  for (int port : {6379, 6380}) {
    if (example.redis(port).call({"GET", key}) == bulk(value)) return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << key << " is nowhere, or not " << value;
}

TEST_F(HooksKeys, TenantsShareServersAndSeeOnlyTheirOwn) {
  Example example("tenant_prefix", {{"10.2.0.0/16", "127.0.0.2"}});
  Stream local = example.connect("cache"), umbra = example.connect("cache", "127.0.0.2");
  EXPECT_EQ(kOk, local.ask(resp({"MSET", "a", "1", "b", "2", "c", "3"})));
  EXPECT_EQ(array({kNil, kNil, kNil}), umbra.ask(resp({"MGET", "a", "b", "c"})));
  EXPECT_EQ(kOk, umbra.ask(resp({"SET", "a", "other"})));
  EXPECT_EQ(array({bulk("1"), bulk("2"), bulk("3")}), local.ask(resp({"MGET", "a", "b", "c"})));
  EXPECT_EQ(bulk("other"), umbra.ask(resp({"GET", "a"})));
  EXPECT_TRUE(lies(example, "local:a", "1"));
  EXPECT_TRUE(lies(example, "umbra:a", "other"));

  Stream stranger = example.connect("cache", "127.0.0.3");
  EXPECT_EQ("-ERR your address belongs to no tenant\r\n", stranger.ask(resp({"GET", "a"})));
  EXPECT_THAT(local.ask(resp({"KEYS", "*"})), HasSubstr("'keys' is not for tenants"));
  EXPECT_THAT(local.ask(resp({"EVAL", "return 1", "0"})), HasSubstr("'eval' is not for tenants"));
  EXPECT_THAT(local.ask(resp({"SUBSCRIBE", "news"})), HasSubstr("'subscribe' is not for tenants"));
  EXPECT_EQ("+PONG\r\n", local.ask("PING\r\n"));
}

TEST_F(HooksKeys, ATenantsRepliesAndTransactionsHaveItsOwnNames) {
  Example example("tenant_prefix");
  Stream client = example.connect("cache");
  EXPECT_THAT(client.ask(resp({"XADD", "log", "1-1", "f", "v"})), HasSubstr("1-1"));
  EXPECT_THAT(client.ask(resp({"XREAD", "STREAMS", "log", "0"})), HasSubstr("\r\n$3\r\nlog\r\n"));
  EXPECT_EQ(kOk, client.ask(resp({"WATCH", "a"})));
  EXPECT_EQ(kOk, client.ask("MULTI\r\n"));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"SET", "a", "1"})));
  EXPECT_EQ(array({kOk}), client.ask("EXEC\r\n"));
  EXPECT_TRUE(lies(example, "local:a", "1"));

  Stream pages = example.connect("pages");
  pages.send(mc_set("one", "1") + mc_set("two", "2") + "get one two\r\n");
  EXPECT_EQ("STORED", pages.read_line());
  EXPECT_EQ("STORED", pages.read_line());
  EXPECT_EQ(mc_value("one", "1") + mc_value("two", "2") + "END\r\n", pages.read_memcached());
  std::string there;
  for (int port : {11211, 11212}) there += example.memcached(port).call("get acme:one acme:two\r\n");
  EXPECT_THAT(there, HasSubstr("VALUE acme:one 0 1\r\n1\r\n"));
  EXPECT_THAT(there, HasSubstr("VALUE acme:two 0 1\r\n2\r\n"));
  pages.send("flush_all\r\n");
  EXPECT_THAT(pages.read_line(), HasSubstr("'flush_all' is not for tenants"));
}

TEST_F(HooksKeys, AHotKeyHasCopiesAndEachClientItsOwn) {
  Example example("hot_keys");
  auto copies = [&example] {
    std::set<std::string> found;
    for (int port : {6379, 6380, 6381}) {
      for (int i = 1; i <= 8; ++i) {
        std::string key = "top#" + std::to_string(i);
        if (example.redis(port).call({"EXISTS", key}) == integer(1)) found.insert(key);
      }
    }
    return found;
  };
  for (int i = 1; i <= 20; ++i) {
    Stream client = example.connect("cache", "127.0.0." + std::to_string(i));
    std::string old = client.ask(resp({"GET", "top"}));
    if (old == kNil) {
      EXPECT_EQ(kOk, client.ask(resp({"SET", "top", "v", "EX", "100"})));
    }
    EXPECT_EQ(array({bulk("v"), kNil}), client.ask(resp({"MGET", "top", "topmost"})));
  }
  EXPECT_GT(copies().size(), 4u) << "of eight, by twenty addresses";

  Stream client = example.connect("cache");
  EXPECT_EQ("-ERR a hot key: write all its copies, top#1 to top#8\r\n", client.ask(resp({"SET", "top", "w"})));
  EXPECT_THAT(client.ask(resp({"DEL", "top#1", "top#2", "top#3", "top#4", "top#5", "top#6", "top#7", "top#8"})),
              StartsWith(":"));
  EXPECT_TRUE(copies().empty());
}

TEST_F(HooksKeys, AHotKeyOfMemcachedIsFilledByWhoMissedIt) {
  Example example("hot_keys");
  Stream client = example.connect("pages");
  client.send("get top\r\nset top 0 100 1\r\nv\r\nget top\r\nset top 0 0 1\r\nw\r\n");
  EXPECT_EQ("END\r\n", client.read_memcached());
  EXPECT_EQ("STORED", client.read_line());
  EXPECT_EQ(mc_value("top", "v") + "END\r\n", client.read_memcached());
  EXPECT_EQ("SERVER_ERROR a hot key: write all its copies, top#1 to top#4", client.read_line());
}

TEST_F(HooksKeys, AnotherVersionMakesAKindStaleAtOnce) {
  Example example("key_versions");
  Stream client = example.connect("cache");
  EXPECT_EQ(kOk, client.ask(resp({"MSET", "user:1", "u", "cart:1", "c", "plain", "p"})));
  auto stored = [&](const std::string &key) {
    return example.redis(6379).call({"EXISTS", key}) == integer(1) ||
           example.redis(6380).call({"EXISTS", key}) == integer(1);
  };
  EXPECT_TRUE(stored("user:v3:1") && stored("cart:v1:1") && stored("plain"));
  example.reload("\"user:\": 3", "\"user:\": 4");
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "user:1"})) == kNil; }));
  EXPECT_EQ(array({kNil, bulk("c"), bulk("p")}), client.ask(resp({"MGET", "user:1", "cart:1", "plain"})));
}

}  // namespace
}  // namespace weir::test
