// What a client chooses for its connection: HELLO, SELECT, RESET, and what CLIENT sets and tells.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Config = FakeHost::Config;

std::string hello(const Connection &c, int proto) {
  std::string three = proto == 3 ? "%7\r\n" : "*14\r\n";
  return three +
         "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:" + std::to_string(proto) +
         "\r\n$2\r\nid\r\n:" + std::to_string(c.id) +
         "\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";
}

uint64_t profile(RedisDriver &driver, Connection &c) {
  return driver.requests(c, resp({"GET", "a"})).list.at(0).req.profile;
}

// A SELECT that every server is asked about; each says `replies`.
std::string select(RedisDriver &driver, Connection &c, const std::string &db, const std::vector<std::string> &replies) {
  ParsedRequest r = driver.requests(c, resp({"SELECT", db})).list.at(0);
  EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_ALL});
  EXPECT_EQ(r.req.replies, 2u);
  std::vector<PartReply> parts;
  for (const std::string &reply : replies) {
    uint32_t status = reply.empty() ? WEIR_PART_NO_SERVER : WEIR_PART_OK;
    parts.push_back({{}, reply, status});
  }
  return driver.merge(c, r, parts).bytes;
}
const char kTwoOks[] = "+OK\r\n+OK\r\n";
const char kOutOfRange[] = "-ERR DB index is out of range\r\n+OK\r\n";

TEST(RedisHello, AnswersInTheProtocolThatItSets) {
  RedisDriver driver;
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"HELLO"})), hello(c, 2));
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "3"})), hello(c, 3));
  EXPECT_EQ(driver.answer(c, resp({"HELLO"})), hello(c, 3));
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "_\r\n");
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "2"})), hello(c, 2));
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$-1\r\n");
}

TEST(RedisHello, ThatIsRefusedChangesNothing) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}});
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "4"})), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "3", "AUTH", "default", "wrong"})),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "3"})).substr(0, 13), "-NOAUTH HELLO");
  EXPECT_EQ(driver.answer(c, resp({"AUTH", "sekret"})), "+OK\r\n");
  EXPECT_EQ(profile(driver, c), 0u);
  EXPECT_EQ(driver.answer(c, resp({"HELLO", "3", "AUTH", "default", "sekret", "SETNAME", "me"})), hello(c, 3));
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$2\r\nme\r\n");
}

TEST(RedisHello, ConcernsWhatIsAskedAfterIt) {
  for (size_t cut = 0; cut < 60; ++cut) {
    RedisDriver driver;
    Feed feed;
    feed.cuts = {cut};
    Requests got =
        driver.requests(driver.client(), resp({"GET", "a"}) + resp({"HELLO", "3"}) + resp({"GET", "a"}), feed);
    ASSERT_EQ(got.list.size(), 3u);
    EXPECT_EQ(got.list[0].req.profile, 0u);
    EXPECT_NE(got.list[1].req.flags & WEIR_REQ_FENCE, 0u);
    EXPECT_NE(got.list[2].req.profile, 0u);
  }
}

TEST(RedisSelect, OfThePoolsDatabaseAsksNobody) {
  RedisDriver driver(Config{{"redis_db", "7"}});
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"SELECT", "7"})), "+OK\r\n");
  EXPECT_EQ(profile(driver, c), 0u);
  EXPECT_EQ(driver.answer(c, resp({"SELECT", "x"})), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(driver.answer(c, resp({"SELECT", "4294967296"})),
            "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n");
}

TEST(RedisSelect, IsTriedOnTheServersAndTakenBackThere) {
  RedisDriver driver(Config{{"redis_db", "7"}});
  Connection &c = driver.client();
  ParsedRequest r = driver.requests(c, resp({"SELECT", "3"})).list.at(0);
  EXPECT_EQ(driver.render(c, r, WEIR_RENDER_REKEY, {}).bytes, resp({"SELECT", "3"}) + resp({"SELECT", "7"}));
  ParsedRequest inlined = driver.requests(c, "SELECT 3\r\n").list.at(0);
  EXPECT_EQ(driver.render(c, inlined, WEIR_RENDER_REKEY, {}).bytes, resp({"SELECT", "3"}) + resp({"SELECT", "7"}));
  EXPECT_NE(r.req.flags & WEIR_REQ_FENCE, 0u);
  EXPECT_NE(r.req.flags & WEIR_REQ_TRANSFORM, 0u);
}

