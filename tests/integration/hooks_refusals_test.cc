// Examples of conf/hooks that refuse, answer and count.
#include "tests/integration/hooks.h"

namespace weir::test {
namespace {

class HooksRefusals : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has no scripts"); }
};

TEST_F(HooksRefusals, CommandsOfOperatorsAreTheirs) {
  Example example("deny_commands");
  Stream client = example.connect("cache", "127.0.0.2"), operators = example.connect("cache");
  EXPECT_EQ(kOk, client.ask(resp({"SET", "a", "1"})));
  EXPECT_EQ("-ERR 'flushall' is for operators: delete what is yours with DEL or UNLINK\r\n",
            client.ask(resp({"FLUSHALL"})));
  EXPECT_EQ("-ERR 'keys' is for operators: use SCAN\r\n", client.ask(resp({"KEYS", "*"})));
  EXPECT_EQ("-ERR 'config' is for operators: ask an operator\r\n", client.ask(resp({"CONFIG", "GET", "maxmemory"})));
  EXPECT_EQ(kOk, client.ask("MULTI\r\n"));
  EXPECT_THAT(client.ask(resp({"FLUSHALL"})), StartsWith("-ERR 'flushall' is for operators"));
  EXPECT_THAT(client.ask("EXEC\r\n"), StartsWith("-EXECABORT"));
  EXPECT_TRUE(example.counts("cache", "denied", 4));
  EXPECT_EQ(bulk("1"), client.ask(resp({"GET", "a"})));
  EXPECT_EQ(array({bulk("a")}), operators.ask(resp({"KEYS", "*"})));
  EXPECT_EQ(kOk, operators.ask(resp({"FLUSHALL"})));

  Stream pages = example.connect("pages");
  pages.send("flush_all\r\nversion\r\n");
  EXPECT_EQ("SERVER_ERROR 'flush_all' is for operators: delete what is yours", pages.read_line());
  EXPECT_THAT(pages.read_line(), StartsWith("VERSION"));
}

TEST_F(HooksRefusals, AnAddressThatSendsTooMuchIsRefusedAndOthersAreNot) {
  Example example("rate_limit", {{"per_second: 1000", "per_second: 1"}, {"burst: 2000", "burst: 20"}}, 2);
  Stream client = example.connect("cache"), other = example.connect("cache", "127.0.0.2");
  std::string all;
  for (int i = 0; i < 200; ++i) all += resp({"GET", "a"});
  client.send(all);
  int served = 0, limited = 0;
  for (int i = 0; i < 200; ++i) {
    std::string reply = client.read_reply();
    if (reply == kNil) ++served;
    if (reply == "-ERR too many requests\r\n") ++limited;
    EXPECT_TRUE(i >= 10 || reply == kNil) << i;
  }
  EXPECT_EQ(200, served + limited);
  EXPECT_LT(served, 20) << "half of the burst is a worker's; 10 more would take 20 seconds";
  EXPECT_EQ(kNil, other.ask(resp({"GET", "a"})));
  EXPECT_TRUE(example.counts("cache", "limited", limited));
  EXPECT_TRUE(example.counts("cache", "addresses", 4)) << "two, and on each worker one for all that are too many";
}

TEST_F(HooksRefusals, ClosedKeysAreMissesAndNoServerIsAsked) {
  Example example("maintenance");
  Stream client = example.connect("cache");
  for (int port : {6379, 6380}) example.redis(port).call({"SET", "shop:1", "x"});
  const std::string closed = "the shop is being rebuilt; it is back at ten";
  EXPECT_EQ(kNil, client.ask(resp({"GET", "shop:1"})));
  EXPECT_EQ("-ERR " + closed + "\r\n", client.ask(resp({"SET", "shop:1", "y"})));
  EXPECT_EQ("-ERR " + closed + "\r\n", client.ask(resp({"MGET", "page:1", "shop:1"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "page:1", "y"})));
  EXPECT_EQ(bulk("x"), example.redis(6379).call({"GET", "shop:1"}));
  EXPECT_TRUE(example.counts("cache", "maintenance_misses", 1));
  EXPECT_TRUE(example.counts("cache", "maintenance_refused", 2));

  Stream pages = example.connect("pages");
  pages.send("get shop:1\r\n" + mc_set("shop:1", "x") + mc_set("page:1", "y") + "get page:1\r\n");
  EXPECT_EQ("END\r\n", pages.read_memcached());
  EXPECT_EQ("SERVER_ERROR " + closed, pages.read_line());
  EXPECT_EQ("STORED", pages.read_line());
  EXPECT_EQ(mc_value("page:1", "y") + "END\r\n", pages.read_memcached());
}

TEST_F(HooksRefusals, LargeValuesAreRefusedOrNamed) {
  Example example("big_values", {{"most: 1000000", "most: 1000"}});
  const std::string large(2000, 'x');
  Stream client = example.connect("cache");
  EXPECT_THAT(client.ask(resp({"SET", "a", large})),
              MatchesRegex("-ERR a request of 20[0-9]+ bytes; at most 1000.*\r\n"));
  EXPECT_EQ(kNil, client.ask(resp({"GET", "a"})));
  for (int port : {6379, 6380}) example.redis(port).call({"SET", "a", large});
  EXPECT_EQ(bulk(large), client.ask(resp({"GET", "a"})));
  EXPECT_TRUE(example.counts("cache", "large_requests", 1));
  EXPECT_TRUE(example.counts("cache", "large_replies", 1));
  EXPECT_TRUE(eventually(
      [&] { return example.proxy().log().find("a reply of 2009 bytes to get of 127.0.0.1") != std::string::npos; }));
  Stream pages = example.connect("pages");
  pages.send(mc_set("a", large) + mc_set("b", "y"));
  EXPECT_THAT(pages.read_line(), StartsWith("SERVER_ERROR a request of 20"));
  EXPECT_EQ("STORED", pages.read_line());
}

TEST_F(HooksRefusals, TenantsAreCounted) {
  Example example("tenant_counters", {}, 2);
  for (int i = 0; i < 4; ++i) {  // on both workers
    Stream client = example.connect("cache");
    EXPECT_EQ(kOk, client.ask(resp({"SET", "t1:a", "x"})));
    EXPECT_EQ(bulk("x"), client.ask(resp({"GET", "t1:a"})));
    EXPECT_THAT(client.ask(resp({"INCR", "t1:a"})), StartsWith("-ERR"));
    EXPECT_EQ(kNil, client.ask(resp({"GET", "t9:a"})));
  }
  EXPECT_TRUE(example.proxy().stats_reach([](const Json &s) {
    const Json &tags = s.at("cache").at("tags");
    return tags.has("acme") && tags.at("acme").number("requests") == 12 && tags.at("acme").number("errors") == 4 &&
           tags.at("acme").at("latency_us").number("count") == 12 && tags.at("others").number("requests") == 4 &&
           s.at("cache").at("plugins").at("lua").at("reply_bytes").number("count") == 16;
  }));
}

TEST_F(HooksRefusals, ATenantThatWroteItsQuotaWaitsForTheNextMinute) {
  Example example("tenant_quota", {{"bytes_a_minute: 10000000", "bytes_a_minute: 1000"}}, 2);
  Stream client = example.connect("cache");
  const std::string value(300, 'x'), refusal = "-ERR the quota of this minute is used up\r\n";
  EXPECT_EQ(kOk, client.ask(resp({"SET", "one:a", value})));
  EXPECT_EQ(refusal, client.ask(resp({"SET", "one:b", value}))) << "500 are a worker's";
  EXPECT_EQ(bulk(value), client.ask(resp({"GET", "one:a"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "two:a", value})));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(kOk, client.ask(resp({"SET", "acme:a", value})));
  EXPECT_TRUE(example.counts("cache", "over_quota", 1));
}

TEST_F(HooksRefusals, WhatIsSlowIsInTheLogWithItsKey) {
  Example example("slow_log", {{"slow_ms: 10", "slow_ms: 0"}});
  Stream client = example.connect("cache");
  client.send(resp({"GET", "first"}) + resp({"SET", "se\ncond", "x"}));
  EXPECT_EQ(kNil, client.read_reply());
  EXPECT_EQ(kOk, client.read_reply());
  for (const char *text : {"slow: get \"first\" ", "slow: set \"se\\ cond\" "}) {
    auto logged = [&] { return example.proxy().log().find(text) != std::string::npos; };
    EXPECT_TRUE(eventually(logged)) << text << example.proxy().log();
  }
  EXPECT_TRUE(example.counts("cache", "slow", 2));
}

}  // namespace
}  // namespace weir::test
