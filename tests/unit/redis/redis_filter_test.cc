// What filters do to requests: rewritten keys in every command, the client's own keys in replies, answers in the
// servers' place, and refusals that leave nothing behind.
#include <numeric>
#include <set>

#include "plugins/redis/command_table.h"
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;

std::vector<uint32_t> all_keys(const ParsedRequest &r) {
  std::vector<uint32_t> pick(r.keys.size());
  std::iota(pick.begin(), pick.end(), 0);
  return pick;
}

ParsedRequest one(RedisDriver &driver, const std::string &bytes) {
  Requests got = driver.requests(bytes);
  EXPECT_EQ(got.list.size(), 1u) << bytes;
  return got.list.empty() ? ParsedRequest{} : got.list[0];
}
ParsedRequest one(RedisDriver &driver, const Args &args) {
  return one(driver, resp(args));
}

// An example of a command that has keys, and where among its arguments they are.
struct Example {
  Args args;
  std::vector<uint32_t> keys;
};

std::vector<Example> examples_of(const redis::Command &row) {
  using redis::KeySpec;
  std::string name(row.full_name());
  Args args = {name};
  if (size_t bar = name.find('|'); bar != std::string::npos) args = {name.substr(0, bar), name.substr(bar + 1)};
  size_t least = static_cast<size_t>(row.arity < 0 ? -row.arity : row.arity) + (row.step == 2 ? 2 : 0);
  switch (row.spec) {
    case KeySpec::kRange: {
      while (args.size() < least + (row.arity < 0 && row.last < 0 && row.step == 1 ? 2 : 0))
        args.push_back(std::to_string(args.size()));
      uint32_t last = static_cast<uint32_t>(row.last < 0 ? static_cast<int>(args.size()) + row.last : row.last);
      std::vector<uint32_t> keys;
      for (auto i = static_cast<uint32_t>(row.first); i <= last; i += static_cast<uint32_t>(row.step))
        keys.push_back(i);
      return {{args, keys}};
    }
    case KeySpec::kNumkeys: {
      std::vector<uint32_t> keys;
      if (row.last == 1) keys.push_back(1);
      while (args.size() < static_cast<size_t>(row.first)) args.push_back(std::to_string(args.size()));
      args.insert(args.end(), {"2", "k1", "k2", "more", "words"});
      for (uint32_t i : {1, 2}) keys.push_back(static_cast<uint32_t>(row.first) + i);
      return {{args, keys}};
    }
    case KeySpec::kStreams:
      if (name == "xread") return {{{name, "COUNT", "1", "BLOCK", "5", "STREAMS", "s", "t", "0", "$"}, {6, 7}}};
      return {{{name, "GROUP", "STREAMS", "c", "NOACK", "STREAMS", "s", "t", ">", ">"}, {6, 7}}};
    case KeySpec::kSort:
      return {{{name, "k", "BY", "STORE", "GET", "#", "LIMIT", "0", "1", "ALPHA", "STORE", "to"}, {1, 11}},
              {{name, "k"}, {1}}};
    case KeySpec::kGeo: {
      args = {name, "k", "m", "1", "m", "WITHDIST", "STORE", "to", "STOREDIST", "d"};
      if (name == "georadius") args = {name, "k", "1", "2", "1", "m", "STORE", "to", "STOREDIST", "d"};
      auto n = static_cast<uint32_t>(args.size());
      return {{args, {1, n - 3, n - 1}}};
    }
    default:
      return {};
  }
}

std::string inlined(const Args &args) {
  std::string line;
  for (const std::string &arg : args) line += (line.empty() ? "" : " ") + arg;
  return line + "\r\n";
}

class Rekeyed {
 public:
  explicit Rekeyed(RedisDriver &driver) : driver_(driver) {}

  void check(const Example &example) {
    for (bool in_line : {false, true}) {
      ParsedRequest r = one(driver_, in_line ? inlined(example.args) : resp(example.args));
      Args expected;
      for (uint32_t i : example.keys) expected.push_back(example.args[i]);
      EXPECT_EQ(r.keys, expected) << inlined(example.args);
      for (auto change : {with_prefix, shortened, lengthened}) check(example, r, change);
    }
  }

