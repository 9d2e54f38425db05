// The plugin's table and its error texts compared with a real redis-server 7.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "plugins/redis/command_table.h"
#include "tests/unit/redis/redis_fixture.h"

namespace weir::test {
namespace {

// A server on a unix socket in a temporary folder; ended with the test.
class RedisServer {
 public:
  RedisServer() {
    char name[] = "/tmp/weir-redis-XXXXXX";
    dir_ = mkdtemp(name);
    socket_ = dir_ + "/s";
    int out[2];
    if (pipe(out) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], 1);
      close(out[0]);
      if (chdir(dir_.c_str()) != 0) _exit(126);
      execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_.c_str(), "--save", "", nullptr);
      _exit(127);
    }
    close(out[1]);
    log_ = out[0];
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = read(log_, buffer, sizeof(buffer))) > 0;) {
      text.append(buffer, static_cast<size_t>(n));
      ready_ = text.find("at " + socket_) != std::string::npos || text.find("connections at") != std::string::npos;
      if (ready_) break;
    }
    version7_ = text.find("version=7.0.") != std::string::npos;
  }
  ~RedisServer() {
    if (pid_ > 0) {
      kill(pid_, SIGTERM);
      waitpid(pid_, nullptr, 0);
    }
    close(log_);
    std::filesystem::remove_all(dir_);
  }
  bool ready() const { return ready_ && version7_; }

  // All it answers to these bytes; the connection's end of sending is how it knows there are no more.
  std::string ask(const std::string &bytes) const {
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    socket_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    std::string all;
    if (connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof(address)) == 0) {
      std::string sent = bytes + resp({"QUIT"});
      if (write(fd, sent.data(), sent.size()) != static_cast<ssize_t>(sent.size())) ADD_FAILURE() << "short write";
      char buffer[65536];
      for (ssize_t n; (n = read(fd, buffer, sizeof(buffer))) > 0;) all.append(buffer, static_cast<size_t>(n));
    }
    close(fd);
    return all.ends_with("+OK\r\n") ? all.substr(0, all.size() - 5) : all;
  }

 private:
  std::string dir_, socket_;
  pid_t pid_ = -1;
  int log_ = -1;
  bool ready_ = false, version7_ = false;
};

class RedisServerTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { server = new RedisServer; }
  static void TearDownTestSuite() {
    delete server;
    server = nullptr;
  }
  void SetUp() override {
    if (!server->ready()) GTEST_SKIP() << "no redis-server 7.0 here";
  }
  static RedisServer *server;
};
RedisServer *RedisServerTest::server = nullptr;

// The elements of an array reply, each as its bytes.
std::vector<std::string> elements(RedisDriver &driver, const std::string &reply) {
  Replies parsed = driver.replies(reply, {}, 1, true);
  EXPECT_EQ(parsed.list.size(), 1u) << reply.substr(0, 60);
  return parsed.list.empty() ? std::vector<std::string>{} : parsed.list[0].items;
}

// What COMMAND says of a row of the table.
struct Row {
  int64_t arity = 0, first = 0, last = 0, step = 0;
  bool operator==(const Row &) const = default;
};
void PrintTo(const Row &row, std::ostream *out) {
  *out << "arity " << row.arity << ", keys " << row.first << " to " << row.last << " step " << row.step;
}

Row ours(const redis::Command &row) {
  using redis::KeySpec;
  bool range = row.spec == KeySpec::kRange || row.spec == KeySpec::kSort || row.spec == KeySpec::kGeo;
  if (row.spec == KeySpec::kNumkeys && row.last == 1) return {row.arity, 1, 1, 1};  // the destination
  return range ? Row{row.arity, row.first, row.last, row.step} : Row{row.arity, 0, 0, 0};
}

std::map<std::string, Row> rows(RedisDriver &driver, const std::string &reply) {
  std::map<std::string, Row> all;
  for (const std::string &row : elements(driver, reply)) {
    std::vector<std::string> cells = elements(driver, row);
    std::string name = cells[0].substr(cells[0].find('\n') + 1);
    auto number = [&cells](size_t i) { return std::stoll(cells[i].substr(1)); };
    all[name.substr(0, name.size() - 2)] = {number(1), number(3), number(4), number(5)};
  }
  return all;
}

