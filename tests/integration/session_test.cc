// What a client of redis chooses for its connection: the protocol's version, the database, whether it wants replies.
// And what weir says of itself and of the client.
#include <netinet/in.h>
#include <sys/socket.h>

#include <fstream>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Session : public WithWorkers {
 protected:
  RedisServers servers_ = redis_servers(3);
  Proxy proxy_{redis_pool(servers_), GetParam()};
  Stream client_ = proxy_.connect();
  std::string ask(const std::vector<std::string> &args) { return client_.ask(resp(args)); }
  std::string ask_another(const std::vector<std::string> &args) { return proxy_.connect().ask(resp(args)); }
};
TELL_WITH_WORKERS(Session);

const char kNull[] = "_\r\n";

// ---- databases

TEST_P(Session, EachClientHasADatabaseOfItsOwn) {
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(kOk, ask({"SET", "key" + std::to_string(i), "three"}));
  EXPECT_EQ(kNil, ask_another({"GET", "key0"}));
  EXPECT_EQ(integer(20), ask({"DBSIZE"}));
  EXPECT_EQ(integer(0), ask_another({"DBSIZE"}));
  EXPECT_EQ(array({bulk("three"), bulk("three"), bulk("three"), kNil}), ask({"MGET", "key1", "key2", "key3", "none"}));
  EXPECT_EQ(kOk, ask({"SELECT", "0"}));
  EXPECT_EQ(kNil, ask({"GET", "key0"}));
}

TEST_P(Session, SelectIsForWhatIsAskedAfterIt) {
  std::string stream;
  for (int round = 0; round < 10; ++round) {
    for (int db : {0, 5, 9}) {
      stream += resp({"SELECT", std::to_string(db)}) + resp({"INCR", "n"}) +
                resp({"SET", "where", std::to_string(db)}) + resp({"GET", "where"});
    }
  }
  client_.send(stream);
  for (int round = 1; round <= 10; ++round) {
    for (int db : {0, 5, 9}) {
      EXPECT_EQ(kOk + integer(round) + kOk + bulk(std::to_string(db)), client_.read_replies(4)) << round << " " << db;
    }
  }
}

TEST_P(Session, ADatabaseThatDoesNotExistIsRefusedInTheServersWordsAndNothingElseHappens) {
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  EXPECT_EQ(kOk, ask({"SET", "key", "three"}));
  for (const char *db : {"16", "99", "-1", "x", "4294967296", ""}) {
    EXPECT_EQ(servers_[0]->call({"SELECT", db}), ask({"SELECT", db})) << db;
    EXPECT_EQ(bulk("three"), ask({"GET", "key"}));
  }
  EXPECT_EQ(kNil, ask_another({"GET", "key"}));
  EXPECT_EQ("-ERR wrong number of arguments for 'select' command\r\n", ask({"SELECT"}));
}

TEST_P(Session, TheDatabaseIsChosenAgainWhenAServerComesBack) {
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  for (int i = 0; i < 20; ++i) ask({"SET", "key" + std::to_string(i), "v"});
  for (const auto &server : servers_) {
    server->kill();
    server->start();
  }
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 20; ++i) {
      if (ask({"SET", "key" + std::to_string(i), "v"}) != kOk) return false;
    }
    return true;
  }));
  for (const auto &server : servers_) EXPECT_EQ(integer(0), server->call({"DBSIZE"}));
  EXPECT_EQ(integer(20), ask({"DBSIZE"}));
}

TEST_P(Session, ManyClientsInManyDatabasesDoNotMeet) {
  side_by_side(12, [&](int i) {
    Stream client = proxy_.connect();
    std::string own = std::to_string(i), stream;
    EXPECT_EQ(kOk, client.ask(resp({"SELECT", own})));
    for (int n = 0; n < 200; ++n) {
      std::string key = "key" + std::to_string(n);
      stream += resp({"SET", key, own}) + resp({"GET", key});
    }
    client.send(stream);
    for (int n = 0; n < 200; ++n) EXPECT_EQ(kOk + bulk(own), client.read_replies(2));
  });
}