 private:
  using Change = std::string (*)(const std::string &);
  static std::string with_prefix(const std::string &key) { return "p:" + key; }
  static std::string shortened(const std::string &key) { return key.substr(1); }
  static std::string lengthened(const std::string &key) { return key + std::string(300, '\n'); }

  // Each key alone, and all of them.
  void check(const Example &example, const ParsedRequest &r, Change change) {
    auto n = static_cast<uint32_t>(r.keys.size());
    for (uint32_t which = 0; which <= n; ++which) {
      Args keys, wanted = example.args;
      std::vector<const char *> pointers(n);
      keys.reserve(n);
      for (uint32_t i = 0; i < n; ++i) {
        keys.push_back(which == n || which == i ? change(r.keys[i]) : r.keys[i]);
        if (which == n || which == i) pointers[i] = keys[i].c_str();
        wanted[example.keys[i]] = keys[i];
      }
      for (uint32_t slice : {0, 1}) {
        Connection &c = driver_.client();
        Output out = driver_.render(c, r, WEIR_RENDER_REKEY, all_keys(r), slice, pointers);
        EXPECT_EQ(out.status, WEIR_OK);
        EXPECT_EQ(out.bytes, resp(wanted)) << inlined(example.args);
        EXPECT_EQ(one(driver_, out.bytes).keys, keys) << inlined(example.args);
      }
    }
  }

  RedisDriver &driver_;
};

bool is_routed_by_keys(const redis::Command &row) {
  using redis::Policy;
  bool watch = row.policy == Policy::kTransaction && row.spec != redis::KeySpec::kNone;
  return watch || row.policy == Policy::kKeys || row.policy == Policy::kSplit;
}

TEST(RedisFilter, TheKeysOfEveryCommandCanBeRewritten) {
  uint32_t checked = 0;
  for (uint32_t servers : {1, 3}) {
    RedisDriver driver({{"admin_commands", "allow"}}, servers);
    Rekeyed rekeyed(driver);
    for (uint32_t i = 1; i < redis::kCommandCount; ++i) {
      const redis::Command &row = redis::kCommands[i];
      if (!is_routed_by_keys(row) || redis::names_topics(i)) continue;
      for (const Example &example : examples_of(row)) rekeyed.check(example);
      ++checked;
    }
    for (uint32_t i = 1; i < redis::kSubcommandCount; ++i)
      if (is_routed_by_keys(redis::kSubcommands[i]))
        for (const Example &example : examples_of(redis::kSubcommands[i])) rekeyed.check(example);
  }
  EXPECT_GT(checked, 2 * 150u);
}

// Small requests are copied, larger ones are sent in pieces: both are the same bytes.
TEST(RedisFilter, SmallAndLargeAreRewrittenAlike) {
  RedisDriver driver;
  for (size_t size = 440; size < 520; ++size) {
    for (size_t len : {1, 9, 10, 99, 100, 512, 513}) {
      const std::string key(len, 'k');
      for (const Args &args :
           {Args{"SET", "key", std::string(size, 'v'), "EX", "5"}, Args{"GET", std::string(size, 'g')}}) {
        ParsedRequest r = one(driver, args);
        Args wanted = args;
        wanted[1] = key;
        EXPECT_EQ(driver.render(driver.client(), r, WEIR_RENDER_REKEY, all_keys(r), 0, {key.c_str()}).bytes,
                  resp(wanted));
      }
    }
  }
}

