// Splitting a request over servers and joining the replies gives what one server would have answered.
#include <map>

#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

std::string bulk(const std::string &text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

// A model of a server: what it answers to the six commands that are split.
class Model {
 public:
  std::string run(const std::string &bytes) {
    RedisDriver parser;
    Requests got = parser.requests(bytes);
    EXPECT_EQ(got.list.size(), 1u) << bytes;
    EXPECT_EQ(got.left, 0u) << bytes;
    if (got.list.size() != 1) return "";
    std::vector<std::string> args = parser.args(got.list[0]);
    const std::string &cmd = got.list[0].cmd;
    std::string reply;
    if (cmd == "mget") {
      reply = "*" + std::to_string(args.size() - 1) + "\r\n";
      for (size_t i = 1; i < args.size(); ++i) reply += data.count(args[i]) ? bulk(data[args[i]]) : "$-1\r\n";
      return reply;
    }
    if (cmd == "mset") {
      for (size_t i = 1; i + 1 < args.size(); i += 2) data[args[i]] = args[i + 1];
      return "+OK\r\n";
    }
    size_t n = 0;
    for (size_t i = 1; i < args.size(); ++i)
      n += cmd == "del" || cmd == "unlink" ? data.erase(args[i]) : data.count(args[i]);
    return ":" + std::to_string(n) + "\r\n";
  }
  std::map<std::string, std::string> data;
};

struct Share {
  std::vector<PartReply> parts;
  std::vector<std::string> requests;
};

// Groups keys by server and lets one model a server answer its share.
Share split(RedisDriver &driver, Connection &c, const ParsedRequest &r, const std::vector<uint32_t> &server_of,
            std::map<uint32_t, Model> &servers, uint32_t slice) {
  Share share;
  std::map<uint32_t, std::vector<uint32_t>> picks;
  for (uint32_t i = 0; i < server_of.size(); ++i) picks[server_of[i]].push_back(i);
  for (auto &[server, pick] : picks) {
    Output rendered = driver.render(c, r, WEIR_RENDER_SPLIT, pick, slice);
    EXPECT_EQ(rendered.status, WEIR_OK);
    share.requests.push_back(rendered.bytes);
    share.parts.push_back({pick, servers[server].run(rendered.bytes), WEIR_PART_OK, server});
  }
  return share;
}

void every_partition(const std::vector<std::string> &args, uint32_t width, const std::string &line = "") {
  RedisDriver driver;
  uint32_t keys = static_cast<uint32_t>((args.size() - 1) / width);
  std::string bytes = line.empty() ? resp(args) : line;
  std::map<std::string, std::string> before = {{"a", "1"}, {"b", ""}, {"d", "four\r\n"}, {"e", "5"}};
  Model whole;
  whole.data = before;
  std::string expected = whole.run(resp(args));
  uint64_t partitions = 1;
  for (uint32_t i = 0; i < keys; ++i) partitions *= 3;
  for (uint64_t p = 0; p < partitions; ++p) {
    for (uint32_t slice : {0u, 1u, 2u}) {
      std::vector<uint32_t> server_of;
      for (uint64_t i = 0, rest = p; i < keys; ++i, rest /= 3) server_of.push_back(static_cast<uint32_t>(rest % 3));
      Connection &c = driver.client();
      Requests got = driver.requests(c, bytes);
      ASSERT_EQ(got.list.size(), 1u);
      std::map<uint32_t, Model> servers;
      for (uint32_t i = 0; i < keys; ++i)
        if (before.count(args[1 + i * width]))
          servers[server_of[i]].data[args[1 + i * width]] = before[args[1 + i * width]];
      Share share = split(driver, c, got.list[0], server_of, servers, slice);
      EXPECT_EQ(driver.merge(c, got.list[0], share.parts, slice).bytes, expected);
      std::map<std::string, std::string> after;
      for (auto &[server, model] : servers) after.insert(model.data.begin(), model.data.end());
      for (auto &[key, value] : after) EXPECT_EQ(whole.data[key], value);
    }
  }
}

TEST(RedisSplit, EveryPartitionOfMget) {
  every_partition({"MGET", "a", "b", "c", "d", "e"}, 1);
}
TEST(RedisSplit, EveryPartitionOfDel) {
  every_partition({"DEL", "a", "b", "c", "d"}, 1);
}
TEST(RedisSplit, EveryPartitionOfUnlink) {
  every_partition({"UNLINK", "a", "zz", "c"}, 1);
}
TEST(RedisSplit, EveryPartitionOfExists) {
  every_partition({"EXISTS", "a", "b", "c", "d", "e"}, 1);
}
TEST(RedisSplit, EveryPartitionOfTouch) {
  every_partition({"TOUCH", "a"}, 1);
}
TEST(RedisSplit, EveryPartitionOfMset) {
  every_partition({"MSET", "a", "x", "b", std::string("\r\n\0", 3), "c", "", "d", "y"}, 2);
}
TEST(RedisSplit, EveryPartitionOfInlineMset) {
  every_partition({"MSET", "a", "x\ny", "b", "2 3", "c", ""}, 2, "MSET a \"x\\ny\" 'b' '2 3' c \"\"\r\n");
}
TEST(RedisSplit, EveryPartitionOfInlineMget) {
  every_partition({"MGET", "a", "b", "c"}, 1, "mget a  \"b\" 'c'\r\n");
}

TEST(RedisSplit, FiltersMayRewriteKeys) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest mset = driver.requests(resp({"MSET", "a", "1", "b", "2", "c", "3"})).list.at(0);
  for (uint32_t slice : {0u, 1u, 2u})
    EXPECT_EQ(driver.render(c, mset, WEIR_RENDER_SPLIT, {0, 2}, slice, {"v2:a", nullptr, nullptr}).bytes,
              resp({"MSET", "v2:a", "1", "c", "3"}));
}

