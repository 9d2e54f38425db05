// Requests that go to servers.
#include "tests/unit/memcache/described.h"

namespace weir::test {
namespace {

const std::string kLongest(250, 'k');

// Every form of every command.
std::vector<std::string> forms() {
  std::vector<std::string> out = {"get a\r\n",
                                  "get a\n",
                                  "  get   a  \r\n",
                                  "gets a\r\n",
                                  "get a b c\r\n",
                                  "gets a a\r\n",
                                  "gat 0 a\r\n",
                                  "gat -1 a b\r\n",
                                  "gats 9999999999 a b a\r\n",
                                  "get " + kLongest + "\r\n",
                                  "get a " + kLongest + "\r\n",
                                  "get \x01\xff\x7f\r\n",
                                  "get a\rb\r\n",
                                  "cas k 1 2 3 4\r\nabc\r\n",
                                  "cas k 1 2 3 4 noreply\r\nabc\r\n",
                                  "cas k 1 2 3 4 other\r\nabc\r\n",
                                  "incr a 1\r\n",
                                  "decr a 18446744073709551615\r\n",
                                  "incr a 1 noreply\r\n",
                                  "delete a\r\n",
                                  "delete a 0\r\n",
                                  "delete a noreply\r\n",
                                  "delete a 0 noreply\r\n",
                                  "delete noreply\r\n",
                                  "touch a 10\r\n",
                                  "touch a -10 noreply\r\n",
                                  "version\r\n",
                                  "version please\r\n",
                                  "verbosity 1\r\n",
                                  "verbosity 1 noreply\r\n",
                                  "flush_all\r\n",
                                  "flush_all 10\r\n",
                                  "flush_all noreply\r\n",
                                  "flush_all -1 noreply\r\n",
                                  "quit\r\n"};
  for (std::string name : {"set", "add", "replace", "append", "prepend"}) {
    out.push_back(name + " k 0 0 0\r\n\r\n");
    out.push_back(name + " k 4294967295 -1 5\r\n\r\nabc\r\n");
    out.push_back(name + " k 0 0 3 noreply\r\nabc\r\n");
    out.push_back(name + "  " + kLongest + " +0 0  03 \nget\r\n");
  }
  return out;
}
bool is_quit(const std::string &form) {
  return form.substr(0, 4) == "quit";
}

TEST_F(MemcacheTest, EveryFormIsOneRequestOfItsSizeAndGoesToAServer) {
  for (const std::string &form : forms()) {
    ParsedRequest r = one(form);
    EXPECT_EQ(r.req.size, form.size()) << form;
    EXPECT_TRUE(r.complete) << form;
    EXPECT_EQ(r.req.route == WEIR_ROUTE_DROP, is_quit(form)) << form;
    EXPECT_NE(r.req.route, WEIR_ROUTE_LOCAL) << form;
    EXPECT_EQ(r.req.reply, WEIR_REPLY_EXACT) << form;
  }
}

TEST_F(MemcacheTest, EveryFormCutAnywhereIsTheSameRequest) {
  for (const std::string &form : forms()) {
    std::vector<std::string> whole = described(driver.requests(form));
    for (size_t cut = 1; cut < form.size(); ++cut)
      ASSERT_EQ(described(driver.requests(form, {.cuts = {cut}})), whole) << form << " cut at " << cut;
    ASSERT_EQ(described(driver.requests(form, {.cuts = every_byte(form.size())})), whole) << form;
    ASSERT_EQ(described(driver.requests(form, {.cuts = every_byte(form.size()), .msg_cap = 1, .honour_need = true})),
              whole)
        << form;
  }
}

TEST_F(MemcacheTest, AllFormsPipelinedAreTheSameHoweverTheyAreFed) {
  std::string all;
  for (const std::string &form : forms()) all += form;
  std::vector<std::string> whole = described(driver.requests(all));
  EXPECT_EQ(whole.size(), forms().size());
  EXPECT_EQ(described(driver.requests(all, {.msg_cap = 1})), whole);
  EXPECT_EQ(described(driver.requests(all, {.cuts = every_byte(all.size()), .msg_cap = 1})), whole);
  EXPECT_EQ(described(driver.requests(all, {.cuts = every_byte(all.size()), .honour_need = true})), whole);
}

TEST_F(MemcacheTest, SixtyFourPipelinedRequestsTakeOneCall) {
  std::string all;
  for (int i = 0; i < 64; ++i) all += i % 2 ? "get key:" + std::to_string(i) + "\r\n" : "set k 0 0 2\r\nhi\r\n";
  Requests parsed = driver.requests(all);
  EXPECT_EQ(parsed.list.size(), 64u);
  EXPECT_EQ(parsed.calls, 1u);
  EXPECT_EQ(described(driver.requests(all, {.msg_cap = 1})), described(parsed));
}

TEST_F(MemcacheTest, AStorageRequestIsGivenBackBeforeItsData) {
  Requests parsed = driver.requests("set k 0 0 1000000\r\nabc");
  ASSERT_EQ(parsed.list.size(), 1u);
  EXPECT_EQ(parsed.list[0].req.size, 19u + 1000000u + 2u);
  EXPECT_FALSE(parsed.list[0].complete);
  EXPECT_EQ(parsed.list[0].keys, std::vector<std::string>{"k"});
}

TEST_F(MemcacheTest, DataIsNeverReadAsCommands) {
  EXPECT_EQ(driver.requests("set k 0 0 11\r\nget a\r\nget \r\nversion\r\n").list.size(), 2u);
}

TEST_F(MemcacheTest, OneKeyIsRoutedSeveralAreSplit) {
  EXPECT_EQ(one("get a\r\n").req.route, WEIR_ROUTE_KEY);
  ParsedRequest r = one("get a b a\r\n");
  EXPECT_EQ(r.req.route, WEIR_ROUTE_SPLIT);
  EXPECT_EQ(r.keys, (std::vector<std::string>{"a", "b", "a"}));
  EXPECT_TRUE(r.req.flags & WEIR_REQ_RETRY_SAFE);
  EXPECT_FALSE(one("set a 0 0 0\r\n\r\n").req.flags & WEIR_REQ_RETRY_SAFE);
}

TEST_F(MemcacheTest, KeylessCommandsGoToAnyOrAllServers) {
  EXPECT_EQ(one("version\r\n").req.route, WEIR_ROUTE_ANY);
  EXPECT_EQ(one("flush_all\r\n").req.route, WEIR_ROUTE_ALL);
  EXPECT_EQ(one("verbosity 1\r\n").req.route, WEIR_ROUTE_ALL);
}

TEST_F(MemcacheTest, QuitClosesWithoutAReply) {
  ParsedRequest r = one("quit\r\n");
  EXPECT_EQ(r.req.route, WEIR_ROUTE_DROP);
  EXPECT_EQ(r.req.flags, static_cast<uint32_t>(WEIR_REQ_CLOSE));
}

TEST_F(MemcacheTest, NoreplyIsMutedAndRenderedSoThatItsReplyHasAnOwner) {
  for (const char *form : {"set k 0 0 1 noreply\r\na\r\n", "cas k 0 0 1 2 noreply\r\na\r\n", "incr k 1 noreply\r\n",
                           "delete k noreply\r\n", "delete k 0 noreply\r\n", "touch k 1 noreply\r\n",
                           "flush_all noreply\r\n", "verbosity 1 noreply\r\n"})
    EXPECT_EQ(one(form).req.flags, static_cast<uint32_t>(WEIR_REQ_MUTE | WEIR_REQ_RENDER)) << form;
  for (const char *form : {"set k 0 0 1 NOREPLY\r\na\r\n", "delete noreply\r\n", "version noreply\r\n",
                           "get noreply\r\n", "incr k 1 noreply2\r\n"})
    EXPECT_FALSE(one(form).req.flags & WEIR_REQ_MUTE) << form;
}

TEST_F(MemcacheTest, ArgumentsAreTheWordsOfTheLineAndTheData) {
  using List = std::vector<std::string>;
  EXPECT_EQ(driver.args(one("set k 1 2 3\r\na b\r\n")), (List{"set", "k", "1", "2", "3", "a b"}));
  EXPECT_EQ(driver.args(one("set k 1 2 0\r\n\r\n")), (List{"set", "k", "1", "2", "0", ""}));
  EXPECT_EQ(driver.args(one("  get a  b\n")), (List{"get", "a", "b"}));
}

}  // namespace
}  // namespace weir::test