TEST(RedisFilter, PartsCarryRewrittenKeys) {
  RedisDriver driver;
  Connection &c = driver.client();
  for (bool in_line : {false, true}) {
    auto request = [&](const Args &args) { return one(driver, in_line ? inlined(args) : resp(args)); };
    for (uint32_t slice : {0, 1}) {
      EXPECT_EQ(driver
                    .render(c, request({"mset", "a", "1", "b", "2", "c", "3"}), WEIR_RENDER_SPLIT, {0, 2}, slice,
                            {"p:a", nullptr, "longer:c"})
                    .bytes,
                resp({"mset", "p:a", "1", "longer:c", "3"}));
      EXPECT_EQ(
          driver.render(c, request({"del", "a", "b", "c"}), WEIR_RENDER_SPLIT, {1, 2}, slice, {nullptr, "x", nullptr})
              .bytes,
          resp({"del", "x", "c"}));
      EXPECT_EQ(driver
                    .render(c, request({"sinter", "a", "b", "c"}), WEIR_RENDER_SPLIT, {0, 1}, slice,
                            {"p:a", nullptr, nullptr})
                    .bytes,
                resp({"SINTER", "p:a", "b"}));
      EXPECT_EQ(
          driver.render(c, request({"zintercard", "2", "a", "b"}), WEIR_RENDER_SPLIT, {1}, slice, {nullptr, "p:b"})
              .bytes,
          resp({"ZINTER", "1", "p:b"}));
    }
  }
}

TEST(RedisFilter, ChannelsAndWhatExecAnswersAreNotRewritten) {
  RedisDriver driver;
  Connection &c = driver.client();
  for (const Args &args : {Args{"PUBLISH", "a", "1"}, Args{"SPUBLISH", "a", "1"}, Args{"SUBSCRIBE", "a"}})
    EXPECT_LT(driver.render(c, one(driver, args), WEIR_RENDER_REKEY, {0}, 0, {"p:a"}).status, 0) << args[0];
  Requests multi = driver.requests(c, resp({"MULTI"}));
  driver.reply(c, &multi.list[0], WEIR_ERR_NONE);
  ParsedRequest pop = driver.requests(c, resp({"LMPOP", "1", "a", "LEFT"})).list[0];
  EXPECT_EQ(driver.render(c, pop, WEIR_RENDER_REKEY, {0}, 0, {"p:a"}).bytes,
            resp({"weir: in a transaction no filter may rewrite keys that replies name"}));
  EXPECT_EQ(driver.render(c, pop, WEIR_RENDER_REKEY, {0}).bytes, pop.message);
}

// ---- replies that name keys

class RedisEcho : public testing::Test {
 protected:
  std::string told(const Args &args, const std::string &reply, const std::vector<const char *> &sent) {
    ParsedRequest r = parse(args);
    r.req.flags |= WEIR_REQ_TRANSFORM | WEIR_REQ_KEEP;
    return driver.merge(c, r, {{all_keys(r), reply}}, 0, sent).bytes;
  }
  ParsedRequest parse(const Args &args) {
    Requests got = driver.requests(c, resp(args));
    return got.list.at(0);
  }
  void speak_resp3() {
    ParsedRequest hello = parse({"HELLO", "3"});
    driver.reply(c, &hello, WEIR_ERR_NONE);
  }
  RedisDriver driver{FakeHost::Config{}, 1};
  Connection &c = driver.client();
};

TEST_F(RedisEcho, ThePoppedKeyIsTheClients) {
  std::string list = "*2\r\n$3\r\np:b\r\n$1\r\nv\r\n", own = "*2\r\n$1\r\nb\r\n$1\r\nv\r\n";
  EXPECT_EQ(told({"BLPOP", "a", "b", "0"}, list, {"p:a", "p:b"}), own);
  EXPECT_EQ(told({"BRPOP", "b", "0"}, list, {"p:b"}), own);
  EXPECT_EQ(told({"BLPOP", "a", "0"}, "*-1\r\n", {"p:a"}), "*-1\r\n");
  EXPECT_EQ(told({"BLPOP", "a", "0"}, "-WRONGTYPE x\r\n", {"p:a"}), "-WRONGTYPE x\r\n");
  EXPECT_EQ(told({"BLPOP", "p:b", "0"}, list, {nullptr}), list);
  EXPECT_EQ(told({"BZPOPMIN", "b", "0"}, "*3\r\n$3\r\np:b\r\n$3\r\np:b\r\n$1\r\n1\r\n", {"p:b"}),
            "*3\r\n$1\r\nb\r\n$3\r\np:b\r\n$1\r\n1\r\n");
  std::string lists = "*2\r\n$3\r\np:b\r\n*2\r\n$3\r\np:b\r\n$1\r\nx\r\n";
  for (const Args &args : {Args{"LMPOP", "2", "a", "b", "LEFT"}, Args{"BLMPOP", "0", "2", "a", "b", "LEFT"}})
    EXPECT_EQ(told(args, lists, {"p:a", "p:b"}), "*2\r\n$1\r\nb\r\n*2\r\n$3\r\np:b\r\n$1\r\nx\r\n");
  for (const Args &args : {Args{"ZMPOP", "1", "b", "MIN"}, Args{"BZMPOP", "0", "1", "b", "MIN"}})
    EXPECT_EQ(told(args, "*2\r\n$3\r\np:b\r\n*1\r\n*2\r\n$1\r\nm\r\n$1\r\n1\r\n", {"p:b"}),
              "*2\r\n$1\r\nb\r\n*1\r\n*2\r\n$1\r\nm\r\n$1\r\n1\r\n");
}

