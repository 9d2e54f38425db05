// SUBSCRIBE and the like: where they go, what of the servers' words answers them, and what the client is told.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;
constexpr uint32_t kBegins = WEIR_REQ_LEASE_BEGIN | WEIR_REQ_STREAM_RSP | WEIR_REQ_FENCE;

std::string bulk(const std::string &text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}
std::string confirm(const std::string &word, const std::string &channel, int count, char mark = '*') {
  return mark + ("3\r\n" + bulk(word) + (channel.empty() ? "$-1\r\n" : bulk(channel))) + ":" + std::to_string(count) +
         "\r\n";
}
std::string message(const std::string &channel, const std::string &text, char mark = '*') {
  return mark + ("3\r\n" + bulk("message")) + bulk(channel) + bulk(text);
}

class Talk {
 public:
  explicit Talk(uint32_t servers = 3) : driver({}, servers) {}
  ParsedRequest ask(const Args &args) {
    Requests got = driver.requests(c, resp(args));
    EXPECT_EQ(got.list.size(), 1u);
    return got.list.at(0);
  }
  std::string answer(const Args &args) {
    ParsedRequest r = ask(args);
    if (r.req.route != WEIR_ROUTE_LOCAL) return "(route " + std::to_string(r.req.route) + ")";
    return driver.reply(c, &r, WEIR_ERR_NONE).bytes;
  }
  Connection &server_with(const ParsedRequest &request, uint32_t part_keys = 0) {
    Connection &server = driver.server();
    expect(server, request, part_keys);
    return server;
  }
  void expect(Connection &server, const ParsedRequest &request, uint32_t part_keys = 0) {
    weir_expect e = {};
    e.cmd = request.req.cmd;
    e.user = request.req.user;
    e.flags = request.req.flags;
    e.part_keys = part_keys;
    server.expects.push_back(e);
  }
  // Every reply and push as "F" or "P" with its flags and size.
  static std::string shape(const Replies &got) {
    std::string all;
    for (const ParsedReply &r : got.list) {
      all += r.rsp.kind == WEIR_RSP_PUSH ? 'P' : r.rsp.kind == WEIR_RSP_PART ? 'p' : 'F';
      if (r.rsp.flags & WEIR_RF_LEASE_END) all += '!';
      if (r.rsp.flags & WEIR_RF_ERROR) all += '-';
    }
    return all;
  }

  RedisDriver driver;
  Connection &c = driver.client();
};

TEST(RedisSubscription, ChannelsGoToTheirServersAndPatternsToAll) {
  Talk talk;
  ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b"});
  EXPECT_EQ(int{sub.req.route}, WEIR_ROUTE_SPLIT);
  EXPECT_EQ(sub.req.flags, kBegins | WEIR_REQ_TRANSFORM);
  EXPECT_EQ(talk.driver.render(talk.c, sub, WEIR_RENDER_SPLIT, {1}).bytes, resp({"SUBSCRIBE", "b"}));
  for (const Args &args : std::vector<Args>{
           {"PSUBSCRIBE", "a*"}, {"SUBSCRIBE", "a", "__keyevent@0__:expired"}, {"SUBSCRIBE", "__keyspace@0__:k"}}) {
    ParsedRequest all = talk.ask(args);
    EXPECT_EQ(int{all.req.route}, WEIR_ROUTE_ALL);
    EXPECT_EQ(all.req.flags, kBegins | WEIR_REQ_TRANSFORM);
  }
}

TEST(RedisSubscription, OneServerIsTransparent) {
  Talk talk(1);
  ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b"});
  EXPECT_EQ(int{sub.req.route}, WEIR_ROUTE_SERVER);
  EXPECT_EQ(sub.req.flags, kBegins);
  talk.driver.lease(talk.c, sub, 0, true);
  for (const Args &args : std::vector<Args>{
           {"GET", "a"}, {"PING"}, {"NOSUCH"}, {"UNSUBSCRIBE"}, {"ECHO", "x"}, {"DBSIZE"}, {"CLIENT", "ID"}, {"MULTI"}})
    EXPECT_EQ(int{talk.ask(args).req.route}, WEIR_ROUTE_SERVER) << args[0];
  EXPECT_EQ(talk.answer({"QUIT"}), "+OK\r\n");
}