TEST(RedisSelect, HoldsFromTheServersYesOn) {
  RedisDriver driver;
  Connection &c = driver.client();
  EXPECT_EQ(select(driver, c, "99", {kTwoOks, kOutOfRange}), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(profile(driver, c), 0u);
  EXPECT_EQ(select(driver, c, "3", {kTwoOks, kTwoOks}), "+OK\r\n");
  uint64_t three = profile(driver, c);
  EXPECT_NE(three, 0u);
  EXPECT_EQ(select(driver, c, "4", {kTwoOks, ""}), "+OK\r\n");  // a server that is gone has no say
  EXPECT_NE(profile(driver, c), three);
  EXPECT_EQ(select(driver, c, "5", {"", ""}).substr(0, 4), "-ERR");
  EXPECT_EQ(driver.answer(c, resp({"SELECT", "0"})), "+OK\r\n");
  EXPECT_EQ(profile(driver, c), 0u);
}

TEST(RedisSelect, MayBeDenied) {
  RedisDriver driver(Config{{"select", "deny"}, {"redis_db", "7"}});
  EXPECT_EQ(driver.answer(resp({"SELECT", "7"})), "+OK\r\n");
  EXPECT_EQ(driver.answer(resp({"SELECT", "0"})),
            "-ERR SELECT is not allowed: this pool uses database 7; it must say select: allow\r\n");
}

TEST(RedisSelect, ThatCannotBeTakenBackEndsTheServerConnection) {
  RedisDriver driver;
  for (size_t cut = 0; cut < 40; ++cut) {
    Connection &s = driver.server();
    weir_expect expect = {};
    expect.replies = 2;
    expect.cmd = driver.command("select");
    expect.want_items = 1;
    s.expects.assign(2, expect);
    Feed feed;
    feed.cuts = {cut};
    Replies got = driver.replies(s, "-ERR first\r\n+OK\r\n+OK\r\n-ERR no way back\r\n", feed);
    ASSERT_EQ(got.list.size(), 4u);
    EXPECT_EQ(got.list[0].rsp.flags & WEIR_RF_CLOSE, 0u);
    EXPECT_NE(got.list[3].rsp.flags & WEIR_RF_CLOSE, 0u);
  }
}

TEST(RedisHandshake, BringsAConnectionToItsProfile) {
  RedisDriver driver(Config{{"redis_auth", "sekret"}, {"redis_db", "7"}});
  Connection &c = driver.client();
  driver.answer(c, resp({"HELLO", "3", "AUTH", "default", "sekret"}));
  select(driver, c, "3", {kTwoOks});
  uint64_t wanted = profile(driver, c);
  Connection &s = driver.server();
  Output first = driver.handshake(s, 0, {}, wanted);
  EXPECT_EQ(first.bytes, resp({"AUTH", "sekret"}) + resp({"HELLO", "3"}) + resp({"SELECT", "3"}));
  EXPECT_EQ(first.swallow, 3u);
  EXPECT_EQ(driver.handshake(s, 1, "+OK\r\n", wanted).status, WEIR_HS_SENT);
  EXPECT_EQ(driver.handshake(s, 2, "-NOPROTO sorry\r\n", wanted).status, WEIR_HS_SENT);  // it goes on in RESP2
  EXPECT_EQ(driver.handshake(s, 3, "+OK\r\n", wanted).status, WEIR_HS_READY);
  driver.handshake(s, 0, {}, wanted);
  EXPECT_EQ(driver.handshake(s, 3, "-ERR DB index is out of range\r\n", wanted).error,
            "ERR the database was refused: the server said -ERR DB index is out of range");
}

TEST(RedisReset, ForgetsWhatTheClientChose) {
  RedisDriver driver;
  Connection &c = driver.client();
  driver.answer(c, resp({"HELLO", "3", "SETNAME", "me"}));
  select(driver, c, "3", {kTwoOks});
  EXPECT_EQ(driver.answer(c, resp({"RESET"})), "+RESET\r\n");
  EXPECT_EQ(profile(driver, c), 0u);
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETNAME"})), "$-1\r\n");
}

// Which of these requests gets no reply.
std::vector<bool> muted(RedisDriver &driver, Connection &c, const std::string &bytes) {
  std::vector<bool> out;
  for (const ParsedRequest &r : driver.requests(c, bytes).list) {
    bool asked = r.req.route == WEIR_ROUTE_LOCAL && (r.req.flags & WEIR_REQ_MUTE) == 0;
    bool silent = asked && driver.reply(c, &r, WEIR_ERR_NONE).bytes.empty();
    out.push_back((r.req.flags & WEIR_REQ_MUTE) != 0 || silent);
  }
  return out;
}

TEST(RedisClientReply, SwitchesRepliesOffAndOn) {
  RedisDriver driver;
  Connection &c = driver.client();
  std::string get = resp({"GET", "a"});
  EXPECT_EQ(
      muted(driver, c, get + resp({"CLIENT", "REPLY", "OFF"}) + get + get + resp({"CLIENT", "REPLY", "ON"}) + get),
      (std::vector<bool>{false, true, true, true, false, false}));
  EXPECT_EQ(muted(driver, c, resp({"CLIENT", "REPLY", "SKIP"}) + get + get), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(muted(driver, c, resp({"CLIENT", "REPLY", "SKIP"}) + resp({"CLIENT", "REPLY", "ON"}) + get),
            (std::vector<bool>{true, false, false}));
  EXPECT_EQ(muted(driver, c, resp({"CLIENT", "REPLY", "OFF"}) + resp({"CLIENT", "REPLY", "SKIP"}) + get + get),
            (std::vector<bool>{true, true, true, true}));
  EXPECT_EQ(muted(driver, c, resp({"RESET"}) + get), (std::vector<bool>{false, false}));
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "REPLY", "MAYBE"})), "-ERR syntax error\r\n");
}