TEST_P(Session, KeysMoveBetweenDatabasesOfTheirServer) {
  EXPECT_EQ(kOk, ask({"SET", "key", "v"}));
  EXPECT_EQ(integer(1), ask({"MOVE", "key", "3"}));
  EXPECT_EQ(kNil, ask({"GET", "key"}));
  EXPECT_EQ("-ERR DB index is out of range\r\n", ask({"MOVE", "key", "99"}));
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  EXPECT_EQ(bulk("v"), ask({"GET", "key"}));
  EXPECT_EQ(integer(1), ask({"COPY", "key", "key", "DB", "4"}));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(kOk, ask({"SET", "more" + std::to_string(i), "v"}));
  EXPECT_EQ(kOk, ask({"SWAPDB", "3", "5"}));
  EXPECT_EQ(integer(0), ask({"DBSIZE"}));
  EXPECT_EQ(kOk, ask({"SELECT", "5"}));
  EXPECT_EQ(integer(11), ask({"DBSIZE"}));
  EXPECT_EQ(kOk, ask({"FLUSHDB"}));
  EXPECT_EQ(kOk, ask({"SELECT", "4"}));
  EXPECT_EQ(bulk("v"), ask({"GET", "key"}));
}

TEST_P(Session, WhatAConnectionOfItsOwnWasBegunInStays) {
  EXPECT_EQ(kOk, ask({"WATCH", "key"}));
  EXPECT_THAT(ask({"SELECT", "3"}), HasSubstr("not supported between WATCH"));
  EXPECT_THAT(ask({"HELLO", "3", "SETNAME", "me"}), HasSubstr("not supported between WATCH"));
  EXPECT_EQ(kNil, ask({"CLIENT", "GETNAME"}));
  EXPECT_EQ(kOk, ask({"SELECT", "0"}));
  EXPECT_THAT(ask({"HELLO", "2"}), StartsWith("*14"));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_EQ("+QUEUED\r\n", ask({"SELECT", "0"}));
  EXPECT_EQ("+QUEUED\r\n", ask({"SET", "key", "v"}));
  EXPECT_EQ(array({kOk, kOk}), ask({"EXEC"}));
  EXPECT_EQ(kOk, ask({"MULTI"}));
  EXPECT_THAT(ask({"SELECT", "3"}), HasSubstr("not supported between WATCH"));
  EXPECT_THAT(ask({"EXEC"}), StartsWith("-EXECABORT"));
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  EXPECT_EQ(kNil, ask({"GET", "key"}));
  EXPECT_EQ(kOk, ask({"WATCH", "key"}));
  EXPECT_EQ("+RESET\r\n", ask({"RESET"}));
  EXPECT_EQ(bulk("v"), ask({"GET", "key"}));
}

TEST_P(Session, WhatIsRefusedWhileSubscribedChangesNothing) {
  EXPECT_THAT(ask({"SUBSCRIBE", "ch"}), HasSubstr("subscribe"));
  const std::vector<std::vector<std::string>> refused = {
      {"CLIENT", "REPLY", "OFF"}, {"CLIENT", "SETNAME", "me"}, {"SELECT", "3"}, {"HELLO", "3"}, {"AUTH", "x"}};
  for (const std::vector<std::string> &command : refused)
    EXPECT_THAT(ask(command), StartsWith("-ERR Can't execute '")) << command[0];
  EXPECT_THAT(ask({"UNSUBSCRIBE", "ch"}), HasSubstr("unsubscribe"));
  EXPECT_EQ(kNil, ask({"CLIENT", "GETNAME"}));
  EXPECT_THAT(ask({"CLIENT", "INFO"}), HasSubstr(" db=0 "));
}

TEST_P(Session, ATransactionHasTheDatabaseAndTheProtocolOfItsClient) {
  EXPECT_EQ(kOk, ask({"SELECT", "3"}));
  EXPECT_THAT(ask({"HELLO", "3"}), StartsWith("%7"));
  for (int i = 0; i < 6; ++i) {
    std::string key = "key" + std::to_string(i);
    EXPECT_EQ(kOk, ask({"WATCH", key}));
    EXPECT_EQ(kOk, ask({"MULTI"}));
    EXPECT_EQ("+QUEUED\r\n", ask({"GET", key}));
    EXPECT_EQ("+QUEUED\r\n", ask({"SET", key, "v"}));
    EXPECT_EQ(array({kNull, kOk}), ask({"EXEC"}));
    EXPECT_EQ(kNil, ask_another({"GET", key}));
    EXPECT_EQ(bulk("v"), ask({"GET", key}));
  }
}

