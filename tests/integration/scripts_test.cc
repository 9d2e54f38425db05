// Scripts by name, over servers that lose them and servers that are busy with them.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

const char kNoName[] = "d216f0a2e2f64c1af9f6dd5c5ba5f0a9b6a9b5f3";  // no script's
const std::string kQueued = "+QUEUED\r\n";

class Scripts : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();

  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  std::string load(const std::string &body) {
    std::string reply = ask({"SCRIPT", "LOAD", body});
    EXPECT_THAT(reply, StartsWith("$40\r\n"));
    return reply.substr(5, 40);
  }
  void restart(size_t i) {
    servers_[i]->kill();
    servers_[i]->start();
  }
  // An EVALSHA until the connection to the server that came back is made.
  std::string ask_again(const std::vector<std::string> &args) {
    for (int i = 0; i < 1'000; ++i) {
      std::string reply = ask(args);
      if (!reply.starts_with("-ERR Conn")) return reply;
    }
    return "(the server does not come back)";
  }
};

TEST_P(Scripts, AreGivenAgainToAServerThatCameBackWithoutThem) {
  SKIP_ON_TWEMPROXY("has no SCRIPT LOAD");
  std::string name = load("return {KEYS[1], ARGV[1]}");
  for (size_t i = 0; i < servers_.size(); ++i) {
    std::string key = key_on(client_, *servers_[i]);
    restart(i);
    EXPECT_EQ(array({bulk(key), bulk("x")}), ask_again({"EVALSHA", name, "1", key, "x"})) << i;
    EXPECT_EQ(array({integer(1)}), servers_[i]->call({"SCRIPT", "EXISTS", name}));
  }
}

TEST_P(Scripts, AreGivenToServersThatNeverSawThemRun) {
  SKIP_ON_TWEMPROXY("does not remember scripts");
  std::string first = key_on(client_, *servers_[0]), second = key_on(client_, *servers_[1]);
  const std::string body = "return redis.call('get', KEYS[1])", name = "4e6d8fc8bb01276962cce5371fa795a7763657ae";
  EXPECT_EQ(bulk("x"), ask({"EVAL", body, "1", first}));
  EXPECT_EQ(bulk("x"), ask({"EVALSHA", name, "1", second}));
  EXPECT_EQ(bulk("x"), ask({"EVALSHA_RO", name, "1", second}));
}

TEST_P(Scripts, TheOrderOfAPipelineIsKept) {
  SKIP_ON_TWEMPROXY("does not remember scripts");
  std::string name = load("return redis.call('incr', KEYS[1])");
  std::string key = key_on(client_, *servers_[1]), other = key_on(client_, *servers_[2]);
  restart(1);
  EXPECT_EQ(integer(0), ask_again({"EXISTS", key}));
  std::string pipeline, wanted;
  for (int i = 0; i < 50; ++i) {
    pipeline += resp({"EVALSHA", name, "1", key}) + resp({"GET", other}) + resp({"ECHO", std::to_string(i)});
    wanted += integer(i + 1) + bulk("x") + bulk(std::to_string(i));
  }
  client_.send(pipeline);
  EXPECT_TRUE(same(wanted, client_.read_replies(150)));
}