TEST_F(RedisEcho, StreamsAreTheClients) {
  const Args ask = {"XREAD", "STREAMS", "a", "b", "a", "0", "0", "0"};
  std::string entry = "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$3\r\np:a\r\n$1\r\nv\r\n";
  auto pair = [&](const std::string &key) {
    return "*2\r\n$" + std::to_string(key.size()) + "\r\n" + key + "\r\n" + entry;
  };
  EXPECT_EQ(told(ask, "*3\r\n" + pair("p:a") + pair("p:b") + pair("p:a"), {"p:a", "p:b", "p:a"}),
            "*3\r\n" + pair("a") + pair("b") + pair("a"));
  EXPECT_EQ(told(ask, "*1\r\n" + pair("p:b"), {"p:a", "p:b", nullptr}), "*1\r\n" + pair("b"));
  EXPECT_EQ(told(ask, "*2\r\n" + pair("one") + pair("one"), {"one", "one", "x"}), "*2\r\n" + pair("a") + pair("b"));
  EXPECT_EQ(told(ask, "*-1\r\n", {"p:a", "p:b", "p:a"}), "*-1\r\n");
  std::string who = "-NOGROUP No such key 'p:a' or consumer group 'g' in XREADGROUP with GROUP option\r\n";
  EXPECT_EQ(told({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", ">"}, who, {"p:a"}),
            "-NOGROUP No such key 'a' or consumer group 'g' in XREADGROUP with GROUP option\r\n");
  EXPECT_EQ(
      told({"XINFO", "CONSUMERS", "a", "g"}, "-NOGROUP No such consumer group 'g' for key name 'p:a'\r\n", {"p:a"}),
      "-NOGROUP No such consumer group 'g' for key name 'a'\r\n");
  // What only looks like a key is none.
  std::string ids = "*2\r\n$3\r\n1-1\r\n$3\r\n1-2\r\n";
  EXPECT_EQ(told({"XCLAIM", "a", "g", "c", "0", "1-1", "1-2", "JUSTID"}, ids, {"1-1"}), ids);
}

TEST_F(RedisEcho, InResp3AndFromServersThatSpeakResp2) {
  speak_resp3();
  std::string entry = "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n";
  const Args ask = {"XREAD", "STREAMS", "a", "b", "0", "0"};
  std::string own = "%2\r\n$1\r\na\r\n" + entry + "$1\r\nb\r\n" + entry;
  EXPECT_EQ(told(ask, "%2\r\n$3\r\np:a\r\n" + entry + "$3\r\np:b\r\n" + entry, {"p:a", "p:b"}), own);
  EXPECT_EQ(told(ask, "*2\r\n*2\r\n$3\r\np:a\r\n" + entry + "*2\r\n$3\r\np:b\r\n" + entry, {"p:a", "p:b"}), own);
  EXPECT_EQ(told(ask, "_\r\n", {"p:a", "p:b"}), "_\r\n");
  EXPECT_EQ(told(ask, "*-1\r\n", {"p:a", "p:b"}), "_\r\n");
  EXPECT_EQ(told({"BZPOPMAX", "b", "0"}, "*3\r\n$3\r\np:b\r\n$1\r\nm\r\n$1\r\n1\r\n", {"p:b"}),
            "*3\r\n$1\r\nb\r\n$1\r\nm\r\n,1\r\n");
  EXPECT_EQ(told({"XINFO", "STREAM", "a"}, "-ERR 'p:a'\r\n", {"p:a"}), "-ERR 'a'\r\n");
}

// ---- answers

class RedisFilterAnswer : public testing::Test {
 protected:
  std::string answer(const Args &args, uint32_t what, std::string_view text = {}) {
    Requests got = driver.requests(c, resp(args));
    return driver.reply(c, &got.list.at(0), what, text).bytes;
  }
  std::string none(const Args &args) { return answer(args, WEIR_ERR_ANSWER_NONE); }
  RedisDriver driver;
  Connection &c = driver.client();
};

TEST_F(RedisFilterAnswer, HasTheShapeOfTheCommandsReply) {
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_ANSWER, "x\r\ny"), "$4\r\nx\r\ny\r\n");
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_ANSWER), "$0\r\n\r\n");
  EXPECT_EQ(answer({"MGET", "a", "b"}, WEIR_ERR_ANSWER, "v"), "*2\r\n$1\r\nv\r\n$1\r\nv\r\n");
  EXPECT_EQ(answer({"HMGET", "a", "f", "g"}, WEIR_ERR_ANSWER, "v"), "*2\r\n$1\r\nv\r\n$1\r\nv\r\n");
  EXPECT_EQ(answer({"SMEMBERS", "a"}, WEIR_ERR_ANSWER, "v"), "*1\r\n$1\r\nv\r\n");
  EXPECT_EQ(answer({"INCR", "a"}, WEIR_ERR_ANSWER, "5"), ":5\r\n");
  EXPECT_EQ(answer({"INCR", "a"}, WEIR_ERR_ANSWER, "five"), "$4\r\nfive\r\n");
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_ANSWER_INT, "-5"), ":-5\r\n");
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_ANSWER_INT, "5\r\n"),
            "-ERR a filter answered with an integer that is none\r\n");
  EXPECT_EQ(answer({"SET", "a", "1"}, WEIR_ERR_ANSWER_DONE), "+OK\r\n");
  EXPECT_EQ(answer({"DEL", "a", "b"}, WEIR_ERR_ANSWER_DONE), ":2\r\n");
  EXPECT_EQ(answer({"SADD", "a", "b", "c"}, WEIR_ERR_ANSWER_DONE), ":1\r\n");
  EXPECT_EQ(answer({"MGET", "a", "b"}, WEIR_ERR_ANSWER, std::string(9 * 1024 * 1024, 'v')),
            "-ERR a filter's answer is too large for so many keys\r\n");
  EXPECT_EQ(answer({"NOSUCH"}, WEIR_ERR_ANSWER, "v"), "$1\r\nv\r\n");
}