TEST_F(RedisServerTest, NamesAritiesAndKeyPositionsAreTheServers) {
  RedisDriver driver;
  std::map<std::string, Row> theirs = rows(driver, server->ask(resp({"COMMAND"})));
  for (uint32_t i = 1; i < redis::kCommandCount; ++i) {
    std::string name(redis::kCommands[i].full_name());
    ASSERT_TRUE(theirs.count(name)) << name;
    // The channel of PUBLISH is no key, yet weir routes by it.
    if (name == "publish") continue;
    EXPECT_EQ(ours(redis::kCommands[i]), theirs[name]) << name;
  }
  EXPECT_EQ(theirs.size(), redis::kCommandCount - 1);
}

// Which classes COMMAND puts a command in, as far as filters may ask for them.
uint32_t classes(RedisDriver &driver, const std::string &row) {
  std::vector<std::string> cells = elements(driver, row);
  std::vector<std::string> flags = elements(driver, cells[2]);
  auto has = [&flags](const std::string &flag) {
    return std::find(flags.begin(), flags.end(), "+" + flag + "\r\n") != flags.end();
  };
  bool several = cells[3] != ":0\r\n" && cells[3] != cells[4];
  uint32_t all = 0;
  if (has("readonly")) all |= WEIR_CMD_READ;
  if (has("write")) all |= WEIR_CMD_WRITE;
  if (has("admin")) all |= WEIR_CMD_ADMIN;
  if (several || has("movablekeys")) all |= WEIR_CMD_MULTIKEY;
  return all;
}

TEST_F(RedisServerTest, ClassesAreTheServers) {
  RedisDriver driver;
  // Refused, or none of the store's keys; what only servers send each other; containers, whose subcommands count.
  const std::set<std::string> own = {"migrate", "restore-asking", "ssubscribe", "sunsubscribe"};
  const uint32_t kClasses = WEIR_CMD_READ | WEIR_CMD_WRITE | WEIR_CMD_ADMIN | WEIR_CMD_MULTIKEY;
  uint32_t compared = 0;
  for (const std::string &row : elements(driver, server->ask(resp({"COMMAND"})))) {
    std::string cell = elements(driver, row)[0];
    std::string name = cell.substr(cell.find('\n') + 1);
    name.resize(name.size() - 2);
    uint16_t id = driver.command(name);
    if (own.count(name) || redis::kCommands[id].policy == redis::Policy::kContainer) continue;
    ++compared;
    EXPECT_EQ(driver.protocol()->cmds[id].flags & kClasses, classes(driver, row)) << name;
  }
  EXPECT_GT(compared, 200u);
  auto flags = [&driver](const char *name) { return driver.protocol()->cmds[driver.command(name)].flags; };
  for (const char *name : {"object", "memory", "xinfo"}) EXPECT_TRUE(flags(name) & WEIR_CMD_READ) << name;
  for (const char *name : {"xgroup", "function"}) EXPECT_TRUE(flags(name) & WEIR_CMD_WRITE) << name;
  for (const char *name : {"acl", "config", "slowlog", "latency", "cluster", "module"})
    EXPECT_TRUE(flags(name) & WEIR_CMD_ADMIN) << name;
  EXPECT_FALSE(flags("client") & (WEIR_CMD_ADMIN | WEIR_CMD_WRITE));
}

// What goes in place of a command that may not be queued makes the server refuse the transaction.
TEST_F(RedisServerTest, RefusesATransactionOfWhatItDoesNotKnow) {
  RedisDriver driver(FakeHost::Config{}, 1);
  Connection &c = driver.client();
  Requests multi = driver.requests(c, resp({"MULTI"}));
  driver.lease(c, multi.list.at(0), 0, true);
  ParsedRequest pop = driver.requests(c, resp({"LMPOP", "1", "a", "LEFT"})).list.at(0);
  std::string sent = driver.render(c, pop, WEIR_RENDER_REKEY, {0}, 0, {"p:a"}).bytes;
  std::string told =
      server->ask(resp({"MULTI"}) + resp({"SET", "k", "v"}) + sent + resp({"EXEC"}) + resp({"GET", "k"}));
  EXPECT_EQ(told.substr(0, 18), "+OK\r\n+QUEUED\r\n-ERR");
  EXPECT_NE(told.find("-EXECABORT"), std::string::npos) << told;
  EXPECT_TRUE(told.ends_with("$-1\r\n")) << told;
}