TEST(SessionWithAPassword, ComesToItsDatabaseAndProtocolOnGuardedServers) {
  RedisServers servers;
  for (int i = 0; i < 3; ++i)
    servers.push_back(std::make_unique<RedisServer>(RedisServer::Options{.password = "secret"}));
  Proxy proxy(redis_pool(servers).set("redis_auth", "secret").set("redis_db", "2"));
  Stream client = proxy.connect();
  EXPECT_THAT(client.ask(resp({"HELLO", "3"})), StartsWith("-NOAUTH HELLO must be called"));
  EXPECT_THAT(client.ask(resp({"SELECT", "3"})), StartsWith("-NOAUTH"));
  EXPECT_THAT(client.ask(resp({"HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me"})), StartsWith("%7"));
  EXPECT_EQ(kOk, client.ask(resp({"SELECT", "3"})));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(kOk, client.ask(resp({"SET", "key" + std::to_string(i), "v"})));
  EXPECT_EQ(kNull, client.ask(resp({"GET", "none"})));
  long there = 0;
  for (const auto &server : servers) there += std::stol(server->call({"DBSIZE"}, 3).substr(1));
  EXPECT_EQ(10, there);
}

TEST(SessionReloaded, GoesOnWhereItIs) {
  RedisServers servers = redis_servers(3);
  TempDir dir;
  std::string admin = dir.file("admin.sock");
  PoolText pool = redis_pool(servers);
  Proxy proxy({pool}, Proxy::Options{.more = {"--admin", admin}});
  Stream client = proxy.connect();
  client.ask(resp({"HELLO", "3", "SETNAME", "me"}));
  EXPECT_EQ(kOk, client.ask(resp({"SELECT", "3"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", "three"})));
  std::ofstream(proxy.config_file()) << pool.set("timeout", "12345").text();
  Stream command = Stream::unix_socket(admin);
  command.send("reload\n");
  EXPECT_THAT(command.read_until_close(), StartsWith("ok"));
  EXPECT_EQ(bulk("three"), client.ask(resp({"GET", "key"})));
  EXPECT_EQ(kNull, client.ask(resp({"GET", "none"})));
  EXPECT_EQ(bulk("me"), client.ask(resp({"CLIENT", "GETNAME"})));
}

TEST(SessionDenied, SelectLeavesThePoolsDatabaseNever) {
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("protocol", "{use: redis, select: deny}").set("redis_db", "4"));
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SELECT", "4"})));
  EXPECT_THAT(client.ask(resp({"SELECT", "0"})), StartsWith("-ERR SELECT is not allowed"));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "key", "v"})));
  EXPECT_EQ(integer(1), integer(std::stol(servers[0]->call({"DBSIZE"}, 4).substr(1)) +
                                std::stol(servers[1]->call({"DBSIZE"}, 4).substr(1))));
}

// ---- RESP3