TEST(RedisRekey, TheWholeRequestKeepsWhatIsNoKey) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest get = driver.requests(resp({"GET", "a"})).list.at(0);
  EXPECT_EQ(driver.render(c, get, WEIR_RENDER_REKEY, {0}, 0, {"longer"}).bytes, resp({"GET", "longer"}));
  ParsedRequest eval = driver.requests(resp({"EVAL", "s", "2", "a", "b", "x", "y"})).list.at(0);
  for (uint32_t slice : {0u, 1u}) {
    EXPECT_EQ(driver.render(c, eval, WEIR_RENDER_REKEY, {0, 1}, slice, {nullptr, "B:b"}).bytes,
              resp({"EVAL", "s", "2", "a", "B:b", "x", "y"}));
    EXPECT_EQ(driver.render(c, eval, WEIR_RENDER_REKEY, {0, 1}, slice).bytes, eval.message);
  }
}

TEST(RedisRekey, InlineBecomesResp) {
  RedisDriver driver;
  Connection &c = driver.client();
  auto render = [&](const std::string &line, std::vector<uint32_t> pick) {
    ParsedRequest r = driver.requests(line).list.at(0);
    EXPECT_TRUE(r.req.flags & WEIR_REQ_RENDER);
    return driver.render(c, r, WEIR_RENDER_REKEY, pick, 1).bytes;
  };
  EXPECT_EQ(render("SET a \"x\\ty\\x41\" EX 10\r\n", {0}), resp({"SET", "a", "x\tyA", "EX", "10"}));
  EXPECT_EQ(render("RENAME a 'b c'\n", {0, 1}), resp({"RENAME", "a", "b c"}));
  EXPECT_EQ(render("DBSIZE\r\n", {}), resp({"DBSIZE"}));
}

ParsedRequest mget3(RedisDriver &driver) {
  return driver.requests(resp({"MGET", "a", "b", "c"})).list.at(0);
}

TEST(RedisMerge, AFailedPartFailsTheCommand) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest r = mget3(driver);
  auto merge = [&](uint32_t status, uint32_t slice) {
    return driver.merge(c, r, {{{0, 2}, "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"}, {{1}, "", status}}, slice).bytes;
  };
  for (uint32_t slice : {0u, 1u}) {
    EXPECT_EQ(merge(WEIR_PART_TIMEOUT, slice), "-ERR Connection timed out\r\n");
    EXPECT_EQ(merge(WEIR_PART_NO_SERVER, slice), "-ERR Connection refused\r\n");
    EXPECT_EQ(merge(WEIR_PART_CLOSED, slice), "-ERR Connection reset by peer\r\n");
    EXPECT_EQ(merge(WEIR_PART_PROTO, slice), "-ERR Invalid argument\r\n");
  }
}

