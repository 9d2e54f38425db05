// Every command's every form, played against a server and through weir to the same server: the same bytes, but for a
// short list of exceptions. The commands are in tests/transcripts/.
#include <set>

#include "tests/integration/story.h"
#include "tests/integration/transcript.h"

namespace weir::test {
namespace {

// One end of the play: how to connect, and how to make the server as it was.
struct Stage {
  std::function<Stream()> connect;
  const RedisServer &server;
  std::string protocol;
  std::string hello;  // what the command is called there
};

class RedisPlay {
 public:
  explicit RedisPlay(const Stage &stage) : stage_(stage), client_(connected()), other_(connected()) {}

  // The reply to each line, as many as there are lines.
  std::vector<std::string> run(const std::vector<TranscriptLine> &lines) {
    std::vector<std::string> replies;
    for (const TranscriptLine &line : lines) {
      try {
        replies.push_back(play(line));
      } catch (const StreamError &e) {
        replies.push_back(std::string("(") + e.what() + ")");
        client_ = connected();
      }
    }
    return replies;
  }

 private:
  Stream connected() {
    Stream s = stage_.connect();
    if (stage_.protocol == "3") s.ask(resp({stage_.hello, "3"}));
    return s;
  }

  std::string play(const TranscriptLine &line) {
    if (line.directive == "section") return begin_section();
    if (line.directive == "connect") return client_ = connected(), "";
    if (line.directive == "read") return client_.read_replies(line.count);
    if (line.directive == "raw") return client_.ask(line.args.at(0));
    if (line.directive == "closes") return closing(line.args.at(0));
    if (line.directive == "other") return other_.ask(resp(line.args));
    if (line.directive == "blocked") {
      return eventually([&] { return stage_.server.info("blocked_clients") == std::to_string(line.count); })
                 ? ""
                 : "(not blocked)";
    }
    client_.send(resp(line.args));
    return client_.read_replies(line.count);
  }

  std::string begin_section() {
    for (const char *command : {"FLUSHALL", "SCRIPT FLUSH", "FUNCTION FLUSH", "CONFIG RESETSTAT"}) {
      stage_.server.call(split(command));
    }
    client_ = connected();
    other_ = connected();
    return "";
  }

  std::string closing(const std::string &bytes) {
    client_.send(bytes);
    std::string all = client_.read_until_close();
    client_ = connected();
    return all;
  }

  static std::vector<std::string> split(const std::string &words) { return parse_words(words); }

  const Stage &stage_;
  Stream client_, other_;
};

std::string folder() {
  return WEIR_TRANSCRIPTS;
}

class Transcript : public testing::TestWithParam<const char *> {};

void compare(const std::vector<TranscriptLine> &lines, const Exceptions &exceptions, const Stage &directly,
             const Stage &through) {
  std::vector<std::string> wanted = RedisPlay(directly).run(lines), got = RedisPlay(through).run(lines);
  for (size_t i = 0; i < lines.size(); ++i) {
    std::string wrong = exceptions.compare(lines[i], wanted[i], got[i]);
    if (!wrong.empty()) ADD_FAILURE() << "line " << lines[i].number << ": " << lines[i].text << "\n" << wrong;
  }
}

TEST_P(Transcript, RedisIsTheSameThroughWeir) {
  std::vector<TranscriptLine> lines = read_transcript(folder() + "/redis.txt");
  Exceptions exceptions(folder() + "/redis.exceptions");
  RedisServer server({.more = {"--slowlog-log-slower-than", "-1"}});  // what was slow is not the same twice
  Proxy proxy(PoolText().redis().set("protocol", "{use: redis, admin_commands: allow}").server(server.address()));
  Stage directly{[&] { return server.connect(); }, server, GetParam(), "HELLO"};
  Stage through{[&] { return proxy.connect(); }, server, GetParam(), "HELLO"};
  compare(lines, exceptions, directly, through);
}

INSTANTIATE_TEST_SUITE_P(Protocols, Transcript, testing::Values("2", "3"),
                         [](const testing::TestParamInfo<const char *> &p) { return std::string("Resp") + p.param; });

// Without the section of subscriptions: messages pass as the server sends them.
std::vector<TranscriptLine> without_messages(const std::vector<TranscriptLine> &lines) {
  std::vector<TranscriptLine> rest;
  bool subscriptions = false;
  for (const TranscriptLine &line : lines) {
    if (line.directive == "section") subscriptions = line.text.find("pubsub") != std::string::npos;
    if (!subscriptions) rest.push_back(line);
  }
  return rest;
}

// A server from before RESP3, to a client that asked for it: the replies of one that speaks it.
TEST(TranscriptOfRedis, IsTheSameInResp3ThoughTheServerRefusesIt) {
  Exceptions exceptions(folder() + "/redis-resp2.exceptions");
  exceptions.add(folder() + "/redis.exceptions");
  const char kHidden[] = "HELLO-BY-ANOTHER-NAME";
  RedisServer server({.more = {"--slowlog-log-slower-than", "-1", "--rename-command", "HELLO", kHidden}});
  Proxy proxy(PoolText().redis().set("protocol", "{use: redis, admin_commands: allow}").server(server.address()));
  Stage directly{[&] { return server.connect(); }, server, "3", kHidden};
  Stage through{[&] { return proxy.connect(); }, server, "3", "HELLO"};
  compare(without_messages(read_transcript(folder() + "/redis.txt")), exceptions, directly, through);
}

// The names of all commands and subcommands, as the server knows them: config|get and the like.
std::set<std::string> commands_of(const RedisServer &server) {
  std::set<std::string> names;
  Stream s = server.connect();
  std::string reply = s.ask(resp({"COMMAND", "LIST"}));
  for (size_t at = reply.find("\r\n$"); at != std::string::npos; at = reply.find("\r\n$", at + 1)) {
    size_t from = reply.find("\r\n", at + 2) + 2;
    names.insert(reply.substr(from, reply.find("\r\n", from) - from));
  }
  return names;
}

TEST(TranscriptOfRedis, HasEveryCommandOfTheServer) {
  std::set<std::string> played;
  for (const TranscriptLine &line : read_transcript(folder() + "/redis.txt")) {
    if (line.directive == "raw" || line.args.empty()) continue;
    std::string name = lower(line.args[0]);
    played.insert(name);
    if (line.args.size() > 1) played.insert(name + "|" + lower(line.args[1]));
  }
  RedisServer server;
  Exceptions exceptions(folder() + "/redis.exceptions");
  for (const std::string &name : commands_of(server)) {
    EXPECT_TRUE(played.count(name) || exceptions.absent(name)) << name << " is neither played nor excepted";
  }
}

}  // namespace
}  // namespace weir::test
