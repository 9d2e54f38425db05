// A server that came back without its scripts is given them again: what weir remembers, and when it sends it.
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;

const std::string kOne = "return 1", kOneName = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db";
const std::string kNoScript = "-NOSCRIPT No matching script. Please use EVAL.\r\n";

class RedisScripts : public testing::Test {
 protected:
  ParsedRequest parse(const std::string &bytes, const Feed &feed = {}) {
    Requests all = driver_.requests(client_, bytes, feed);
    EXPECT_EQ(all.list.size(), 1u);
    return all.list.at(0);
  }
  // What a server is given before an EVALSHA that it answered so is sent again; "" when the answer is passed on.
  std::string given(const std::string &evalsha, const std::string &answer = kNoScript) {
    ParsedRequest r = parse(evalsha);
    weir_expect expect = {};
    expect.replies = 1;
    expect.cmd = r.req.cmd;
    expect.user = r.req.user;
    expect.flags = r.req.flags;
    std::string before;
    for (size_t cut = 0; cut < answer.size(); ++cut) {  // wherever the answer is cut
      Connection &server = driver_.server();
      server.expects.assign(1, expect);
      Replies got = driver_.replies(server, answer, {.cuts = {cut}});
      EXPECT_EQ(got.list.size(), 1u);
      bool again = got.list.at(0).rsp.flags & WEIR_RF_RESEND;
      EXPECT_EQ(got.list[0].rsp.server, again ? UINT32_MAX : 0u) << "the same server";
      Output out = again ? driver_.render(client_, r, WEIR_RENDER_RESEND, {}) : Output{};
      EXPECT_EQ(out.swallow, again ? 1u : 0u);
      EXPECT_TRUE(cut == 0 || out.bytes == before) << cut;
      before = out.bytes;
    }
    return before;
  }
  std::string given(const Args &evalsha) { return given(resp(evalsha)); }
  // All servers of the pool answer that.
  void answered(const Args &args, const std::string &answer) {
    ParsedRequest r = parse(resp(args));
    EXPECT_EQ(driver_.merge(client_, r, {{{}, answer, WEIR_PART_OK, 0}, {{}, answer, WEIR_PART_OK, 1}}).bytes, answer);
  }
  std::string load(const std::string &body) { return resp({"SCRIPT", "LOAD", body}); }

  RedisDriver driver_;
  Connection &client_ = driver_.client();
};

TEST_F(RedisScripts, AScriptThatWasLoadedIsGivenAgain) {
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "1", "k"}), "") << "nobody has loaded it";
  answered({"SCRIPT", "LOAD", kOne}, "$40\r\n" + kOneName + "\r\n");
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "1", "k"}), load(kOne));
  EXPECT_EQ(given(Args{"EVALSHA_RO", kOneName, "1", "k", "x"}), load(kOne));
  EXPECT_EQ(given(Args{"evalsha", "E0E1F9FABFC9D4800C877A703B823AC0578FF8DB", "0"}), load(kOne));
  EXPECT_EQ(given("evalsha \"" + kOneName + "\" 1 k\r\n"), load(kOne));
  EXPECT_EQ(given(Args{"EVALSHA", std::string(40, '0'), "1", "k"}), "") << "another one";
  EXPECT_EQ(given(Args{"EVALSHA", "short", "1", "k"}), "");
}

TEST_F(RedisScripts, AScriptThatWasRunIsGivenAgain) {
  parse(resp({"EVAL", kOne, "1", "k"}));
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "1", "k"}), load(kOne));
  const std::string line = "eval 'return 2' 0\r\n", two = "7f923f79fe76194c868d7e1d0820de36700eb649";
  parse(line);
  EXPECT_EQ(given(Args{"EVALSHA", two, "0"}), load("return 2"));
}

TEST_F(RedisScripts, WhereverTheBodyIsCut) {
  const std::string bytes = resp({"EVAL_RO", kOne, "1", "k", "arg"});
  for (size_t cut = 1; cut < bytes.size(); ++cut) {
    RedisDriver fresh;
    Requests got = fresh.requests(bytes, {.cuts = {cut}, .honour_need = cut % 2 == 0});
    ASSERT_EQ(got.list.size(), 1u) << cut;
    EXPECT_EQ(got.list[0].keys, Args{"k"});
    ParsedRequest again = fresh.requests(resp({"EVALSHA", kOneName, "0"})).list.at(0);
    EXPECT_EQ(fresh.render(fresh.client(), again, WEIR_RENDER_RESEND, {}).bytes, load(kOne)) << cut;
  }
}