TEST(RedisClientReply, ASelectCountsThoughItsReplyIsNotWanted) {
  RedisDriver driver;
  Connection &c = driver.client();
  driver.requests(c, resp({"CLIENT", "REPLY", "OFF"}));
  EXPECT_EQ(select(driver, c, "3", {kTwoOks}), "");
  EXPECT_NE(profile(driver, c), 0u);
  EXPECT_EQ(select(driver, c, "99", {kOutOfRange}), "");
}

TEST(RedisClientInfo, TellsOfTheClientItself) {
  RedisDriver driver;
  Connection &c = driver.client();
  driver.answer(c, resp({"CLIENT", "SETNAME", "me"}));
  std::string id = std::to_string(c.id);
  std::string line = "id=" + id +
                     " addr=127.0.0.1:50000 laddr=127.0.0.1:22121 fd=8 name=me age=7 idle=0 flags=N db=0 sub=0 psub=0 "
                     "ssub=0 multi=-1 qbuf=26 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 "
                     "tot-mem=0 events=r cmd=client|info user=default redir=-1 resp=2\n";
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "INFO"})), "$" + std::to_string(line.size()) + "\r\n" + line + "\r\n");
  EXPECT_NE(driver.answer(c, resp({"CLIENT", "LIST"})).find("cmd=client|list"), std::string::npos);
  EXPECT_NE(driver.answer(c, resp({"CLIENT", "LIST", "ID", "999", id})).find("name=me"), std::string::npos);
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "LIST", "ID", "999"})), "$0\r\n\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "LIST", "TYPE", "pubsub"})), "$0\r\n\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "LIST", "TYPE", "odd"})), "-ERR Unknown client type 'odd'\r\n");
  driver.answer(c, resp({"HELLO", "3"}));
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "LIST", "ID", "999"})), "=4\r\ntxt:\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "INFO"})).substr(0, 1), "=");
}

