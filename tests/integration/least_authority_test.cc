// weir keeps no more rights than it needs, and trusts no file that others can change.
#include <pwd.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <optional>
#include <set>
#include <sstream>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class LeastAuthority : public testing::Test {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("knows none of this"); }
  std::string configure(const std::string &top, const std::string &pool = "") {
    return dir_.write("weir.yml", top + "\npools:\n  alpha:\n    listen: 127.0.0.1:" + std::to_string(port_) +
                                      "\n    protocol: redis\n" + pool + "    servers:\n      - " + redis_.address() +
                                      ":1\n");
  }
  std::vector<std::string> command(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {proxy_binary(), "-c", dir_.file("weir.yml"), "-s", std::to_string(stats_port_)};
    args.insert(args.end(), more.begin(), more.end());
    return args;
  }
  void start(std::vector<std::string> more = {}) {
    process_.emplace("weir", command(std::move(more)), dir_.path());
    ASSERT_TRUE(eventually([&] { return is_listening(port_) && is_listening(stats_port_); })) << process_->err();
  }
  Stream connect() { return Stream::tcp(port_); }

  TempDir dir_;
  RedisServer redis_;
  uint16_t port_ = free_port(), stats_port_ = free_port();
  std::optional<Process> process_;
};

// ---- who it runs as

class AsNobody : public LeastAuthority {
 protected:
  void SetUp() override {
    SKIP_ON_TWEMPROXY("has no user:");
    if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    nobody_ = getpwnam("nobody");
    if (nobody_ == nullptr) GTEST_SKIP() << "this machine has no user nobody";
    adopt_orphans();
    ASSERT_EQ(0, chmod(dir_.path().c_str(), 0755));
    std::filesystem::create_directory(run_);
    ASSERT_EQ(0, chown(run_.c_str(), nobody_->pw_uid, nobody_->pw_gid));
  }
  pid_t serving() const { return atoi(read_whole(run_ + "/pid").c_str()); }
  // Of all threads: the lines of their status that begin so.
  std::set<std::string> status(pid_t pid, const std::string &name) {
    std::set<std::string> lines;
    for (const auto &task : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
      std::istringstream text(read_whole(task.path().string() + "/status"));
      for (std::string line; std::getline(text, line);) {
        if (line.starts_with(name + ":")) lines.insert(line.substr(name.size() + 2));
      }
    }
    return lines;
  }
  static std::string four_times(unsigned id) {
    std::string n = std::to_string(id);
    return n + "\t" + n + "\t" + n + "\t" + n;
  }
  void expect_nobody(pid_t pid) {
    EXPECT_EQ(std::set<std::string>{four_times(nobody_->pw_uid)}, status(pid, "Uid"));
    EXPECT_EQ(std::set<std::string>{four_times(nobody_->pw_gid)}, status(pid, "Gid"));
    for (const std::string &groups : status(pid, "Groups"))
      EXPECT_FALSE((" " + groups).find(" 0 ") != std::string::npos);
    EXPECT_EQ(std::set<std::string>{"0000000000000000"}, status(pid, "CapEff"));
    struct stat shown {};
    ASSERT_EQ(0, stat(("/proc/" + std::to_string(pid) + "/status").c_str(), &shown));
    EXPECT_EQ(nobody_->pw_uid, shown.st_uid) << "it cannot be debugged, and leaves no core, whatever the limits say";
  }

  const std::string run_ = dir_.file("run");
  const passwd *nobody_ = nullptr;
};

TEST_F(AsNobody, WhatRootStartedRunsAsTheUserWithItsLogAndItsPidFile) {
  configure("user: nobody");
  start({"-o", run_ + "/log", "-p", run_ + "/pid"});
  EXPECT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  expect_nobody(serving());
  ASSERT_EQ(0, std::rename((run_ + "/log").c_str(), (run_ + "/log.1").c_str()));
  process_->signal(SIGHUP);
  process_->signal(SIGTTIN);
  EXPECT_TRUE(eventually([&] { return !read_whole(run_ + "/log").empty(); })) << "the log is not opened again";
  process_->signal(SIGTERM);
  EXPECT_EQ((Ended{0, 0}), process_->wait().value_or(Ended{}));
  EXPECT_FALSE(exists(run_ + "/pid"));
}