TEST_P(Scripts, AreThereInATransactionOnAServerThatLostThem) {
  SKIP_ON_TWEMPROXY("has no MULTI");
  std::string name = load("return redis.call('incrby', KEYS[1], ARGV[1])");
  std::string key = key_on(client_, *servers_[1]);
  EXPECT_EQ(kOk, servers_[1]->call({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(array({integer(1)}), ask({"SCRIPT", "EXISTS", name})) << "so clients do not load it again";
  client_.send(resp({"MULTI"}) + resp({"SET", key, "5"}) + resp({"EVALSHA", name, "1", key, "2"}) + resp({"GET", key}) +
               resp({"EVALSHA_RO", kNoName, "1", key}) + resp({"EXEC"}));
  EXPECT_EQ(kOk + kQueued + kQueued + kQueued + kQueued, client_.read_replies(5));
  EXPECT_EQ(array({kOk, integer(7), bulk("7"), "-NOSCRIPT No matching script. Please use EVAL.\r\n"}),
            client_.read_reply());
  EXPECT_EQ(kOk, servers_[1]->call({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"EVALSHA", name, "1", key, "1"})) << "the first with a key says which server it is";
  EXPECT_EQ(array({integer(8)}), ask({"EXEC"}));
}

TEST_P(Scripts, ThatNobodyLoadedAreNotThere) {
  SKIP_ON_TWEMPROXY("does not remember scripts");
  const std::string missing = "-NOSCRIPT No matching script. Please use EVAL.\r\n";
  EXPECT_EQ(missing, ask({"EVALSHA", kNoName, "1", "key"}));
  std::string name = load("return 1");
  EXPECT_EQ(integer(1), ask({"EVALSHA", name, "1", "key"}));
  EXPECT_EQ(kOk, ask({"SCRIPT", "FLUSH"}));
  EXPECT_EQ(missing, ask({"EVALSHA", name, "1", "key"})) << "it is not weir's to keep what was flushed";
}

// Runs a script for ever on that server, and kills it through the proxy.
void run_and_kill(Proxy &proxy, const RedisServer &server, const std::string &key) {
  Stream client = proxy.connect(), runner = proxy.connect();
  auto ask = [&](const std::vector<std::string> &args) { return client.ask(resp(args)); };
  EXPECT_EQ("-NOTBUSY No scripts in execution right now.\r\n", ask({"SCRIPT", "KILL"}));
  EXPECT_EQ("-NOTBUSY No scripts in execution right now.\r\n", ask({"FUNCTION", "KILL"}));
  ASSERT_EQ(kOk, server.call({"CONFIG", "SET", "busy-reply-threshold", "1"}));
  runner.send(resp({"EVAL", "while true do end", "1", key}));
  std::string killed;
  eventually([&] {
    killed = ask({"SCRIPT", "KILL"});
    return !killed.starts_with("-NOTBUSY");
  });
  EXPECT_EQ(kOk, killed);
  EXPECT_THAT(runner.read_reply(), HasSubstr("Script killed by user"));
  EXPECT_EQ(bulk("x"), ask({"GET", key}));
}

TEST_P(Scripts, CanBeKilledWhereverTheyRun) {
  SKIP_ON_TWEMPROXY("has no SCRIPT KILL");
  run_and_kill(proxy_, *servers_[1], key_on(client_, *servers_[1]));
}

TEST_P(Scripts, CanBeKilledOnTheOnlyServer) {
  SKIP_ON_TWEMPROXY("has no SCRIPT KILL");
  RedisServers one = redis_servers(1);
  Proxy proxy(redis_pool(one), GetParam());
  Stream client = proxy.connect();
  run_and_kill(proxy, *one[0], key_on(client, *one[0]));
}

// A server reads nothing from the connection whose script it runs: what others sent there waited with it.
TEST_P(Scripts, ThatDoNotEndKeepNobodyElseFromHearingThatTheServerIsBusy) {
  SKIP_ON_TWEMPROXY("waits with them");
  std::string key = key_on(client_, *servers_[1]), other = key_on(client_, *servers_[2]);
  ASSERT_EQ(kOk, servers_[1]->call({"CONFIG", "SET", "busy-reply-threshold", "1"}));
  EXPECT_EQ(integer(1), ask({"EVAL", "return 1", "1", key})) << "who ran scripts before can hear it, too";
  Stream runner = proxy_.connect();
  runner.send(resp({"EVAL", "while true do end", "1", key}) + resp({"SET", key, "later"}));
  eventually([&] { return !servers_[1]->call({"PING"}).starts_with("+PONG"); });
  EXPECT_THAT(ask({"GET", key}), StartsWith("-BUSY "));
  EXPECT_EQ(bulk("x"), ask({"GET", other}));
  EXPECT_EQ(kOk, ask({"SCRIPT", "KILL"}));
  EXPECT_THAT(runner.read_reply(), HasSubstr("Script killed by user"));
  EXPECT_EQ(kOk, runner.read_reply());
  EXPECT_EQ(bulk("later"), ask({"GET", key}));
}

TEST_P(Scripts, AreRunInTheOrderInWhichTheirClientSentThem) {
  SKIP_ON_TWEMPROXY("does not remember scripts");
  std::string key = key_on(client_, *servers_[0]);
  std::string pipeline, wanted;
  for (int i = 0; i < 200; ++i) {
    pipeline += resp({"SET", key, std::to_string(i)}) + resp({"EVAL", "return redis.call('get', KEYS[1])", "1", key}) +
                resp({"APPEND", key, "x"}) + resp({"GET", key});
    wanted += kOk + bulk(std::to_string(i)) + integer(std::to_string(i).size() + 1) + bulk(std::to_string(i) + "x");
  }
  for (const std::string &first : {resp({"GET", key}), resp({"EVAL", "return 'x'", "1", key})}) {
    EXPECT_EQ(kOk, ask({"SET", key, "x"}));
    client_.send(first + pipeline);
    EXPECT_TRUE(same(bulk("x") + wanted, client_.read_replies(801)));
  }
}

TELL_WITH_WORKERS(Scripts);

}  // namespace
}  // namespace weir::test
