// MULTI and WATCH through weir: on one server of three, and left to the only server of a pool.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

const char kQueued[] = "+QUEUED\r\n";
const char kAborted[] = "-EXECABORT Transaction discarded because of previous errors.\r\n";

class Transactions : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();
  std::string on0_ = key_on(client_, *servers_[0]), other0_ = key_on(client_, *servers_[0]),
              on1_ = key_on(client_, *servers_[1]);
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  std::string at(const std::string &key) { return proxy_.connect().ask(resp({"GET", key})); }
};
TELL_WITH_WORKERS(Transactions);

TEST_P(Transactions, AreDoneAsAWhole) {
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "1"}));
  EXPECT_EQ(bulk("x"), at(on0_));
  EXPECT_EQ(kQueued, ask({"INCR", other0_}));
  EXPECT_EQ(kQueued, ask({"PING"}));
  EXPECT_EQ(array({kOk, "-ERR value is not an integer or out of range\r\n", "+PONG\r\n"}), ask({"EXEC"}));
  EXPECT_EQ(bulk("1"), at(on0_));
  EXPECT_EQ(kOk, ask({"SET", on1_, "anywhere again"}));
}

TEST_P(Transactions, InOneWriteToo) {
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += resp({"MULTI"}) + resp({"ECHO", "a"}) + resp({"SET", i % 2 ? on0_ : on1_, std::to_string(i)}) +
           resp({"GET", i % 2 ? on0_ : on1_}) + resp({"EXEC"}) + resp({"PING"});
  client_.send(all);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(
        std::string(kOk) + kQueued + kQueued + kQueued + array({bulk("a"), kOk, bulk(std::to_string(i))}) + "+PONG\r\n",
        client_.read_replies(6));
  }
}

TEST_P(Transactions, AKeyOnAnotherServerAbortsTheWhole) {
  for (bool other_first : {false, true}) {
    client_.send(resp({"MULTI"}) + resp({"SET", other_first ? on1_ : on0_, "never"}) +
                 resp({"SET", other_first ? on0_ : on1_, "never"}) + resp({"EXEC"}) + resp({"PING"}));
    EXPECT_EQ(std::string(kOk) + kQueued, client_.read_replies(2));
    EXPECT_THAT(client_.read_reply(), StartsWith("-CROSSSLOT "));
    EXPECT_EQ(std::string(kAborted) + "+PONG\r\n", client_.read_replies(2));
    EXPECT_EQ(bulk("x"), at(on0_));
    EXPECT_EQ(bulk("x"), at(on1_));
  }
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_THAT(ask({"MGET", on0_, on1_}), StartsWith("-CROSSSLOT "));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
  EXPECT_EQ(kAborted, ask({"EXEC"}));
  EXPECT_EQ(bulk("x"), at(on0_));
  EXPECT_EQ(kOk, ask({"SET", on0_, "now"}));
}

TEST_P(Transactions, WhatWeirRefusesAbortsTheWhole) {
  for (const std::vector<std::string> &wrong :
       std::vector<std::vector<std::string>>{{"NOSUCH"}, {"GET"}, {"DBSIZE"}, {"SUBSCRIBE", "x"}, {"HELLO", "2"}}) {
    EXPECT_EQ(kOk, ask({"MULTI"}));
    EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
    EXPECT_THAT(ask(wrong), StartsWith("-ERR "));
    EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
    EXPECT_EQ(kAborted, ask({"EXEC"}));
    EXPECT_EQ(bulk("x"), at(on0_));
  }
}

TEST_P(Transactions, AWatchedKeyThatChangesLetsExecAnswerNil) {
  EXPECT_EQ(kOk, ask({"WATCH", on0_}));
  EXPECT_EQ(kOk, ask({"SET", on1_, "elsewhere"}));
  EXPECT_EQ(kOk, proxy_.connect().ask(resp({"SET", on0_, "changed"})));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
  EXPECT_EQ("*-1\r\n", ask({"EXEC"}));
  EXPECT_EQ(bulk("changed"), at(on0_));

  EXPECT_EQ(kOk, ask({"WATCH", on0_}));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "done"}));
  EXPECT_EQ(array({kOk}), ask({"EXEC"}));

  EXPECT_EQ(kOk, ask({"WATCH", on0_}));
  EXPECT_EQ(kOk, ask({"UNWATCH"}));
  EXPECT_EQ(kOk, proxy_.connect().ask(resp({"SET", on0_, "changed"})));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "done"}));
  EXPECT_EQ(array({kOk}), ask({"EXEC"}));
  EXPECT_THAT(ask({"WATCH", on0_, on1_}), StartsWith("-CROSSSLOT "));
  EXPECT_EQ(kOk, ask({"UNWATCH"}));
}

