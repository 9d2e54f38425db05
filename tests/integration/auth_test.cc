// Passwords towards clients and servers, and the database servers are asked to use.
#include "tests/integration/story.h"

namespace weir::test {
namespace {

RedisServers guarded_servers(size_t n, const std::string &password, bool unix_socket = false) {
  RedisServers all;
  while (all.size() < n) {
    all.push_back(
        std::make_unique<RedisServer>(RedisServer::Options{.unix_socket = unix_socket, .password = password}));
  }
  return all;
}

class Auth : public WithWorkers {
 protected:
  RedisServers servers_ = guarded_servers(2, "secret");
  Proxy proxy_{redis_pool(servers_).set("redis_auth", "secret"), GetParam()};
  Stream client_ = proxy_.connect();
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
};

TEST_P(Auth, NothingIsServedBeforeThePassword) {
  EXPECT_THAT(ask({"GET", "key"}), StartsWith("-NOAUTH Authentication required"));
  EXPECT_THAT(ask({"SET", "key", "v"}), StartsWith("-NOAUTH"));
  EXPECT_THAT(ask({"MGET", "a", "b"}), StartsWith("-NOAUTH"));
  EXPECT_EQ(integer(0), servers_[0]->call({"DBSIZE"}));
  EXPECT_EQ(integer(0), servers_[1]->call({"DBSIZE"}));
}

TEST_P(Auth, TheRightPasswordOpensTheWayToEveryServer) {
  EXPECT_EQ(kOk, ask({"AUTH", "secret"}));
  EXPECT_EQ(kOk, ask({"MSET", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5"}));
  EXPECT_EQ(array({bulk("1"), bulk("2"), bulk("3"), bulk("4"), bulk("5")}), ask({"MGET", "a", "b", "c", "d", "e"}));
}

TEST_P(Auth, AWrongPasswordIsRefusedAndLocksOutAgain) {
  EXPECT_THAT(ask({"AUTH", "wrong"}), StartsWith("-"));
  EXPECT_THAT(ask({"GET", "key"}), StartsWith("-NOAUTH"));
  EXPECT_EQ(kOk, ask({"AUTH", "secret"}));
  EXPECT_EQ(kNil, ask({"GET", "key"}));
}

TEST_P(Auth, IsEachClientsOwn) {
  EXPECT_EQ(kOk, ask({"AUTH", "secret"}));
  EXPECT_THAT(proxy_.connect().ask(resp({"GET", "key"})), StartsWith("-NOAUTH"));
  EXPECT_EQ(kNil, ask({"GET", "key"}));
}

TEST_P(Auth, InAPipelineTakesEffectForWhatComesAfter) {
  client_.send(resp({"GET", "key"}) + resp({"AUTH", "secret"}) + resp({"SET", "key", "v"}) + resp({"GET", "key"}));
  EXPECT_THAT(client_.read_reply(), StartsWith("-NOAUTH"));
  EXPECT_EQ(kOk, client_.read_reply());
  EXPECT_EQ(kOk, client_.read_reply());
  EXPECT_EQ(bulk("v"), client_.read_reply());
}

TELL_WITH_WORKERS(Auth);

TEST(AuthWithoutPassword, IsAnErrorAndTheConnectionGoesOn) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  EXPECT_THAT(client.ask(resp({"AUTH", "x"})), StartsWith("-ERR"));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", "v"})));
}

TEST(AuthAtServers, ThatRefuseThePasswordGivesAnErrorAndNothingIsStored) {
  SKIP_ON_TWEMPROXY("sends the request after the refused password");
  RedisServers servers = guarded_servers(2, "theirs");
  Proxy proxy(redis_pool(servers).set("redis_auth", "ours"));
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"AUTH", "ours"})));
  for (int i = 0; i < 5; ++i) {
    std::string reply = client.ask(resp({"SET", "key" + std::to_string(i), "v"}));
    EXPECT_THAT(reply, StartsWith("-"));
    EXPECT_THAT(reply, testing::Not(HasSubstr("ours"))) << "the password leaked";
  }
  EXPECT_THAT(proxy.log(), testing::Not(HasSubstr("ours"))) << "the password was logged";
  EXPECT_EQ(integer(0), servers[0]->call({"DBSIZE"}));
  EXPECT_EQ(integer(0), servers[1]->call({"DBSIZE"}));
}

// Ten keys written through the proxy, all in database 3 and none in 0.
void expect_all_in_database_3(const RedisServers &servers, Stream client) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(kOk, client.ask(resp({"SET", "key" + std::to_string(i), "v"})));
  long there = 0;
  for (const auto &s : servers) {
    there += atol(s->call({"DBSIZE"}, 3).c_str() + 1);
    EXPECT_EQ(integer(0), s->call({"DBSIZE"}));
  }
  EXPECT_EQ(10, there);
}

TEST(Database, IsTheOneThatThePoolNames) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("redis_db", "3"));
  expect_all_in_database_3(servers, proxy.connect());
}

TEST(Database, IsChosenAgainOnEachNewServerConnection) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("redis_db", "3"));
  Stream client = proxy.connect();
  client.ask(resp({"SET", "first", "v"}));
  for (const auto &s : servers) {
    s->kill();
    s->start();
  }
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "first"})) == kNil; }));
  for (int i = 0; i < 10; ++i) {  // both connections anew
    EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "again" + std::to_string(i), "v"})) == kOk; }));
  }
  for (const auto &s : servers) EXPECT_EQ(integer(0), s->call({"DBSIZE"}));
}

TEST(Database, IsUsedTogetherWithAPassword) {
  SKIP_ON_TWEMPROXY("sends SELECT before AUTH and stays on database 0");
  RedisServers servers = guarded_servers(2, "secret");
  Proxy proxy(redis_pool(servers).set("redis_auth", "secret").set("redis_db", "3"));
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"AUTH", "secret"})));
  expect_all_in_database_3(servers, std::move(client));
}

TEST(Database, IsUsedOverUnixSocketsToo) {
  SKIP_ON_TWEMPROXY("stays on database 0 where connect() completes at once");
  RedisServers servers = guarded_servers(2, "", true);
  Proxy proxy(redis_pool(servers).set("redis_db", "3"));
  expect_all_in_database_3(servers, proxy.connect());
}

TEST(Database, ThatTheServerDoesNotHaveGivesErrorsAndNothingIsStoredInAnother) {
  SKIP_ON_TWEMPROXY("only logs it and writes to database 0");
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("redis_db", "99"));
  Stream client = proxy.connect();
  for (int i = 0; i < 10; ++i) EXPECT_THAT(client.ask(resp({"SET", "key" + std::to_string(i), "v"})), StartsWith("-"));
  for (const auto &s : servers) EXPECT_EQ(integer(0), s->call({"DBSIZE"}));
}

}  // namespace
}  // namespace weir::test