// Whatever a server says to these, weir says, too; each with the client's own connection, in both protocols.
const std::vector<std::vector<std::string>> &transcript() {
  static const std::vector<std::vector<std::string>> all = {
      {"HSET", "h", "a", "1"},
      {"HGETALL", "h"},
      {"HRANDFIELD", "h", "1", "WITHVALUES"},
      {"SADD", "s", "x"},
      {"SMEMBERS", "s"},
      {"SISMEMBER", "s", "x"},
      {"ZADD", "z", "1.5", "m"},
      {"ZADD", "z", "INCR", "1", "m"},
      {"ZSCORE", "z", "m"},
      {"ZRANGE", "z", "0", "-1", "WITHSCORES"},
      {"ZPOPMIN", "z"},
      {"SET", "k", "v"},
      {"GET", "k"},
      {"GET", "none"},
      {"MGET", "k", "none", "other"},
      {"LPOP", "none"},
      {"LPOP", "none", "2"},
      {"DEL", "k", "h", "none"},
      {"EXISTS", "s", "none"},
      {"KEYS", "s"},
      {"RANDOMKEY"},
      {"SINTER", "s", "none"},
      {"SUNION", "s", "none"},
      {"SDIFF", "s", "none"},
      {"XADD", "st", "1-1", "f", "v"},
      {"XREAD", "COUNT", "2", "STREAMS", "st", "0"},
      {"XRANGE", "st", "-", "+"},
      {"XINFO", "STREAM", "st"},
      {"GEOADD", "g", "13.5", "38.1", "p"},
      {"GEOPOS", "g", "p", "none"},
      {"OBJECT", "ENCODING", "s"},
      {"EVAL", "return {1, false, {'a', redis.status_reply('OK')}}", "0"},
      {"EVAL", "redis.setresp(3); return {double=3.5}", "0"},
      {"EVAL", "redis.setresp(3); return {map={a=1}}", "0"},
      {"EVAL", "redis.setresp(3); return {set={a=true}}", "0"},
      {"EVAL", "redis.setresp(3); return {big_number='12345678901234567890'}", "0"},
      {"EVAL", "redis.setresp(3); return {verbatim_string={format='txt', string='x'}}", "0"},
      {"EVAL", "redis.setresp(3); return true", "0"},
      {"SCRIPT", "EXISTS", "0000000000000000000000000000000000000000"},
      {"CONFIG", "GET", "maxmemory-samples"},
      {"CONFIG", "GET", "nosuch"},
      {"CONFIG", "GET", "save"},
      {"CONFIG", "HELP"},
      {"COMMAND", "COUNT"},
      {"COMMAND", "INFO", "get", "nosuch"},
      {"COMMAND", "DOCS", "get"},
      {"COMMAND", "LIST", "FILTERBY", "PATTERN", "zrangebylex*"},
      {"COMMAND", "GETKEYS", "MSET", "a", "1", "b", "2"},
      {"COMMAND", "GETKEYSANDFLAGS", "GET", "a"},
      {"COMMAND", "HELP"},
      {"COMMAND", "NOSUCH"},
      {"CLIENT", "GETNAME"},
      {"CLIENT", "SETNAME", "a b"},
      {"CLIENT", "SETNAME", "me"},
      {"CLIENT", "GETNAME"},
      {"CLIENT", "NO-EVICT", "on"},
      {"CLIENT", "NO-EVICT", "maybe"},
      {"CLIENT", "REPLY", "maybe"},
      {"CLIENT", "LIST", "ID", "999999"},
      {"CLIENT", "LIST", "ID", "x"},
      {"CLIENT", "LIST", "TYPE", "pubsub"},
      {"CLIENT", "LIST", "TYPE", "odd"},
      {"CLIENT", "LIST", "odd"},
      {"CLIENT", "KILL", "127.0.0.1:1"},
      {"CLIENT", "KILL", "ID", "999999"},
      {"CLIENT", "KILL", "ID", "0"},
      {"CLIENT", "KILL", "TYPE", "odd"},
      {"CLIENT", "KILL", "USER", "odd"},
      {"CLIENT", "KILL", "SKIPME", "odd"},
      {"CLIENT", "KILL", "ID", "1", "2"},
      {"CLIENT", "UNBLOCK", "999999"},
      {"CLIENT", "UNBLOCK", "999999", "TIMEOUT"},
      {"CLIENT", "UNBLOCK", "999999", "odd"},
      {"CLIENT", "UNBLOCK", "x"},
      {"CLIENT", "UNBLOCK", "1", "ERROR", "more"},
      {"CLIENT", "UNPAUSE"},
      {"CLIENT", "TRACKINGINFO"},
      {"CLIENT", "TRACKING", "off"},
      {"CLIENT", "TRACKING", "odd"},
      {"CLIENT", "CACHING", "yes"},
      {"CLIENT", "GETREDIR"},
      {"CLIENT", "HELP"},
      {"CLIENT", "NOSUCH"},
      {"CLIENT"},
      {"PING"},
      {"PING", "x"},
      {"ECHO", "x"},
      {"ACL", "WHOAMI"},
      {"CLUSTER", "NODES"},
      {"CLUSTER", "KEYSLOT", "a"},
      {"ROLE"},
      {"SLOWLOG", "RESET"},
      {"LATENCY", "HELP"},
      {"MODULE", "LIST"},
      {"HELLO", "9"},
      {"HELLO", "x"},
      {"HELLO", "3", "NOSUCH"},
      {"HELLO", "3", "AUTH", "default"},
      {"HELLO", "2", "SETNAME", "a b"},
      {"RESET"},
      {"CLIENT", "GETNAME"},
      {"GET", "none"},
      {"QUIT"},
  };
  return all;
}