TEST_F(RedisScripts, NamesAreTheServersForBodiesOfEveryLength) {
  const std::vector<std::pair<size_t, std::string>> known = {{0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
                                                             {55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"},
                                                             {56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"},
                                                             {64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"},
                                                             {1000, "291e9a6c66994949b57ba5e650361e98fc36b1ba"}};
  for (auto &[size, name] : known) {
    std::string body(size, 'a');
    parse(resp({"EVAL", body, "0"}));
    EXPECT_EQ(given(Args{"EVALSHA", name, "0"}), load(body)) << size;
  }
}

TEST_F(RedisScripts, FlushForgets) {
  parse(resp({"EVAL", kOne, "1", "k"}));
  answered({"SCRIPT", "FLUSH"}, "-ERR no\r\n");
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "0"}), load(kOne));
  answered({"SCRIPT", "FLUSH", "ASYNC"}, "+OK\r\n");
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "0"}), "");
  parse(resp({"EVAL", kOne, "1", "k"}));
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "0"}), load(kOne));
}

TEST_F(RedisScripts, OnlyThatAnswerToThatCommandIsReplaced) {
  parse(resp({"EVAL", kOne, "1", "k"}));
  const std::string evalsha = resp({"EVALSHA", kOneName, "1", "k"});
  EXPECT_EQ(given(evalsha, ":1\r\n"), "");
  EXPECT_EQ(given(evalsha, "-ERR NOSCRIPT\r\n"), "");
  EXPECT_EQ(given(evalsha, "*1\r\n" + kNoScript), "") << "inside a transaction's";
  EXPECT_EQ(given(evalsha, "+" + kNoScript.substr(1)), "");
  EXPECT_EQ(given(resp({"EVAL", kOne, "1", "k"})), "");
  EXPECT_EQ(given(resp({"GET", kOneName})), "");
  EXPECT_EQ(given(resp({"FCALL", kOneName, "1", "k"})), "");
}

TEST_F(RedisScripts, ScriptsThatDoNotCompileAreNotRemembered) {
  answered({"SCRIPT", "LOAD", kOne}, "-ERR Error compiling script\r\n");
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "0"}), "");
}

TEST_F(RedisScripts, AScriptExistsWhereItCanBeBrought) {
  auto exists = [&](const std::string &name, const std::vector<std::string> &each) {
    ParsedRequest r = parse(resp({"SCRIPT", "EXISTS", name}));
    std::vector<PartReply> parts;
    for (uint32_t i = 0; i < each.size(); ++i) parts.push_back({{}, "*1\r\n" + each[i], WEIR_PART_OK, i});
    return driver_.merge(client_, r, parts).bytes;
  };
  const std::string yes = ":1\r\n", no = ":0\r\n", one = "*1\r\n:1\r\n", none = "*1\r\n:0\r\n";
  EXPECT_EQ(exists(kOneName, {yes, yes}), one);
  EXPECT_EQ(exists(kOneName, {yes, no}), none) << "weir has not seen it";
  parse(resp({"EVAL", kOne, "1", "k"}));
  EXPECT_EQ(exists(kOneName, {yes, no}), one);
  EXPECT_EQ(exists(kOneName, {no, no}), none) << "it may not compile";
  answered({"SCRIPT", "LOAD", kOne}, "$40\r\n" + kOneName + "\r\n");
  EXPECT_EQ(exists(kOneName, {no, no}), one);
}

TEST_F(RedisScripts, ThereIsABoundAndLoadedScriptsAreTheLastToGo) {
  answered({"SCRIPT", "LOAD", kOne}, "$40\r\n" + kOneName + "\r\n");
  parse(resp({"EVAL", "return 2", "0"}));
  for (int i = 0; i < 2'000; ++i) parse(resp({"EVAL", "return 'x" + std::to_string(i) + "'", "0"}));
  EXPECT_EQ(given(Args{"EVALSHA", kOneName, "0"}), load(kOne));
  EXPECT_EQ(given(Args{"EVALSHA", "7f923f79fe76194c868d7e1d0820de36700eb649", "0"}), "") << "it is long ago";
  parse(resp({"EVAL", "return 2", "0"}));
  EXPECT_EQ(given(Args{"EVALSHA", "7f923f79fe76194c868d7e1d0820de36700eb649", "0"}), load("return 2"));
  parse(resp({"EVAL", std::string(100'000, ' '), "0"}));  // too long to be looked at: it passes
}

TEST_F(RedisScripts, AForgottenScriptStillMakesARequest) {
  ParsedRequest r = parse(resp({"EVALSHA", kOneName, "0"}));
  Output out = driver_.render(client_, r, WEIR_RENDER_RESEND, {});
  EXPECT_EQ(out.bytes, resp({"PING"}));
  EXPECT_EQ(out.swallow, 1u);
}

TEST(RedisOneServer, GetsItsOwnAnswer) {
  RedisDriver one({}, 1);
  one.requests(resp({"EVAL", kOne, "1", "k"}));
  ParsedRequest r = one.requests(resp({"EVALSHA", kOneName, "1", "k"})).list.at(0);
  EXPECT_EQ(r.req.flags & WEIR_REQ_KEEP, 0u);
}

}  // namespace
}  // namespace weir::test