TEST_F(RedisFilterAnswer, OfNothingIsWhatTheCommandSaysOfNothing) {
  EXPECT_EQ(none({"GET", "a"}), "$-1\r\n");
  EXPECT_EQ(none({"MGET", "a", "b"}), "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_EQ(none({"HGETALL", "a"}), "*0\r\n");
  EXPECT_EQ(none({"BLPOP", "a", "0"}), "*-1\r\n");
  EXPECT_EQ(none({"EXISTS", "a"}), ":0\r\n");
  EXPECT_EQ(none({"TTL", "a"}), ":-2\r\n");
  EXPECT_EQ(none({"TYPE", "a"}), "+none\r\n");
  EXPECT_EQ(none({"SCAN", "0"}), "*2\r\n$1\r\n0\r\n*0\r\n");
  answer({"HELLO", "3"}, WEIR_ERR_NONE);
  EXPECT_EQ(none({"GET", "a"}), "_\r\n");
  EXPECT_EQ(none({"MGET", "a", "b"}), "*2\r\n_\r\n_\r\n");
  EXPECT_EQ(none({"HGETALL", "a"}), "%0\r\n");
  EXPECT_EQ(none({"SMEMBERS", "a"}), "~0\r\n");
  EXPECT_EQ(none({"BLPOP", "a", "0"}), "_\r\n");
}

// LPOP k: a value; LPOP k 2: a list of them.
TEST_F(RedisFilterAnswer, ToACommandWithACountHasAnothersShape) {
  EXPECT_EQ(none({"LPOP", "a"}), "$-1\r\n");
  EXPECT_EQ(none({"LPOP", "a", "2"}), "*-1\r\n");
  EXPECT_EQ(none({"RPOP", "a", "1"}), "*-1\r\n");
  EXPECT_EQ(none({"SPOP", "a"}), "$-1\r\n");
  EXPECT_EQ(none({"SPOP", "a", "2"}), "*0\r\n");
  EXPECT_EQ(none({"ZRANDMEMBER", "a", "2"}), "*0\r\n");
  EXPECT_EQ(none({"GETRANGE", "a", "0", "1"}), "$0\r\n\r\n");
  EXPECT_EQ(answer({"LPOP", "a"}, WEIR_ERR_ANSWER, "v"), "$1\r\nv\r\n");
  EXPECT_EQ(answer({"LPOP", "a", "2"}, WEIR_ERR_ANSWER, "v"), "*1\r\n$1\r\nv\r\n");
  EXPECT_EQ(answer({"SRANDMEMBER", "a", "2"}, WEIR_ERR_ANSWER_INT, "7"), "*1\r\n:7\r\n");
  answer({"HELLO", "3"}, WEIR_ERR_NONE);
  EXPECT_EQ(none({"RPOP", "a", "2"}), "_\r\n");
  EXPECT_EQ(none({"SPOP", "a", "2"}), "~0\r\n");
  EXPECT_EQ(none({"HRANDFIELD", "a", "2"}), "*0\r\n");
}

// ---- refusals

class RedisRefusal : public RedisFilterAnswer {
 protected:
  std::string refuse(const Args &args) { return answer(args, WEIR_ERR_REJECTED, "no"); }
  std::string ask(const Args &args) { return driver.answer(c, resp(args)); }
};
const std::string kNo = "-ERR no\r\n";
const std::string kForwarded = "(forwarded)";

TEST_F(RedisRefusal, IsOneLine) {
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_REJECTED, "NOPERM a\r\n+OK\r\n"), "-NOPERM a  +OK  \r\n");
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_REJECTED), "-ERR refused by a filter\r\n");
}