void compare_with_a_server(Stream client, Stream server, const char *protocol) {
  client.ask(resp({"HELLO", protocol}));
  server.ask(resp({"HELLO", protocol}));
  for (const std::vector<std::string> &command : transcript()) {
    std::string wanted = server.ask(resp(command));
    std::string name = command[0] + (command.size() > 1 ? " " + command[1] : "");
    EXPECT_EQ(shown(wanted), shown(client.ask(resp(command)))) << "RESP" << protocol << ": " << name;
  }
}

TEST_P(Session, ATranscriptIsThatOfAServerInBothProtocols) {
  RedisServer alone;
  compare_with_a_server(proxy_.connect(), alone.connect(), "2");
  ask({"FLUSHALL"});
  alone.call({"FLUSHALL"});
  compare_with_a_server(proxy_.connect(), alone.connect(), "3");
}

TEST_P(Session, ATranscriptIsThatOfTheOneServerBehind) {
  RedisServers one = redis_servers(1);
  RedisServer alone;
  Proxy proxy(redis_pool(one), GetParam());
  for (const char *protocol : {"2", "3"}) {
    compare_with_a_server(proxy.connect(), alone.connect(), protocol);
    alone.call({"FLUSHALL"});
    one[0]->call({"FLUSHALL"});
  }
}

TEST_P(Session, Resp3IsForOneClientAndFromTheHelloOn) {
  client_.send(resp({"GET", "none"}) + resp({"HELLO", "3"}) + resp({"GET", "none"}) + resp({"HELLO", "2"}) +
               resp({"GET", "none"}) + resp({"HELLO", "3"}) + resp({"MGET", "a", "b", "c"}) + resp({"RESET"}) +
               resp({"MGET", "a", "b", "c"}));
  EXPECT_EQ(kNil, client_.read_reply());
  EXPECT_THAT(client_.read_reply(), StartsWith("%7\r\n"));
  EXPECT_EQ(kNull, client_.read_reply());
  EXPECT_THAT(client_.read_reply(), StartsWith("*14\r\n"));
  EXPECT_EQ(kNil, client_.read_reply());
  EXPECT_THAT(client_.read_reply(), StartsWith("%7\r\n"));
  EXPECT_EQ(array({kNull, kNull, kNull}), client_.read_reply());
  EXPECT_EQ("+RESET\r\n", client_.read_reply());
  EXPECT_EQ(array({kNil, kNil, kNil}), client_.read_reply());
  EXPECT_EQ(kNil, ask_another({"GET", "none"}));
}

RedisServers old_servers(size_t n) {
  RedisServers all;
  RedisServer::Options options{.more = {"--rename-command", "HELLO", ""}};
  while (all.size() < n) all.push_back(std::make_unique<RedisServer>(options));
  return all;
}

