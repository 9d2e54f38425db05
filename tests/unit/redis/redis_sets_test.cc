// SINTER and its kin over keys of several servers: what each server is asked, and how the answers are joined.
#include <algorithm>

#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

using Args = std::vector<std::string>;

std::string list(const Args &members, char mark = '*') {
  std::string out = mark + std::to_string(members.size()) + "\r\n";
  for (const std::string &m : members) out += "$" + std::to_string(m.size()) + "\r\n" + m + "\r\n";
  return out;
}

class RedisSets : public testing::Test {
 protected:
  ParsedRequest parse(const Args &args) {
    ParsedRequest r = driver_.requests(client_, resp(args)).list.at(0);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_SPLIT}) << args[0];
    return r;
  }
  // The question to a server that has these of the keys, however it is sliced.
  std::string asked(const ParsedRequest &r, const std::vector<uint32_t> &pick) {
    std::string whole = driver_.render(client_, r, WEIR_RENDER_SPLIT, pick).bytes;
    for (uint32_t slice : {1u, 2u}) EXPECT_EQ(driver_.render(client_, r, WEIR_RENDER_SPLIT, pick, slice).bytes, whole);
    return whole;
  }
  std::string asked(const Args &args, const std::vector<uint32_t> &pick) { return asked(parse(args), pick); }
  std::string merged(const Args &args, const std::vector<PartReply> &parts) {
    ParsedRequest r = parse(args);
    std::string whole = driver_.merge(client_, r, parts).bytes;
    EXPECT_EQ(driver_.merge(client_, r, parts, 1).bytes, whole);
    return whole;
  }
  RedisDriver driver_;
  Connection &client_ = driver_.client();
};

TEST_F(RedisSets, EachServerJoinsWhatItHas) {
  EXPECT_EQ(asked({"SINTER", "a", "b", "c"}, {0, 2}), resp({"SINTER", "a", "c"}));
  EXPECT_EQ(asked({"SUNION", "a", "b", "c"}, {1}), resp({"SUNION", "b"}));
  EXPECT_EQ(asked({"SDIFF", "a", "b", "c"}, {0, 2}), resp({"SDIFF", "a", "c"}));
  EXPECT_EQ(asked({"SDIFF", "a", "b", "c"}, {1, 2}), resp({"SUNION", "b", "c"})) << "what is to be taken away";
  EXPECT_EQ(asked({"SINTERCARD", "3", "a", "b", "c", "LIMIT", "1"}, {1, 2}), resp({"SINTER", "b", "c"}));
  EXPECT_EQ(asked({"ZINTERCARD", "3", "a", "b", "c", "LIMIT", "1"}, {0, 2}), resp({"ZINTER", "2", "a", "c"}));
  EXPECT_EQ(asked({"ZDIFF", "3", "a", "b", "c", "withscores"}, {0, 1}), resp({"ZDIFF", "2", "a", "b", "withscores"}));
  EXPECT_EQ(asked({"ZDIFF", "3", "a", "b", "c", "WITHSCORES"}, {1, 2}), resp({"ZUNION", "2", "b", "c"}));
  EXPECT_EQ(asked({"ZDIFF", "2", "a", "b", "x", "y"}, {0}), resp({"ZDIFF", "1", "a", "x", "y"}));
}

TEST_F(RedisSets, InlineAndRewrittenKeys) {
  ParsedRequest r = driver_.requests(client_, "sdiff a  'b c' d\r\n").list.at(0);
  EXPECT_EQ(asked(r, {0, 1}), resp({"SDIFF", "a", "b c"}));
  r = driver_.requests(client_, "zdiff 2 a b withscores\r\n").list.at(0);
  EXPECT_EQ(asked(r, {0}), resp({"ZDIFF", "1", "a", "withscores"}));
  r = parse({"SUNION", "a", "b", "c"});
  EXPECT_EQ(driver_.render(client_, r, WEIR_RENDER_SPLIT, {0, 2}, 1, {nullptr, nullptr, "v2:c"}).bytes,
            resp({"SUNION", "a", "v2:c"}));
}

TEST_F(RedisSets, TheAnswersAreJoined) {
  for (char mark : {'*', '~'}) {
    std::vector<PartReply> parts = {{{0, 2}, list({"x", "", "y\r\n", "z"}, mark)}, {{1}, list({"z", "q", ""}, mark)}};
    EXPECT_EQ(merged({"SINTER", "a", "b", "c"}, parts), list({"", "z"}, mark));
    EXPECT_EQ(merged({"SUNION", "a", "b", "c"}, parts), list({"x", "", "y\r\n", "z", "q"}, mark));
    EXPECT_EQ(merged({"SDIFF", "a", "b", "c"}, parts), list({"x", "y\r\n"}, mark));
  }
  EXPECT_EQ(merged({"SDIFF", "a", "b"}, {{{1}, list({"1", "2"})}, {{0}, list({"2", "3"})}}), list({"3"}))
      << "the first key may lie on any server";
  EXPECT_EQ(merged({"SINTER", "a", "b", "c"}, {{{0}, list({"1", "2"})}, {{1}, list({"2"})}, {{2}, list({"1"})}}),
            list({}));
  EXPECT_EQ(merged({"SUNION", "a", "b"}, {{{0}, list({})}, {{1}, list({})}}), list({}));
}