TEST(RedisMerge, AFailedPartSaysWhyAsALoneCommandDoes) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest r = mget3(driver);
  auto merge = [&](uint32_t status, uint32_t error) {
    return driver.merge(c, r, {{{0, 2}, "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"}, {{1}, "", status, 0, error}}, 0).bytes;
  };
  EXPECT_EQ(merge(WEIR_PART_NO_SERVER, WEIR_ERR_TIMEOUT), "-ERR Connection timed out\r\n");
  EXPECT_EQ(merge(WEIR_PART_NO_SERVER, WEIR_ERR_OVERLOAD), "-ERR the server's queue is full\r\n");
  EXPECT_EQ(merge(WEIR_PART_PROTO, WEIR_ERR_TOO_BIG), "-ERR a reply is larger than client_output_limit\r\n");
}

TEST(RedisMerge, AFailedPartMayFailItsKeysOnly) {
  RedisDriver driver(FakeHost::Config{{"mget_failure", "key"}});
  Connection &c = driver.client();
  ParsedRequest r = mget3(driver);
  EXPECT_EQ(driver.merge(c, r, {{{0, 2}, "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"}, {{1}, "", WEIR_PART_TIMEOUT}}, 1).bytes,
            "*3\r\n$1\r\n1\r\n-ERR Connection timed out\r\n$1\r\n3\r\n");
  EXPECT_EQ(driver.merge(c, r, {{{0, 2}, "*2\r\n$1\r\n1\r\n$1\r\n3\r\n"}, {{1}, "-LOADING x\r\n"}}).bytes,
            "*3\r\n$1\r\n1\r\n-LOADING x\r\n$1\r\n3\r\n");
}

TEST(RedisMerge, AServersErrorIsTheCommandsAnswer) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest mset = driver.requests(resp({"MSET", "a", "1", "b", "2"})).list.at(0);
  EXPECT_EQ(driver.merge(c, mset, {{{0}, "+OK\r\n"}, {{1}, "-OOM no memory\r\n"}}).bytes, "-OOM no memory\r\n");
}

TEST(RedisMerge, AReplyOfAnotherShapeIsAnError) {
  RedisDriver driver;
  Connection &c = driver.client();
  ParsedRequest r = mget3(driver);
  EXPECT_EQ(driver.merge(c, r, {{{0, 2}, "*1\r\n$1\r\n1\r\n"}, {{1}, "*1\r\n$-1\r\n"}}).bytes,
            "-ERR Invalid argument\r\n");
  EXPECT_EQ(driver.merge(c, r, {{{0, 2}, ":2\r\n"}, {{1}, "*1\r\n$-1\r\n"}}).bytes, "-ERR Invalid argument\r\n");
  ParsedRequest del = driver.requests(resp({"DEL", "a", "b"})).list.at(0);
  EXPECT_EQ(driver.merge(c, del, {{{0}, ":1\r\n"}, {{1}, "+OK\r\n"}}).bytes, "-ERR Invalid argument\r\n");
}

TEST(RedisMerge, CommandsForAllServers) {
  RedisDriver driver;
  Connection &c = driver.client();
  auto merge = [&](const std::vector<std::string> &args, const std::string &a, const std::string &b) {
    ParsedRequest r = driver.requests(resp(args)).list.at(0);
    EXPECT_EQ(int{r.req.route}, int{WEIR_ROUTE_ALL}) << args[0];
    return driver.merge(c, r, {{{}, a}, {{}, b}}).bytes;
  };
  EXPECT_EQ(merge({"DBSIZE"}, ":3\r\n", ":4\r\n"), ":7\r\n");
  EXPECT_EQ(merge({"FLUSHALL"}, "+OK\r\n", "+OK\r\n"), "+OK\r\n");
  EXPECT_EQ(merge({"FLUSHDB"}, "+OK\r\n", "-ERR no\r\n"), "-ERR no\r\n");
  EXPECT_EQ(merge({"KEYS", "*"}, "*2\r\n$1\r\na\r\n$1\r\nb\r\n", "*0\r\n"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(merge({"KEYS", "*"}, "*1\r\n$1\r\na\r\n", "*1\r\n$1\r\nb\r\n"), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(merge({"SCRIPT", "EXISTS", "x", "y"}, "*2\r\n:1\r\n:1\r\n", "*2\r\n:1\r\n:0\r\n"), "*2\r\n:1\r\n:0\r\n");
  EXPECT_EQ(merge({"SCRIPT", "LOAD", "x"}, "$3\r\nsha\r\n", "$3\r\nsha\r\n"), "$3\r\nsha\r\n");
}

}  // namespace
}  // namespace weir::test
