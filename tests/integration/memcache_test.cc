// Every command of memcached's text protocol, through the proxy as if there were none.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Memcache : public WithWorkers {
 protected:
  Memcacheds servers_ = memcacheds(2);
  Proxy proxy_{memcached_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  std::string ask(const std::string &request) {
    client_.send(request + "\r\n");
    return client_.read_memcached();
  }
  // storage command, key and the rest of its line, value
  std::string store(const std::string &head, const std::string &value) { return ask(head + "\r\n" + value); }
  std::string cas_of(const std::string &key) {
    std::string reply = ask("gets " + key), line = reply.substr(0, reply.find('\r'));
    return line.substr(line.rfind(' ') + 1);
  }
};

TEST_P(Memcache, StoresInAllWays) {
  EXPECT_EQ("STORED\r\n", store("set k 5 0 3", "abc"));
  EXPECT_EQ("NOT_STORED\r\n", store("add k 0 0 1", "x"));
  EXPECT_EQ("STORED\r\n", store("add new 0 0 1", "x"));
  EXPECT_EQ("STORED\r\n", store("replace new 0 0 1", "y"));
  EXPECT_EQ("NOT_STORED\r\n", store("replace none 0 0 1", "y"));
  EXPECT_EQ("STORED\r\n", store("append k 0 0 1", "d"));
  EXPECT_EQ("STORED\r\n", store("prepend k 0 0 1", "_"));
  EXPECT_EQ("NOT_STORED\r\n", store("append none 0 0 1", "d"));
  EXPECT_EQ(mc_value("k", "_abcd", "5") + "END\r\n", ask("get k"));
}

TEST_P(Memcache, ComparesAndSwaps) {
  EXPECT_EQ("NOT_FOUND\r\n", store("cas k 0 0 1 1", "x"));
  store("set k 0 0 1", "a");
  std::string cas = cas_of("k");
  EXPECT_EQ("STORED\r\n", store("cas k 0 0 1 " + cas, "b"));
  EXPECT_EQ("EXISTS\r\n", store("cas k 0 0 1 " + cas, "c"));
  EXPECT_EQ(mc_value("k", "b") + "END\r\n", ask("get k"));
}

TEST_P(Memcache, CountsTouchesAndDeletes) {
  store("set n 0 0 2", "10");
  EXPECT_EQ("15\r\n", ask("incr n 5"));
  EXPECT_EQ("12\r\n", ask("decr n 3"));
  EXPECT_EQ("TOUCHED\r\n", ask("touch n 100"));
  EXPECT_EQ("NOT_FOUND\r\n", ask("touch none 100"));
  EXPECT_EQ("DELETED\r\n", ask("delete n"));
  EXPECT_EQ("NOT_FOUND\r\n", ask("delete n"));
  EXPECT_EQ("END\r\n", ask("get n"));
}

TEST_P(Memcache, NegativeExpiryMeansAtOnce) {
  SKIP_ON_TWEMPROXY("closes the connection");
  EXPECT_EQ("STORED\r\n", store("set k 0 -1 1", "x"));
  EXPECT_EQ("END\r\n", ask("get k"));
}

TEST_P(Memcache, GetsAndTouches) {
  SKIP_ON_TWEMPROXY("closes the connection");
  store("set a 1 0 1", "A");
  store("set b 2 0 1", "B");
  EXPECT_EQ(mc_value("a", "A", "1") + "END\r\n", ask("gat 100 a"));
  EXPECT_EQ(mc_value("a", "A", "1") + mc_value("b", "B", "2") + "END\r\n", ask("gat 100 a none b"));
  EXPECT_THAT(ask("gats 100 a b"), MatchesRegex("VALUE a 1 1 [0-9]+\r\nA\r\nVALUE b 2 1 [0-9]+\r\nB\r\nEND\r\n"));
  EXPECT_EQ("END\r\n", ask("gat 100 none"));
}