// What a transcript cannot show: several servers, old ones alone or beside a new one.
void speaks_resp3(const RedisServers &servers) {
  Proxy proxy(redis_pool(servers));
  Stream plain = proxy.connect(), client = proxy.connect();
  std::string a = key_on(plain, *servers[0]), b = key_on(plain, *servers[1]);
  auto refresh = [&](const std::string &x, const std::string &y, const std::vector<std::string> &command) {
    for (const std::string &key : {x, y}) plain.ask(resp({"DEL", key}));
    for (const std::string &key : {x, y}) {
      std::vector<std::string> full = {command[0], key};
      full.insert(full.end(), command.begin() + 1, command.end());
      plain.ask(resp(full));
    }
  };
  EXPECT_THAT(client.ask(resp({"HELLO", "3"})), StartsWith("%7\r\n"));
  client.send(resp({"LINDEX", a, "0"}) + resp({"GET", a}) + resp({"GET", b}));
  EXPECT_THAT(client.read_reply(), StartsWith("-WRONGTYPE"));
  EXPECT_EQ(bulk("x"), client.read_reply());
  EXPECT_EQ(bulk("x"), client.read_reply());
  EXPECT_EQ(kOk, client.ask(resp({"FLUSHALL"})));
  EXPECT_EQ("*3\r\n_\r\n_\r\n_\r\n", client.ask(resp({"MGET", a, b, a})));
  EXPECT_EQ("_\r\n", client.ask(resp({"RANDOMKEY"})));
  EXPECT_EQ("~0\r\n", client.ask(resp({"SUNION", a, b})));

  refresh(a, b, {"SADD", "m"});
  EXPECT_EQ("~1\r\n" + bulk("m"), client.ask(resp({"SINTER", a, b})));
  EXPECT_EQ("~1\r\n" + bulk("m"), client.ask(resp({"SUNION", b, a})));
  EXPECT_EQ("~1\r\n" + bulk("m"), client.ask(resp({"SUNION", a, a})));

  refresh(a, b, {"ZADD", "1.5", "m"});
  EXPECT_EQ(integer(1), client.ask(resp({"ZADD", a, "inf", "n"})));
  const std::string kPair = "*1\r\n*2\r\n" + bulk("n") + ",inf\r\n";
  EXPECT_EQ(kPair, client.ask(resp({"ZDIFF", "2", a, b, "WITHSCORES"})));
  EXPECT_EQ(array({bulk("n")}), client.ask(resp({"ZDIFF", "2", a, b})));
  EXPECT_EQ(kPair, client.ask(resp({"ZRANGE", a, "1", "1", "WITHSCORES"})));
  EXPECT_THAT(client.ask(resp({"INFO", "server"})), StartsWith("="));

  // What was queued is not told by EXEC: only its nulls are known.
  EXPECT_EQ(kOk, client.ask(resp({"MULTI"})));
  EXPECT_EQ("+QUEUED\r\n", client.ask(resp({"ZSCORE", a, "none"})));
  EXPECT_EQ("*1\r\n_\r\n", client.ask(resp({"EXEC"})));
  EXPECT_EQ("_\r\n", client.ask(resp({"BLPOP", "{" + a + "}list", "0.01"})));
  EXPECT_EQ(">3\r\n" + bulk("subscribe") + bulk(a) + integer(1), client.ask(resp({"SUBSCRIBE", a})));
}

TEST(SessionOfOldServers, AreTranslatedWhereHello3IsRefused) {
  speaks_resp3(old_servers(2));
}

TEST(SessionOfOldServers, AreTranslatedBesideNewOnes) {
  RedisServers servers = old_servers(1);
  servers.push_back(std::make_unique<RedisServer>());
  speaks_resp3(servers);
}

TEST(SessionOfOldServers, ConfirmAsPushes) {
  RedisServers servers = old_servers(1);
  Proxy proxy(redis_pool(servers));
  Stream client = proxy.connect();
  EXPECT_THAT(client.ask(resp({"HELLO", "3"})), StartsWith("%7\r\n"));
  EXPECT_EQ(">3\r\n" + bulk("subscribe") + bulk("$-1") + integer(1), client.ask(resp({"SUBSCRIBE", "$-1"})));
  EXPECT_EQ(">3\r\n" + bulk("unsubscribe") + bulk("$-1") + integer(0), client.ask(resp({"UNSUBSCRIBE"})));
  EXPECT_EQ(">3\r\n" + bulk("punsubscribe") + "_\r\n" + integer(0), client.ask(resp({"PUNSUBSCRIBE"})));
  EXPECT_EQ("_\r\n", client.ask(resp({"GET", "none"})));
}

// ---- replies that are not wanted

TEST_P(Session, RepliesCanBeSwitchedOff) {
  client_.send(resp({"CLIENT", "REPLY", "OFF"}) + resp({"SET", "a", "1"}) + resp({"MGET", "a", "b"}) +
               resp({"SELECT", "3"}) + resp({"SET", "a", "three"}) + resp({"NOSUCH"}) +
               resp({"CLIENT", "REPLY", "ON"}) + resp({"GET", "a"}) + resp({"CLIENT", "REPLY", "SKIP"}) +
               resp({"GET", "a"}) + resp({"MGET", "a", "b"}));
  EXPECT_EQ(kOk, client_.read_reply());
  EXPECT_EQ(bulk("three"), client_.read_reply());
  EXPECT_EQ(array({bulk("three"), kNil}), client_.read_reply());
  EXPECT_EQ(bulk("1"), ask_another({"GET", "a"}));
}

// ---- the client itself

std::string field(const std::string &line, const std::string &name) {
  size_t at = line.find(" " + name + "=");
  if (at == std::string::npos) return "";
  at += name.size() + 2;
  return line.substr(at, line.find_first_of(" \n", at) - at);
}

std::string own_address(const Stream &client) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(client.fd(), reinterpret_cast<sockaddr *>(&address), &size);
  return "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