TEST_F(RedisRefusal, OfAChoiceLeavesTheConnectionAsItWas) {
  EXPECT_EQ(refuse({"HELLO", "3", "SETNAME", "me"}), kNo);
  EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "$-1\r\n");
  EXPECT_EQ(driver.requests(c, resp({"GET", "a"})).list[0].req.profile, 0u);
  EXPECT_EQ(ask({"CLIENT", "SETNAME", "first"}), "+OK\r\n");
  EXPECT_EQ(refuse({"CLIENT", "SETNAME", "second"}), kNo);
  EXPECT_EQ(refuse({"CLIENT", "SETNAME"}), kNo);  // wrong: nothing was changed, and nothing is brought back
  EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "$5\r\nfirst\r\n");
  for (const char *mode : {"OFF", "SKIP"}) {
    EXPECT_EQ(refuse({"CLIENT", "REPLY", mode}), kNo);
    EXPECT_EQ(ask({"ECHO", "x"}), "$1\r\nx\r\n");
  }
  EXPECT_EQ(refuse({"SELECT", "5"}), kNo);
  EXPECT_EQ(driver.requests(c, resp({"GET", "a"})).list[0].req.profile, 0u);
  EXPECT_EQ(ask({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(refuse({"CLIENT", "SETNAME", "third"}), "");
  EXPECT_EQ(ask({"CLIENT", "REPLY", "ON"}), "+OK\r\n");
  EXPECT_EQ(ask({"CLIENT", "GETNAME"}), "$5\r\nfirst\r\n");
}

TEST_F(RedisRefusal, OfAPasswordLetsNobodyIn) {
  RedisDriver locked(FakeHost::Config{{"redis_auth", "secret"}});
  Connection &client = locked.client();
  ParsedRequest auth = locked.requests(client, resp({"AUTH", "secret"})).list.at(0);
  EXPECT_EQ(locked.reply(client, &auth, WEIR_ERR_REJECTED, "no").bytes, kNo);
  EXPECT_EQ(locked.answer(client, resp({"GET", "a"})).substr(0, 7), "-NOAUTH");
}

TEST_F(RedisRefusal, OfMultiIsNoTransaction) {
  EXPECT_EQ(refuse({"MULTI"}), kNo);
  EXPECT_EQ(ask({"ECHO", "x"}), "$1\r\nx\r\n");
  EXPECT_EQ(ask({"EXEC"}), "-ERR EXEC without MULTI\r\n");
  RedisDriver alone(FakeHost::Config{}, 1);
  Connection &client = alone.client();
  ParsedRequest multi = alone.requests(client, resp({"MULTI"})).list.at(0);
  Output no = alone.reply(client, &multi, WEIR_ERR_REJECTED, "no");
  EXPECT_EQ(no.bytes, kNo);
  EXPECT_EQ(no.flags & WEIR_OUT_CLOSE, 0u);
  EXPECT_EQ(int{alone.requests(client, resp({"GET", "a"})).list.at(0).req.route}, WEIR_ROUTE_KEY);
}

TEST_F(RedisRefusal, WhileWatchingLeavesItWatching) {
  ParsedRequest watch = driver.requests(c, resp({"WATCH", "a"})).list.at(0);
  driver.lease(c, watch, 1, true);
  EXPECT_EQ(refuse({"MULTI"}), kNo);
  EXPECT_EQ(ask({"ECHO", "x"}), "$1\r\nx\r\n");  // not queued
  ParsedRequest unwatch = driver.requests(c, resp({"UNWATCH"})).list.at(0);
  EXPECT_TRUE(unwatch.req.flags & WEIR_REQ_LEASE_END);
  EXPECT_EQ(driver.reply(c, &unwatch, WEIR_ERR_ABORTED).bytes, "+OK\r\n");
}

TEST_F(RedisRefusal, InATransactionAbortsIt) {
  const std::string aborted = "-EXECABORT Transaction discarded because of previous errors.\r\n";
  EXPECT_EQ(ask({"MULTI"}), "+OK\r\n");
  EXPECT_EQ(ask({"PING"}), "+QUEUED\r\n");
  EXPECT_EQ(refuse({"PING"}), kNo);
  EXPECT_EQ(ask({"EXEC"}), aborted);
  EXPECT_EQ(ask({"MULTI"}), "+OK\r\n");
  EXPECT_EQ(refuse({"SET", "a", "1"}), kNo);  // it was to take the lease
  EXPECT_EQ(ask({"EXEC"}), aborted);
  EXPECT_EQ(ask({"MULTI"}), "+OK\r\n");
  EXPECT_EQ(answer({"GET", "a"}, WEIR_ERR_ANSWER, "v").substr(0, 32), "-ERR a filter cannot answer what");
  EXPECT_EQ(ask({"EXEC"}), aborted);
  // All at once: nothing behind a queued command is parsed before its answer is known.
  for (const char *word : {"MULTI", "PING"}) {
    Requests first = driver.requests(c, resp({word}));
    EXPECT_TRUE(first.list.at(0).req.flags & WEIR_REQ_FENCE) << word;
    driver.reply(c, &first.list[0], WEIR_ERR_NONE);
  }
}

TEST_F(RedisRefusal, CommandsWhoseWorkIsDoneWhenTheyAreParsedSaySo) {
  std::set<std::string> lasting;
  for (uint32_t i = 0; i < driver.protocol()->cmd_count; ++i)
    if (driver.protocol()->cmds[i].flags & WEIR_CMD_STATE) lasting.insert(driver.protocol()->cmds[i].name);
  EXPECT_EQ(lasting, (std::set<std::string>{"discard", "exec", "quit", "reset", "unwatch"}));
}

TEST(RedisArgs, AreTheWordsThatWereMeant) {
  RedisDriver driver;
  EXPECT_EQ(driver.args(one(driver, Args{"SET", "a", "b c"})), (Args{"SET", "a", "b c"}));
  EXPECT_EQ(driver.args(one(driver, "set a \"b\\x41\\n\" 'it\\'s' \"plain\"\r\n")),
            (Args{"set", "a", "bA\n", "it's", "plain"}));
}

}  // namespace
}  // namespace weir::test