TEST_F(RedisServerTest, SoAreThoseOfSubcommands) {
  RedisDriver driver;
  const std::set<std::string> newer = {"client|setinfo"};  // of redis 7.2, whose clients send it at once
  std::vector<std::string> question = {"COMMAND", "INFO"};
  std::set<std::string> known;
  for (uint32_t i = 1; i < redis::kSubcommandCount; ++i) {
    std::string name(redis::kSubcommands[i].full_name());
    if (newer.count(name) == 0) question.push_back(name);
    known.insert(name);
  }
  std::map<std::string, Row> theirs = rows(driver, server->ask(resp(question)));
  for (uint32_t i = 1; i < redis::kSubcommandCount; ++i) {
    std::string name(redis::kSubcommands[i].full_name());
    if (newer.count(name) > 0) continue;
    EXPECT_EQ(ours(redis::kSubcommands[i]), theirs[name]) << name;
  }
  for (const std::string &bulk :
       elements(driver, server->ask(resp({"COMMAND", "LIST", "FILTERBY", "PATTERN", "*|*"})))) {
    std::string name = bulk.substr(bulk.find('\n') + 1, bulk.size() - bulk.find('\n') - 3);
    EXPECT_TRUE(known.count(name)) << name;
  }
}

TEST_F(RedisServerTest, KeysAreTheServersKeys) {
  const std::vector<std::vector<std::string>> requests = {
      {"GET", "a"},
      {"MGET", "a", "b"},
      {"MSET", "a", "1", "b", "2"},
      {"MSETNX", "a", "1", "b", "2"},
      {"BITOP", "AND", "d", "a", "b"},
      {"EVAL", "s", "2", "a", "b", "c"},
      {"EVALSHA_RO", "s", "1", "a", "c"},
      {"FCALL", "f", "2", "a", "b"},
      {"FCALL_RO", "f", "1", "a"},
      {"ZUNIONSTORE", "d", "2", "a", "b", "WEIGHTS", "1", "2"},
      {"ZINTERSTORE", "d", "1", "a"},
      {"ZDIFFSTORE", "d", "1", "a"},
      {"ZUNION", "2", "a", "b"},
      {"ZINTER", "1", "a"},
      {"ZDIFF", "2", "a", "b", "WITHSCORES"},
      {"ZINTERCARD", "2", "a", "b"},
      {"SINTERCARD", "1", "a", "LIMIT", "2"},
      {"LMPOP", "2", "a", "b", "LEFT"},
      {"ZMPOP", "1", "a", "MIN"},
      {"XREAD", "STREAMS", "a", "b", "0", "0"},
      {"XREAD", "COUNT", "1", "STREAMS", "a", "0"},
      {"XREADGROUP", "GROUP", "g", "c", "STREAMS", "a", "b", ">", ">"},
      {"SORT", "a", "STORE", "d"},
      {"SORT", "a", "LIMIT", "0", "1", "GET", "x", "STORE", "d"},
      {"SORT_RO", "a", "BY", "x"},
      {"GEORADIUS", "a", "1", "2", "3", "m", "STORE", "d"},
      {"GEORADIUSBYMEMBER", "a", "m", "3", "m", "STOREDIST", "d"},
      {"GEOSEARCHSTORE", "d", "a", "FROMMEMBER", "m", "BYRADIUS", "1", "m"},
      {"OBJECT", "FREQ", "a"},
      {"MEMORY", "USAGE", "a"},
      {"XINFO", "STREAM", "a"},
      {"XGROUP", "DESTROY", "a", "g"},
      {"LCS", "a", "b"},
      {"COPY", "a", "b"},
      {"SMOVE", "a", "b", "m"},
      {"LMOVE", "a", "b", "LEFT", "LEFT"},
      {"PFMERGE", "a", "b", "c"},
      {"SDIFFSTORE", "a", "b", "c"},
      {"GETEX", "a", "PERSIST"},
      {"XADD", "a", "*", "f", "v"},
      {"RESTORE", "a", "0", "x"},
      {"ZRANGESTORE", "d", "a", "0", "1"}};
  RedisDriver driver;
  for (const std::vector<std::string> &args : requests) {
    ParsedRequest r = driver.requests(resp(args)).list.at(0);
    std::vector<std::string> question = {"COMMAND", "GETKEYS"};
    question.insert(question.end(), args.begin(), args.end());
    std::vector<std::string> theirs = elements(driver, server->ask(resp(question)));
    std::vector<std::string> ours;
    for (const std::string &key : r.keys) ours.push_back("$" + std::to_string(key.size()) + "\r\n" + key + "\r\n");
    std::sort(ours.begin(), ours.end());
    std::sort(theirs.begin(), theirs.end());
    EXPECT_EQ(ours, theirs) << args[0];
  }
}