TEST(RedisSubscription, MessagesAreToldFromConfirmationsAtEverySplitPoint) {
  for (char mark : {'*', '>'}) {
    Talk talk(1);
    ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b"});
    ParsedRequest un = talk.ask({"UNSUBSCRIBE"});
    std::string bytes = confirm("subscribe", "a", 1, mark) + confirm("subscribe", "b", 2, mark) +
                        message("a", "subscribe", mark) + message("b", std::string(200, 'x'), mark) +
                        confirm("unsubscribe", "b", 1, mark) + confirm("unsubscribe", "a", 0, mark);
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      Connection &server = talk.server_with(sub);
      talk.expect(server, un);
      Replies got = talk.driver.replies(server, bytes, {.cuts = {cut}});
      EXPECT_EQ(Talk::shape(got), "FPPF!") << cut;
      EXPECT_EQ(got.left, 0u);
    }
    Connection &server = talk.server_with(sub);
    talk.expect(server, un);
    EXPECT_EQ(Talk::shape(talk.driver.replies(server, bytes, {.cuts = every_byte(bytes.size())})), "FPPF!");
  }
}

TEST(RedisSubscription, SomethingElseBetweenConfirmationsWasCountedToThem) {
  const std::string first = confirm("subscribe", "a", 1);
  for (const std::string &next : std::vector<std::string>{
           ":1\r\n", "-ERR no\r\n", bulk("x"), message("a", "x"), "*2\r\n" + bulk("lrange") + bulk("x"),
           "*2\r\n" + bulk("subscribe") + bulk("b"), "*0\r\n", "*3\r\n" + bulk("subscribe") + bulk("b") + bulk("2")}) {
    Talk talk(1);
    ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b"});
    const std::string bytes = first + next;
    for (size_t cut = 0; cut < bytes.size(); ++cut) {
      Replies got = talk.driver.replies(talk.server_with(sub), bytes, {.cuts = {cut}});
      EXPECT_EQ(got.status, WEIR_E_PROTO) << next << cut;
      EXPECT_EQ(got.list.size(), 0u) << next << cut;
    }
  }
}

TEST(RedisSubscription, InResp3EverythingElseIsAnOrdinaryReply) {
  Talk talk(1);
  Connection &server = talk.server_with(talk.ask({"SUBSCRIBE", "a"}));
  weir_expect get = {};
  get.cmd = talk.driver.command("lrange");
  server.expects.push_back(get);
  std::string list = "*2\r\n" + bulk("message") + bulk("x");
  Replies got = talk.driver.replies(server, confirm("subscribe", "a", 1, '>') + message("a", "x", '>') + list);
  EXPECT_EQ(Talk::shape(got), "FPF");
}

TEST(RedisSubscription, AListThatBeginsWithMessageIsAListToOthers) {
  Talk talk;
  EXPECT_EQ(Talk::shape(talk.driver.replies("*2\r\n" + bulk("message") + bulk("x"))), "F");
}

TEST(RedisSubscription, ARefusalEndsTheLeaseThatItTook) {
  Talk talk(1);
  Connection &server = talk.server_with(talk.ask({"SUBSCRIBE", "a", "b"}));
  EXPECT_EQ(Talk::shape(talk.driver.replies(server, "-NOPERM no\r\n")), "F!-");
}