TEST_P(Transactions, AClientThatLeavesInTheMiddleDoesNothing) {
  for (bool abruptly : {false, true}) {
    Stream leaving = proxy_.connect();
    EXPECT_EQ(kOk, leaving.ask(resp({"MULTI"})));
    EXPECT_EQ(kQueued, leaving.ask(resp({"SET", on0_, "never"})));
    abruptly ? leaving.reset() : leaving.close();
  }
  EXPECT_EQ(kOk, ask({"MULTI"}));  // none of them left a queue behind
  EXPECT_EQ(kQueued, ask({"GET", on0_}));
  EXPECT_EQ(array({bulk("x")}), ask({"EXEC"}));
}

TEST_P(Transactions, AServerThatDiesInTheMiddleAbortsIt) {
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
  servers_[0]->kill();
  servers_[0]->start();
  std::string queued = ask({"SET", on0_, "never"});  // the loss may have been noticed already, or not
  EXPECT_TRUE(queued == kQueued || queued[0] == '-') << queued;
  EXPECT_EQ(kAborted, ask({"EXEC"}));
  EXPECT_EQ(kNil, at(on0_));

  EXPECT_EQ(kOk, ask({"WATCH", on0_}));
  servers_[0]->kill();
  servers_[0]->start();
  EXPECT_TRUE(eventually([&] { return ask({"SET", on1_, "y"}) == kOk && ask({"GET", on0_}) == kNil; }));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ(kQueued, ask({"SET", on0_, "never"}));
  EXPECT_EQ(kAborted, ask({"EXEC"}));
  EXPECT_EQ(kNil, at(on0_));
}

TEST_P(Transactions, ManyClientsEachCountTheirOwn) {
  side_by_side(8, [&](int n) {
    Stream mine = proxy_.connect();
    for (int i = 0; i < 50; ++i) {
      std::string key = "{c" + std::to_string(n) + "}";
      mine.send(resp({"MULTI"}) + resp({"INCR", key}) + resp({"INCR", key}) + resp({"EXEC"}));
      std::string wanted = std::string(kOk) + kQueued + kQueued + array({integer(2 * i + 1), integer(2 * i + 2)});
      ASSERT_EQ(wanted, mine.read_replies(4));
    }
  });
}

// What a server says to a stream of commands, and what it says through weir.
TEST(TransactionsOnOneServer, AreTheServersOwnWordForWord) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(PoolText("alpha").redis().server(servers[0]->address()));
  Stream through = proxy.connect(), directly = servers[1]->connect();
  for (const std::vector<std::string> &args : std::vector<std::vector<std::string>>{{"EXEC"},
                                                                                    {"DISCARD"},
                                                                                    {"UNWATCH"},
                                                                                    {"MULTI", "x"},
                                                                                    {"WATCH"},
                                                                                    {"MULTI"},
                                                                                    {"MULTI"},
                                                                                    {"WATCH", "a"},
                                                                                    {"SET", "a", "1"},
                                                                                    {"PING"},
                                                                                    {"ECHO", "x"},
                                                                                    {"DBSIZE"},
                                                                                    {"SCAN", "0"},
                                                                                    {"UNWATCH"},
                                                                                    {"BLPOP", "l", "0"},
                                                                                    {"WAIT", "0", "0"},
                                                                                    {"EXEC"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"NOSUCH", "x"},
                                                                                    {"SET", "a", "2"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"SET", "a"},
                                                                                    {"EXEC"},
                                                                                    {"GET", "a"},
                                                                                    {"MULTI"},
                                                                                    {"EXEC", "x"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"INCR", "a"},
                                                                                    {"DISCARD"},
                                                                                    {"GET", "a"},
                                                                                    {"WATCH", "a", "b"},
                                                                                    {"SET", "b", "1"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"PING"},
                                                                                    {"EXEC"},
                                                                                    {"WATCH", "a"},
                                                                                    {"MULTI"},
                                                                                    {"PING"},
                                                                                    {"EXEC"},
                                                                                    {"WATCH", "a"},
                                                                                    {"RESET"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"RESET"},
                                                                                    {"EXEC"},
                                                                                    {"MULTI"},
                                                                                    {"CLIENT", "SETNAME", "me"},
                                                                                    {"EXEC"}})
    EXPECT_EQ(directly.ask(resp(args)), through.ask(resp(args))) << args[0] << (args.size() > 1 ? " " + args[1] : "");
}

}  // namespace
}  // namespace weir::test