TEST_F(RedisServerTest, ErrorsAreWordedAsTheServerDoes) {
  const std::string longish(200, 'x');
  std::vector<std::string> all = {"*2147483648\r\n",
                                  "*01\r\n",
                                  "*a\r\n",
                                  "*\r\n",
                                  "*1\r\n$-1\r\n",
                                  "*1\r\n$536870913\r\n",
                                  "*1\r\nx4\r\n",
                                  "*1\r\n\r\n",
                                  "GET \"a\r\n",
                                  "GET \"a\"b\r\n",
                                  "\"\" a\r\n",
                                  "foo a b\r\n",
                                  "PING \"x\\x41\\n\"\r\n",
                                  "ECHO 'a\\'b'\r\n"};
  const std::vector<std::vector<std::string>> commands = {{""},
                                                          {"foo"},
                                                          {"foo", "a", "b"},
                                                          {"foo", longish, "y"},
                                                          {"foo", std::string(60, 'a'), std::string(80, 'b'), "c"},
                                                          {longish, "a"},
                                                          {"f\r\nx", "a\r\nb"},
                                                          {"foo", std::string("a\0b", 3)},
                                                          {"get"},
                                                          {"GeT", "a", "b"},
                                                          {"set", "a"},
                                                          {"object"},
                                                          {"object", "foo"},
                                                          {"OBJECT", "ENCODING"},
                                                          {"config"},
                                                          {"config", "set"},
                                                          {"script", "nosuch"},
                                                          {"xgroup", "create", "a"},
                                                          {"mset", "a"},
                                                          {"mset", "a", "b", "c"},
                                                          {"MSETNX", "a", "b", "c"},
                                                          {"eval", "x", "a"},
                                                          {"eval", "x", "2", "a"},
                                                          {"eval", "x", "-1", "a"},
                                                          {"eval", "x", "0x1", "a"},
                                                          {"eval", "x", "99999999999999999999"},
                                                          {"zunionstore", "d", "0", "a"},
                                                          {"zunionstore", "d", "x", "a"},
                                                          {"zunionstore", "d", "3", "a"},
                                                          {"zunion", "0", "a"},
                                                          {"zinter", "4", "a"},
                                                          {"zdiff", "x", "a"},
                                                          {"sintercard", "0", "a"},
                                                          {"sintercard", "x", "a"},
                                                          {"sintercard", "3", "a"},
                                                          {"zintercard", "0", "a"},
                                                          {"zintercard", "3", "a"},
                                                          {"lmpop", "0", "a", "left"},
                                                          {"lmpop", "9", "a", "left"},
                                                          {"zmpop", "x", "a", "min"},
                                                          {"xread", "count", "1", "a"},
                                                          {"xread", "streams", "a", "b", "c"},
                                                          {"xreadgroup", "group", "g", "c", "streams", "a", "b", "c"},
                                                          {"xread", "foo", "streams", "a", "0"},
                                                          {"ping"},
                                                          {"ping", "a"},
                                                          {"ping", "a", "b"},
                                                          {"echo"},
                                                          {"echo", "x"},
                                                          {"select", "x"},
                                                          {"select", "0"},
                                                          {"auth"},
                                                          {"auth", "x"},
                                                          {"auth", "a", "b"},
                                                          {"auth", "default", "b"},
                                                          {"auth", "a", "b", "c"},
                                                          {"hello", "4"},
                                                          {"hello", "x"},
                                                          {"hello", "3", "x"},
                                                          {"hello", "2", "auth", "a"},
                                                          {"hello", "2", "auth", "a", "b"},
                                                          {"hello", "2", "setname", "a b"},
                                                          {"client", "setname", "a b"},
                                                          {"client", "setname", "ok"},
                                                          {"client", "getname"},
                                                          {"client", "foo"},
                                                          {"client"},
                                                          {"client", "setname"},
                                                          {"command", "foo"},
                                                          {"command", "docs", "nope"},
                                                          {"quit", "a"},
                                                          {"reset"},
                                                          {"reset", "x"}};
  for (const auto &args : commands) all.push_back(resp(args));
  RedisDriver driver;
  for (const std::string &bytes : all) {
    std::string theirs = server->ask(bytes);
    if (bytes.starts_with(resp({"quit", "a"}))) theirs = "+OK\r\n";  // ask() took it for its own
    // Clients of twemproxy look for its words; they come before the server's.
    if (driver.answer(bytes) == "(forwarded)") continue;  // the answer is a server's
    if (size_t at = theirs.find("ERR AUTH <password>"); at != std::string::npos) {
      theirs.insert(at + 4, "Client sent AUTH, but no password is set. ");
    }
    EXPECT_EQ(driver.answer(bytes), theirs) << bytes.substr(0, 60);
  }
}

}  // namespace
}  // namespace weir::test