TEST(RedisSubscription, TheCountsAreTheClients) {
  Talk talk;
  Connection &s0 = talk.driver.server(), &s1 = talk.driver.server();
  ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b", "c"});
  talk.driver.lease(talk.c, sub, 0, true);
  talk.driver.lease(talk.c, sub, 1, true);
  PartReply p0{{0, 2}, confirm("subscribe", "a", 1) + confirm("subscribe", "c", 2)},
      p1{{1}, confirm("subscribe", "b", 1)};
  p0.from = &s0;
  p1.from = &s1;
  EXPECT_EQ(talk.driver.merge(talk.c, sub, {p0, p1}).bytes,
            confirm("subscribe", "a", 1) + confirm("subscribe", "b", 2) + confirm("subscribe", "c", 3));

  ParsedRequest again = talk.ask({"SUBSCRIBE", "b", "a"});  // nothing new
  p0 = {{1}, confirm("subscribe", "a", 2)}, p1 = {{0}, confirm("subscribe", "b", 1)};
  p0.from = &s0;
  p1.from = &s1;
  EXPECT_EQ(talk.driver.merge(talk.c, again, {p0, p1}).bytes,
            confirm("subscribe", "b", 3) + confirm("subscribe", "a", 3));

  ParsedRequest pattern = talk.ask({"PSUBSCRIBE", "x*"});
  PartReply q0{{}, confirm("psubscribe", "x*", 3)}, q1{{}, confirm("psubscribe", "x*", 2)};
  q0.from = &s0;
  q1.from = &s1;
  EXPECT_EQ(talk.driver.merge(talk.c, pattern, {q0, q1}).bytes, confirm("psubscribe", "x*", 4));

  ParsedRequest un = talk.ask({"UNSUBSCRIBE", "b", "z"});
  EXPECT_EQ(int{un.req.route}, WEIR_ROUTE_LEASED);
  EXPECT_EQ(un.req.route_arg, WEIR_ALL_LEASES);
  EXPECT_EQ(un.req.flags, uint32_t{WEIR_REQ_FENCE | WEIR_REQ_TRANSFORM});
  q0.reply = confirm("unsubscribe", "b", 3) + confirm("unsubscribe", "z", 3);
  q1.reply = confirm("unsubscribe", "b", 1) + confirm("unsubscribe", "z", 1);
  EXPECT_EQ(talk.driver.merge(talk.c, un, {q0, q1}).bytes,
            confirm("unsubscribe", "b", 3) + confirm("unsubscribe", "z", 3));

  ParsedRequest rest = talk.ask({"UNSUBSCRIBE"});
  q0.reply = confirm("unsubscribe", "c", 2) + confirm("unsubscribe", "a", 1);
  q1.reply = confirm("unsubscribe", "", 1);
  EXPECT_EQ(talk.driver.merge(talk.c, rest, {q0, q1}).bytes,
            confirm("unsubscribe", "a", 2) + confirm("unsubscribe", "c", 1));

  ParsedRequest none = talk.ask({"UNSUBSCRIBE"});
  q0.reply = q1.reply = confirm("unsubscribe", "", 1);
  EXPECT_EQ(talk.driver.merge(talk.c, none, {q0, q1}).bytes, confirm("unsubscribe", "", 1));

  ParsedRequest last = talk.ask({"PUNSUBSCRIBE"});
  q0.reply = q1.reply = confirm("punsubscribe", "x*", 0);
  EXPECT_EQ(talk.driver.merge(talk.c, last, {q0, q1}).bytes, confirm("punsubscribe", "x*", 0));
}

TEST(RedisSubscription, HalfOfItClosesTheClient) {
  Talk talk;
  ParsedRequest sub = talk.ask({"SUBSCRIBE", "a", "b"});
  PartReply lost{{1}, "", WEIR_PART_CLOSED};
  Output got = talk.driver.merge(talk.c, sub, {{{0}, confirm("subscribe", "a", 1)}, lost});
  EXPECT_EQ(got.bytes, "-ERR Connection reset by peer\r\n");
  EXPECT_EQ(got.flags, uint32_t{WEIR_OUT_CLOSE});
  lost.pick = {0, 1};
  EXPECT_EQ(talk.driver.merge(talk.c, sub, {lost}).flags, 0u);
}

