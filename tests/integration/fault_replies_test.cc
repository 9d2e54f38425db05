// Servers that answer what nobody should: too much, too little, too often, in another protocol. What clients then hear,
// and what they never hear.
#include "tests/integration/story.h"
#include "tests/support/servers/relay.h"
#include "tests/support/servers/scripts.h"

namespace weir::test {
namespace {

using testing::ContainsRegex;

class FaultyReplies : public WithWorkers {
 protected:
  void SetUp() override {
    if (proxy_is_twemproxy()) GTEST_SKIP() << "twemproxy: takes much of this for replies";
  }
  // A pool whose only server does this, and beside it one with a good server.
  void start(FakeServer::Script script, bool redis = true, milliseconds timeout = scaled(milliseconds(300))) {
    server_ = std::make_unique<FakeServer>(std::move(script));
    good_ = std::make_unique<RedisServer>();
    PoolText bad("alpha"), good("beta");
    bad.set("redis", redis ? "true" : "false").set("timeout", std::to_string(timeout.count()));
    good.redis().server(good_->address());
    proxy_ = std::make_unique<Proxy>(std::vector{bad.server(server_->address(), "s0"), good},
                                     Proxy::Options{.workers = GetParam()});
  }
  // Every request gets an error, or its client is closed when half a reply had come; never anything else. The log says
  // why.
  void only_errors(const std::string &error_begin, const std::string &logged,
                   const std::string &get = resp({"GET", "key"})) {
    Stream other = proxy_->connect(1);
    for (int i = 0; i < 10; ++i) {
      Stream client = proxy_->connect();
      try {
        client.send(get + get);
        for (int n = 0; n < 2; ++n) EXPECT_THAT(client.read_line(), ContainsRegex("^" + error_begin));
      } catch (const StreamError &e) {
        EXPECT_THAT(e.what(), StartsWith("closed"));
      }
      EXPECT_EQ(bulk("here"), other.ask(resp({"ECHO", "here"})));
      EXPECT_EQ(kOk, other.ask(resp({"SET", "key", "v"})));
    }
    EXPECT_TRUE(idle());
    EXPECT_THAT(proxy_->log(), ContainsRegex("warn   pool alpha: server s0: (" + logged + ")\n"));
  }
  // What a client may get that asks so often over a server that leaves replies half done.
  void answers_errors_or_the_end(int requests) {
    Stream client = proxy_->connect();
    try {
      for (int i = 0; i < requests; ++i) {
        std::string key = std::to_string(++keys_), reply = client.ask(resp({"GET", key}));
        EXPECT_THAT(reply, testing::AnyOf(testing::Eq(bulk("for " + key)), StartsWith("-ERR "))) << key;
      }
    } catch (const StreamError &e) {
      EXPECT_THAT(e.what(), StartsWith("closed after"));
    }
  }
  bool idle() const {
    return proxy_->stats_reach([](const Json &stats) {
      const Json &s = stats.at("alpha").at("s0");
      return s.number("in_queue") == 0 && s.number("out_queue") == 0;
    });
  }
  std::unique_ptr<FakeServer> server_;
  std::unique_ptr<RedisServer> good_;
  std::unique_ptr<Proxy> proxy_;
  int keys_ = 0;
};

TEST_P(FaultyReplies, RubbishIsAnError) {
  start(scripts::says("nonsense\r\n"));
  only_errors("-ERR a reply begins with a byte that is no RESP type",
              "a reply begins with a byte that is no RESP type");
}

TEST_P(FaultyReplies, BinaryRubbishIsAnError) {
  start(scripts::says(std::string("\0\xff\x01\x80\r\n\0$", 8)));
  only_errors("-ERR a reply begins with a byte that is no RESP type",
              "a reply begins with a byte that is no RESP type");
}

TEST_P(FaultyReplies, AnHttpServerBehindARedisPoolIsAnError) {
  start(scripts::says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
  only_errors("-ERR a reply begins with a byte that is no RESP type",
              "a reply begins with a byte that is no RESP type");
}

TEST_P(FaultyReplies, AnHttpServerBehindAMemcachedPoolIsAnError) {
  start(scripts::says("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), false);
  only_errors("SERVER_ERROR a reply that the command cannot get", "a reply that the command cannot get", "get key\r\n");
}

TEST_P(FaultyReplies, AnEndlessLineIsAnError) {
  start(scripts::never_ends("+"));
  only_errors("-ERR ", "a reply larger than client_output_limit has to be held whole");
}

TEST_P(FaultyReplies, AnEndlessNumberOfElementsIsAnError) {
  start(scripts::says("*9999999999999999999\r\n$1\r\na\r\n"));
  only_errors("-ERR a length in a reply is no number", "a length in a reply is no number");
}

TEST_P(FaultyReplies, AMemcachedBehindARedisPoolIsAnError) {
  Memcached wrong;
  RedisServer right;
  PoolText pool;
  pool.redis().set("timeout", "300").server(wrong.address(), "s0");
  Proxy proxy(pool, GetParam());
  for (int i = 0; i < 10; ++i) {
    Stream client = proxy.connect();
    EXPECT_THAT(client.ask(resp({"GET", "key"})), StartsWith("-ERR "));
    EXPECT_THAT(client.ask(resp({"SET", "key", "value"})), StartsWith("-ERR "));
  }
}

TEST_P(FaultyReplies, ARedisBehindAMemcachedPoolIsAnError) {
  RedisServer wrong;
  PoolText pool;
  pool.set("timeout", "300").server(wrong.address(), "s0");
  Proxy proxy(pool, GetParam());
  for (int i = 0; i < 10; ++i) {
    Stream client = proxy.connect();
    for (const std::string &request :
         {std::string("get key\r\n"), mc_set("key", "value"), std::string("get a b c\r\n")}) {
      client.send(request);
      EXPECT_THAT(client.read_line(), MatchesRegex("SERVER_ERROR .*|ERROR.*")) << request;
    }
  }
}

TEST_P(FaultyReplies, AServerThatClosesAtOnceIsAnError) {
  start(scripts::closes_at_once());
  only_errors("-ERR (Connection reset by peer|Broken pipe)",
              "Connection reset by peer|Broken pipe|the server closed the connection");
}

TEST_P(FaultyReplies, AServerThatResetsAtOnceIsAnError) {
  start(scripts::resets_at_once());
  only_errors("-ERR (Connection reset by peer|Broken pipe)", "Connection reset by peer|Broken pipe");
}

TEST_P(FaultyReplies, AServerThatNeverAnswersTimesOut) {
  start(FakeServer::silent());
  only_errors("-ERR Connection timed out", "Connection timed out");
}

// Of what comes after half a reply only the close may be seen.
TEST_P(FaultyReplies, AResetWithinAReplyEndsThatReplyOnly) {
  start(scripts::resets_in_a_reply(3));
  Stream other = proxy_->connect(1);
  for (int round = 0; round < 20; ++round) {
    answers_errors_or_the_end(5);
    EXPECT_EQ(bulk("here"), other.ask(resp({"ECHO", "here"})));
  }
  EXPECT_TRUE(idle());
}

TEST_P(FaultyReplies, HalfAReplyAndSilenceEndsByTheTimeout) {
  start(scripts::halves_a_reply(2));
  for (int round = 0; round < 3; ++round) {
    answers_errors_or_the_end(4);
  }
  EXPECT_TRUE(idle());
}

// A second answer, to nobody's question, is noticed at the latest when it has come; then the connection ends. Whoever
// asks one at a time gets the right answer or an error.
TEST_P(FaultyReplies, ADoubledReplyIsNeverTheNextOnesAnswer) {
  start(scripts::repeats_itself());
  int right = 0;
  for (int round = 0; round < 100; ++round) {
    Stream client = proxy_->connect();
    std::string key = std::to_string(round), reply = client.ask(resp({"GET", key}));
    if (reply.starts_with("-ERR ")) continue;
    EXPECT_EQ(bulk("for " + key), reply);
    ++right;
  }
  EXPECT_GT(right, 10);
  EXPECT_GT(server_->accepted(), 10);
  EXPECT_THAT(proxy_->log(), HasSubstr("pool alpha: server s0: a reply that no request asked for\n"));
  EXPECT_TRUE(idle());
}

TEST_P(FaultyReplies, AServerThatClosesIdleConnectionsIsReopenedQuietly) {
  start(scripts::closes_when_idle(milliseconds(20)));
  Stream client = proxy_->connect();
  for (int i = 0; i < 10; ++i) {
    int before = server_->accepted();
    std::string key = std::to_string(i);
    EXPECT_EQ(bulk("for " + key), client.ask(resp({"GET", key})));
    EXPECT_TRUE(proxy_->stats_reach([&](const Json &s) { return s.at("alpha").at("s0").number("server_eof") > i; }));
    EXPECT_LE(server_->accepted(), before + 1);
  }
  EXPECT_EQ(0, proxy_->stats().at("alpha").number("forward_error"));
  EXPECT_EQ(std::string::npos, proxy_->log().find(" warn ")) << proxy_->log();
}

TELL_WITH_WORKERS(FaultyReplies);

}  // namespace
}  // namespace weir::test