TEST_F(AsNobody, AnUpgradeStaysTheUserAndKeepsThePidFileCurrent) {
  configure("drain_timeout: 1ms\nuser: nobody");
  start({"-o", run_ + "/log", "-p", run_ + "/pid"});
  pid_t before = serving();
  process_->signal(SIGUSR2);
  ASSERT_TRUE(eventually([&] { return serving() > 0 && serving() != before; })) << read_whole(run_ + "/log");
  EXPECT_TRUE(process_->wait());
  pid_t after = serving();
  EXPECT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  expect_nobody(after);
  kill(after, SIGTERM);
  EXPECT_TRUE(eventually([&] { return waitpid(after, nullptr, WNOHANG) == after; }));
}

TEST_F(AsNobody, AUserThatDoesNotExistIsAnErrorAtStart) {
  configure("user: no-such-user");
  Finished done = run(command());
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("there is no user no-such-user"));
}

// ---- what it trusts

TEST_F(LeastAuthority, AConfigurationThatOthersCanWriteIsRefused) {
  std::string file = configure("");
  ASSERT_EQ(0, chmod(file.c_str(), 0666));
  Finished done = run(command({"-t"}));
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr(file));
  EXPECT_THAT(done.err, HasSubstr("can be written by everybody"));
  EXPECT_THAT(done.err, HasSubstr("chmod o-w"));
}

TEST_F(LeastAuthority, APluginFolderThatOthersCanWriteIsRefused) {
  configure("");
  std::filesystem::create_directory(dir_.file("plugins"));
  ASSERT_EQ(0, chmod(dir_.file("plugins").c_str(), 0777));
  Finished done = run(command({"-t", "--plugin-path", dir_.file("plugins")}));
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("plugin folder " + dir_.file("plugins") + " can be written by everybody"));
}

// ---- what it shows

TEST_F(LeastAuthority, TheStatisticsAreOnLoopbackUnlessToldOtherwise) {
  configure("");
  start();
  Stream::tcp(stats_port_).read_until_close();
  // Any other address of this machine would do; 127.0.0.2 is one everywhere.
  EXPECT_THROW(Stream::tcp(stats_port_, "127.0.0.2"), StreamError);
  process_.reset();
  start({"-a", "0.0.0.0"});
  EXPECT_THAT(Stream::tcp(stats_port_, "127.0.0.2").read_until_close(), HasSubstr("alpha"));
}

TEST_F(LeastAuthority, ASecretComesFromAFileAndIsNowhereToBeSeen) {
  std::string secret = dir_.write("secret", "hunter2\n");
  ASSERT_EQ(0, chmod(secret.c_str(), 0644));
  configure("", "    redis_auth: {file: " + secret + "}\n");
  start({"-v", "11"});
  Stream client = connect();
  EXPECT_THAT(client.ask(resp({"GET", "k"})), HasSubstr("NOAUTH"));
  EXPECT_EQ(kOk, client.ask(resp({"AUTH", "hunter2"})));
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  EXPECT_THAT(process_->err(), HasSubstr("others than its owner may read it"));
  EXPECT_EQ(std::string::npos, process_->err().find("hunter2"));
  Finished printed = run(command({"--print-config"}));
  EXPECT_EQ((Ended{0, 0}), printed.ended);
  EXPECT_THAT(printed.out, HasSubstr("file: " + secret));
  EXPECT_EQ(std::string::npos, (printed.out + printed.err).find("hunter2"));
}

TEST_F(LeastAuthority, ASecretThatWasReplacedInItsFileHoldsAfterAReload) {
  std::string secret = dir_.write("secret", "old\n");
  configure("", "    redis_auth: {file: " + secret + "}\n");
  start({"--admin", dir_.file("admin.sock")});
  EXPECT_EQ(kOk, connect().ask(resp({"AUTH", "old"})));
  dir_.write("secret", "new\n");
  ASSERT_TRUE(eventually([&] { return is_listening(dir_.file("admin.sock")); }));
  Stream admin = Stream::unix_socket(dir_.file("admin.sock"));
  admin.send("reload\n");
  std::string said = admin.read_until_close();
  EXPECT_THAT(said, StartsWith("ok\n1 change"));
  EXPECT_EQ(std::string::npos, (said + process_->err()).find("new\n")) << said;
  EXPECT_EQ(kOk, connect().ask(resp({"AUTH", "new"})));
  EXPECT_THAT(connect().ask(resp({"AUTH", "old"})), StartsWith("-WRONGPASS"));
}

}  // namespace
}  // namespace weir::test