TEST_P(Memcache, FlushesEveryServer) {
  SKIP_ON_TWEMPROXY("closes the connection");
  for (int i = 0; i < 20; ++i) store("set key" + std::to_string(i) + " 0 0 1", "x");
  EXPECT_EQ("OK\r\n", ask("flush_all"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ("END\r\n", ask("get key" + std::to_string(i)));
}

TEST_P(Memcache, TellsAVersionAndTakesVerbosity) {
  EXPECT_THAT(ask("version"), StartsWith("VERSION "));
  EXPECT_EQ("STORED\r\n", store("set k 0 0 1", "x"));
  SKIP_ON_TWEMPROXY("closes the connection on verbosity");
  EXPECT_EQ("OK\r\n", ask("verbosity 1"));
  EXPECT_EQ("STORED\r\n", store("set k 0 0 1", "x"));
}

TEST_P(Memcache, QuitAnswersWhatIsPendingAndCloses) {
  client_.send(mc_set("k", "v") + "get k\r\nquit\r\n");
  EXPECT_EQ("STORED\r\n" + mc_value("k", "v") + "END\r\n", client_.read_until_close());
}

TEST_P(Memcache, NoreplySaysNothingAndLeavesTheOrderOfOthersAlone) {
  client_.send(
      "set a 0 0 1 noreply\r\n1\r\n"
      "get a\r\n"
      "add a 0 0 1 noreply\r\n9\r\n"
      "add b 0 0 1 noreply\r\n5\r\n"
      "replace a 0 0 1 noreply\r\n2\r\n"
      "append a 0 0 1 noreply\r\n0\r\n"
      "incr a 1 noreply\r\n"
      "decr b 1 noreply\r\n"
      "get a\r\n"
      "get b\r\n"
      "delete a noreply\r\n"
      "delete none noreply\r\n"
      "touch b 100 noreply\r\n"
      "cas b 0 0 1 1 noreply\r\n7\r\n"
      "get a\r\n"
      "incr b 1\r\n");
  EXPECT_EQ(mc_value("a", "1") + "END\r\n", client_.read_memcached());
  EXPECT_EQ(mc_value("a", "21") + "END\r\n", client_.read_memcached());
  EXPECT_EQ(mc_value("b", "4") + "END\r\n", client_.read_memcached());
  EXPECT_EQ("END\r\n", client_.read_memcached());
  EXPECT_EQ("5\r\n", client_.read_memcached());
}

TEST_P(Memcache, AThousandNorepliesThenOneReply) {
  std::string requests;
  for (int i = 0; i < 1'000; ++i) {
    requests += "set k" + std::to_string(i % 10) + " 0 0 4 noreply\r\n" + std::to_string(1'000 + i) + "\r\n";
  }
  client_.send(requests + "get k9\r\nget k0\r\n");
  EXPECT_EQ(mc_value("k9", "1999") + "END\r\n", client_.read_memcached());
  EXPECT_EQ(mc_value("k0", "1990") + "END\r\n", client_.read_memcached());
}

TEST_P(Memcache, TwoClientsWithAndWithoutNoreplyShareServerConnections) {
  side_by_side(6, [&](int id) {
    Stream client = proxy_.connect();
    std::string key = "client" + std::to_string(id), quiet = id % 2 ? " noreply" : "";
    for (int i = 0; i < (slow_build() ? 30 : 200); ++i) {
      std::string value = std::to_string(id) + ":" + std::to_string(i);
      client.send("set " + key + " 0 0 " + std::to_string(value.size()) + quiet + "\r\n" + value + "\r\n" + "get " +
                  key + "\r\n");
      if (quiet.empty()) {
        ASSERT_EQ("STORED", client.read_line());
      }
      ASSERT_EQ(mc_value(key, value) + "END\r\n", client.read_memcached());
    }
  });
}

TEST_P(Memcache, KeysMayHoldHighBytesAndPunctuation) {
  std::string key = "\xc3\xa4-{tag}:%$\x80\xff";
  EXPECT_EQ("STORED\r\n", store("set " + key + " 0 0 1", "x"));
  EXPECT_EQ(mc_value(key, "x") + "END\r\n", ask("get " + key));
}

TEST_P(Memcache, ValuesThatLookLikeCommandsAndRepliesAreOnlyValues) {
  std::string value = "END\r\nget a\r\nVALUE x 0 1\r\nSTORED\r\n";
  EXPECT_EQ("STORED\r\n", store("set k 0 0 " + std::to_string(value.size()), value));
  EXPECT_EQ(mc_value("k", value) + "END\r\n", ask("get k"));
  EXPECT_EQ(mc_value("k", value) + "END\r\n", ask("get k none"));
}

TELL_WITH_WORKERS(Memcache);

}  // namespace
}  // namespace weir::test