TEST_P(Session, AClientSeesItselfAndNobodyElse) {
  Stream other = proxy_.connect();
  EXPECT_EQ(kOk, other.ask(resp({"CLIENT", "SETNAME", "secret"})));
  EXPECT_EQ(kOk, ask({"CLIENT", "SETNAME", "me"}));
  EXPECT_EQ(kOk, ask({"SELECT", "2"}));
  std::string line = ask({"CLIENT", "INFO"});
  EXPECT_EQ("me", field(line, "name"));
  EXPECT_EQ("2", field(line, "db"));
  EXPECT_EQ(own_address(client_), field(line, "addr"));
  EXPECT_EQ("client|info", field(line, "cmd"));
  EXPECT_THAT(ask({"CLIENT", "LIST"}), testing::Not(HasSubstr("secret")));
  EXPECT_THAT(other.ask(resp({"CLIENT", "LIST"})), HasSubstr("name=secret"));
}

TEST_P(Session, AClientMayEndItself) {
  std::string id = ask({"CLIENT", "ID"}).substr(1);
  id.resize(id.size() - 2);
  EXPECT_EQ(integer(0), ask_another({"CLIENT", "KILL", "ID", id, "SKIPME", "no"}));
  EXPECT_EQ(integer(0), ask({"CLIENT", "KILL", "ID", id}));
  EXPECT_EQ(integer(1), ask({"CLIENT", "KILL", "ID", id, "SKIPME", "no"}));
  EXPECT_TRUE(client_.closed_within());
  Stream again = proxy_.connect();
  EXPECT_EQ(kOk, again.ask(resp({"CLIENT", "KILL", own_address(again)})));
  EXPECT_TRUE(again.closed_within());
}

TEST(SessionOnAUnixSocket, HasTheSocketsNameForItsAddress) {
  TempDir dir;
  RedisServer server;
  std::string path = dir.file("weir.sock");
  Proxy proxy(PoolText().redis().listen(path).server(server.address()));
  std::string line = Stream::unix_socket(path).ask(resp({"CLIENT", "INFO"}));
  EXPECT_EQ(path + ":0", field(line, "addr"));
  EXPECT_EQ(path + ":0", field(line, "laddr"));
}

TEST_P(Session, InfoCountsAllServersTogether) {
  for (int i = 0; i < 30; ++i) ask({"SET", "key" + std::to_string(i), "v"});
  std::string info = ask({"INFO"});
  EXPECT_THAT(info, HasSubstr("\r\nredis_version:"));
  EXPECT_THAT(info, HasSubstr("\r\ndb0:keys=30,expires=0,"));
  EXPECT_THAT(info, HasSubstr("\r\n# Weir\r\nweir_version:"));
  servers_[0]->kill();
  EXPECT_TRUE(eventually([&] { return ask({"INFO", "weir"}).find("weir_servers_answered:2") != std::string::npos; }));
}

// ---- programs

TEST_P(Session, RedissOwnToolsWork) {
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  getpeername(client_.fd(), reinterpret_cast<sockaddr *>(&peer), &size);
  std::string port = std::to_string(ntohs(peer.sin_port));
  EXPECT_EQ("OK\n", run({"redis-cli", "-p", port, "-n", "3", "set", "key", "v"}).out);
  EXPECT_EQ("v\n", run({"redis-cli", "-3", "-p", port, "-n", "3", "get", "key"}).out);
  EXPECT_EQ("\n", run({"redis-cli", "-3", "-p", port, "get", "key"}).out);
  for (const std::vector<std::string> &more : std::vector<std::vector<std::string>>{{}, {"-P", "16"}, {"-3"}}) {
    std::vector<std::string> argv = {"redis-benchmark", "-p", port, "-n", "500", "-q"};
    argv.insert(argv.end(), more.begin(), more.end());
    Finished benchmark = run(argv);
    EXPECT_EQ(0, benchmark.ended.code);
    EXPECT_THAT(benchmark.out, HasSubstr("MSET (10 keys): "));
    EXPECT_THAT(benchmark.out + benchmark.err, testing::Not(HasSubstr("rror")));
    EXPECT_THAT(benchmark.out + benchmark.err, testing::Not(HasSubstr("WARNING")));
  }
}

}  // namespace
}  // namespace weir::test