TEST(RedisClientKill, EndsTheClientItselfOrNobody) {
  RedisDriver driver;
  Connection &c = driver.client();
  auto kill = [&](const std::vector<std::string> &args) {
    std::vector<std::string> all = {"CLIENT", "KILL"};
    all.insert(all.end(), args.begin(), args.end());
    ParsedRequest r = driver.requests(c, resp(all)).list.at(0);
    Output out = driver.reply(c, &r, WEIR_ERR_NONE);
    return out.bytes + (out.flags & WEIR_OUT_CLOSE ? "(closed)" : "");
  };
  std::string id = std::to_string(c.id);
  EXPECT_EQ(kill({"127.0.0.1:50001"}), "-ERR No such client\r\n");
  EXPECT_EQ(kill({"127.0.0.1:50000"}), "+OK\r\n(closed)");
  EXPECT_EQ(kill({"ID", id}), ":0\r\n");
  EXPECT_EQ(kill({"ID", id, "SKIPME", "no"}), ":1\r\n(closed)");
  EXPECT_EQ(kill({"ADDR", "127.0.0.1:50000", "SKIPME", "no", "TYPE", "normal"}), ":1\r\n(closed)");
  EXPECT_EQ(kill({"LADDR", "127.0.0.1:1", "SKIPME", "no"}), ":0\r\n");
  EXPECT_EQ(kill({"ID", "0"}), "-ERR client-id should be greater than 0\r\n");
  EXPECT_EQ(kill({"USER", "joe"}), "-ERR No such user 'joe'\r\n");
  EXPECT_EQ(kill({"ID", "1", "ADDR"}), "-ERR syntax error\r\n");
}

TEST(RedisCluster, IsWhatAPoolOfSeveralServersIsNot) {
  RedisDriver several, one(Config{}, 1);
  for (const char *what : {"NODES", "SLOTS", "INFO"}) {
    EXPECT_EQ(several.answer(resp({"CLUSTER", what})), "-ERR This instance has cluster support disabled\r\n");
    EXPECT_EQ(one.answer(resp({"CLUSTER", what})), "(forwarded)");
  }
  EXPECT_NE(several.answer(resp({"CLUSTER", "RESET"})).find("administrative"), std::string::npos);
}

TEST(RedisClientTracking, IsOff) {
  RedisDriver driver;
  Connection &c = driver.client();
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "TRACKING", "OFF"})), "+OK\r\n");
  EXPECT_NE(driver.answer(c, resp({"CLIENT", "TRACKING", "ON"})).find("is not supported"), std::string::npos);
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "GETREDIR"})), ":-1\r\n");
  EXPECT_EQ(driver.answer(c, resp({"CLIENT", "TRACKINGINFO"})),
            "*6\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n");
}

std::string bulk(const std::string &text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

TEST(RedisInfo, AddsUpWhatCounts) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest r = driver.requests(c, resp({"INFO"})).list.at(0);
  std::string one =
      "# Memory\r\nused_memory:1000\r\nused_memory_human:1000B\r\nuptime_in_seconds:5\r\n\r\n# Keyspace\r\n"
      "db0:keys=3,expires=1,avg_ttl=100\r\n";
  std::string two =
      "# Memory\r\nused_memory:1048\r\nused_memory_human:1.02K\r\nuptime_in_seconds:9\r\n\r\n# Keyspace\r\n"
      "db0:keys=4,expires=3,avg_ttl=200\r\ndb10:keys=1,expires=0,avg_ttl=0\r\n";
  std::string own =
      "\r\n# Weir\r\nweir_version:0.1.0\r\nweir_clients:3\r\nweir_servers_asked:3\r\n"
      "weir_servers_answered:2\r\n";
  EXPECT_EQ(driver.merge(c, r, {{{}, bulk(one)}, {{}, bulk(two)}, {{}, "", WEIR_PART_CLOSED}}).bytes,
            bulk("# Memory\r\nused_memory:2048\r\nused_memory_human:2.00K\r\nuptime_in_seconds:5\r\n\r\n# Keyspace\r\n"
                 "db0:keys=7,expires=4,avg_ttl=175\r\ndb10:keys=1,expires=0,avg_ttl=0\r\n" +
                 own));
  EXPECT_EQ(driver.merge(c, r, {{{}, "", WEIR_PART_CLOSED}}).bytes,
            "-ERR Connection reset by peer (server 1 of 3)\r\n");
  r = driver.requests(c, resp({"INFO", "memory"})).list.at(0);
  EXPECT_EQ(driver.merge(c, r, {{{}, bulk("# Memory\r\nused_memory:5\r\n")}}).bytes,
            bulk("# Memory\r\nused_memory:5\r\n"));
}

}  // namespace
}  // namespace weir::test