TEST_F(RedisSets, ManyMembers) {
  Args even, odd, both;
  for (int i = 0; i < 3'000; ++i) (i % 2 ? odd : even).push_back("member" + std::to_string(i));
  both = even;
  both.insert(both.end(), odd.begin(), odd.end());
  EXPECT_EQ(merged({"SUNION", "a", "b"}, {{{0}, list(even)}, {{1}, list(odd)}}), list(both));
  EXPECT_EQ(merged({"SDIFF", "a", "b"}, {{{0}, list(both)}, {{1}, list(odd)}}), list(even));
  EXPECT_EQ(merged({"SINTER", "a", "b"}, {{{0}, list(both)}, {{1}, list(odd)}}), list(odd));
}

TEST_F(RedisSets, CardinalitiesKnowTheirLimit) {
  std::vector<PartReply> parts = {{{0}, list({"1", "2", "3", "4"})}, {{1}, list({"5", "4", "3", "2"})}};
  for (const std::string name : {"SINTERCARD", "ZINTERCARD"}) {
    EXPECT_EQ(merged({name, "2", "a", "b"}, parts), ":3\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "LIMIT", "2"}, parts), ":2\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "limit", "0"}, parts), ":3\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "limit", "1", "limit", "9"}, parts), ":3\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "limit", "-1"}, parts), "-ERR LIMIT can't be negative\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "limit", "x"}, parts), "-ERR LIMIT can't be negative\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "limit"}, parts), "-ERR syntax error\r\n");
    EXPECT_EQ(merged({name, "2", "a", "b", "nonsense"}, parts), "-ERR syntax error\r\n");
  }
}

TEST_F(RedisSets, ASortedDifferenceKeepsItsOrderAndItsScores) {
  const std::string plain = list({"x", "y", "z"}), scores = list({"x", "1", "y", "1.5", "z", "inf"});
  const std::string pairs = "*3\r\n*2\r\n$1\r\nx\r\n,1\r\n*2\r\n$1\r\ny\r\n,1.5\r\n*2\r\n$1\r\nz\r\n,inf\r\n";
  const std::string others = list({"1.5", "y", "1"});
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b"}, {{{0}, plain}, {{1}, others}}), list({"x", "z"}));
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b", "withscores"}, {{{0}, scores}, {{1}, others}}),
            list({"x", "1", "z", "inf"}));
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b", "WITHSCORES"}, {{{0}, pairs}, {{1}, others}}),
            "*2\r\n*2\r\n$1\r\nx\r\n,1\r\n*2\r\n$1\r\nz\r\n,inf\r\n");
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b", "WITHSCORES"}, {{{0}, list({})}, {{1}, others}}), list({}));
}

TEST_F(RedisSets, ErrorsComeInTheServersOrder) {
  const std::string wrong = "-WRONGTYPE Operation against a key\r\n", syntax = "-ERR syntax error\r\n";
  EXPECT_EQ(merged({"SINTER", "a", "b"}, {{{0}, list({})}, {{1}, wrong}}), wrong);
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b", "x"}, {{{0}, syntax}, {{1}, wrong}}), wrong);
  EXPECT_EQ(merged({"ZDIFF", "2", "a", "b", "x"}, {{{0}, syntax}, {{1}, list({})}}), syntax);
  EXPECT_EQ(merged({"SINTERCARD", "2", "a", "b", "x"}, {{{0}, list({})}, {{1}, wrong}}), syntax);
  EXPECT_EQ(merged({"ZINTERCARD", "2", "a", "b", "x"}, {{{0}, list({})}, {{1}, wrong}}), wrong);
  EXPECT_EQ(merged({"SUNION", "a", "b"}, {{{0}, list({})}, {{1}, "", WEIR_PART_TIMEOUT}}),
            "-ERR Connection timed out\r\n");
  EXPECT_EQ(merged({"SUNION", "a", "b"}, {{{0}, list({})}, {{1}, ":1\r\n"}}), "-ERR Invalid argument\r\n");
}

TEST_F(RedisSets, WhatIsNotExactMustLieOnOneServer) {
  for (const Args &args : std::vector<Args>{{"PFCOUNT", "a", "b"},
                                            {"ZUNION", "2", "a", "b"},
                                            {"ZINTER", "2", "a", "b"},
                                            {"SDIFFSTORE", "a", "b"},
                                            {"SINTERSTORE", "a", "b"},
                                            {"ZDIFFSTORE", "a", "1", "b"},
                                            {"BITOP", "NOT", "a", "b"},
                                            {"COPY", "a", "b"},
                                            {"RENAMENX", "a", "b"},
                                            {"MSETNX", "a", "1", "b", "2"}}) {
    ParsedRequest r = driver_.requests(resp(args)).list.at(0);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_KEY}) << args[0];
    EXPECT_GT(r.keys.size(), 1u) << args[0];
  }
}

}  // namespace
}  // namespace weir::test