TEST(RedisSubscription, WithoutAnyThereIsNothingToEnd) {
  Talk talk;
  EXPECT_EQ(talk.answer({"UNSUBSCRIBE"}), confirm("unsubscribe", "", 0));
  EXPECT_EQ(talk.answer({"PUNSUBSCRIBE", "a", "b"}), confirm("punsubscribe", "a", 0) + confirm("punsubscribe", "b", 0));
}

TEST(RedisSubscription, ASubscriberMayDoLittleElse) {
  Talk talk;
  ParsedRequest sub = talk.ask({"SUBSCRIBE", "a"});
  talk.driver.lease(talk.c, sub, 1, true);
  std::string only = ": only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context\r\n";
  EXPECT_EQ(talk.answer({"GET", "a"}), "-ERR Can't execute 'get'" + only);
  EXPECT_EQ(talk.answer({"MULTI"}), "-ERR Can't execute 'multi'" + only);
  EXPECT_EQ(talk.answer({"CLIENT", "ID"}), "-ERR Can't execute 'client|id'" + only);
  EXPECT_EQ(talk.answer({"PING"}), "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
  EXPECT_EQ(talk.answer({"PING", "x"}), "*2\r\n$4\r\npong\r\n$1\r\nx\r\n");
  EXPECT_EQ(talk.answer({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  ParsedRequest reset = talk.ask({"RESET"});
  EXPECT_EQ(reset.req.flags & WEIR_REQ_LEASE_END, uint32_t{WEIR_REQ_LEASE_END});
  talk.driver.lease(talk.c, sub, 1, false);
  EXPECT_EQ(int{talk.ask({"GET", "a"}).req.route}, WEIR_ROUTE_KEY);
}

TEST(RedisSubscription, WhoListensToNothingIsToldSoByAPushInResp3) {
  Talk talk;
  talk.driver.requests(talk.c, resp({"HELLO", "3"}));
  EXPECT_EQ(talk.answer({"UNSUBSCRIBE", "a"}), confirm("unsubscribe", "a", 0, '>'));
  EXPECT_EQ(talk.answer({"PUNSUBSCRIBE"}), ">3\r\n$12\r\npunsubscribe\r\n_\r\n:0\r\n");
}

TEST(RedisSubscription, WithRepliesOffAnErrorIsNotTold) {
  for (uint32_t servers : {1u, 3u}) {
    Talk talk(servers);
    talk.driver.requests(talk.c, resp({"CLIENT", "REPLY", "OFF"}));
    EXPECT_EQ(talk.ask({"SUBSCRIBE"}).req.flags & WEIR_REQ_MUTE, uint32_t{WEIR_REQ_MUTE});
    EXPECT_EQ(talk.ask({"SUBSCRIBE", "a"}).req.flags & WEIR_REQ_MUTE, 0u);
  }
}

TEST(RedisSubscription, OneThatIsRefusedEndsOnlyALeaseOfItsOwn) {
  Talk talk(1);
  const std::string refusal = "-ERR wrong number of arguments for 'subscribe' command\r\n";
  ParsedRequest takes = talk.ask({"SUBSCRIBE", "a"});
  EXPECT_EQ(Talk::shape(talk.driver.replies(talk.server_with(takes), refusal)), "F!-");
  ParsedRequest multi = talk.ask({"MULTI"});  // what it got is still in the transaction
  talk.driver.lease(talk.c, multi, 0, true);
  ParsedRequest inside = talk.ask({"SUBSCRIBE"});
  EXPECT_EQ(int{inside.req.route}, WEIR_ROUTE_LEASED);
  EXPECT_EQ(Talk::shape(talk.driver.replies(talk.server_with(inside), refusal)), "F-");
}

}  // namespace
}  // namespace weir::test
