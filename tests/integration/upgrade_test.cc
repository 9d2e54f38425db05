// A new process takes the place of the one that runs, and clients do not notice.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Upgrading : public testing::Test {
 protected:
  Upgrading() {
    adopt_orphans();
    std::filesystem::create_symlink(proxy_binary(), program_);
  }
  void SetUp() override { SKIP_ON_TWEMPROXY("has no upgrade"); }
  void TearDown() override {
    pid_t last = serving();
    if (last > 0 && kill(last, SIGTERM) == 0) {
      EXPECT_TRUE(ended(last)) << "the last process did not end";
      EXPECT_FALSE(exists(pid_file_));
      EXPECT_FALSE(exists(dir_.file("weir.sock")));
    }
    // All processes that came of the first write there.
    EXPECT_EQ("", first_ ? first_->sanitizer_report() : "");
    if (HasFailure()) std::cerr << read_whole(log_);
  }

  // Keys at the top of the file; one pool on a port, one on a path.
  void configure(const std::string &top, const std::string &server = "") {
    std::string rest =
        "    protocol: redis\n    servers:\n      - " + (server.empty() ? redis_.address() : server) + ":1\n";
    dir_.write("weir.yml", top + "\npools:\n  alpha:\n    listen: 127.0.0.1:" + std::to_string(port_) + "\n" + rest +
                               "  beta:\n    listen: " + dir_.file("weir.sock") + "\n" + rest);
  }
  void start(std::vector<std::string> more = {}) {
    std::vector<std::string> args = {program_, "-c", dir_.file("weir.yml"),       "-p", pid_file_,   "-o",
                                     log_,     "-s", std::to_string(stats_port_), "-a", "127.0.0.1", "--workers",
                                     "2"};
    args.insert(args.end(), more.begin(), more.end());
    first_.emplace("first", args, dir_.path());
    ASSERT_TRUE(eventually([&] { return serving() > 0 && is_listening(port_) && is_listening(stats_port_); }))
        << first_->err();
  }
  pid_t serving() const { return atoi(read_whole(pid_file_).c_str()); }
  // Gone: ended by itself, or never there.
  bool ended(pid_t pid) {
    return eventually([&] {
      if (first_ && pid == first_->pid()) return !first_->running();
      return waitpid(pid, nullptr, WNOHANG) == pid || kill(pid, 0) != 0;
    });
  }
  bool logged(const std::string &text) {
    return eventually([&] { return read_whole(log_).find(text) != std::string::npos; });
  }
  // The process that serves then, 0 when it did not come to that.
  pid_t upgrade() {
    pid_t before = serving();
    kill(before, SIGUSR2);
    pid_t after = 0;
    bool taken = eventually([&] {
      after = serving();
      return after != before;
    });
    return taken && logged("process " + std::to_string(after) + " serves now") ? after : 0;
  }
  Stream connect() { return Stream::tcp(port_); }

  TempDir dir_;
  RedisServer redis_;
  uint16_t port_ = free_port(), stats_port_ = free_port();
  std::string program_ = dir_.file("weir"), pid_file_ = dir_.file("pid"), log_ = dir_.file("log");
  std::optional<Process> first_;
};

// A client that connects, asks and leaves, again and again, until the end of its life.
class Visitor {
 public:
  explicit Visitor(std::function<Stream()> connect) : thread_([this, connect] { visit(connect); }) {}
  ~Visitor() { stop(); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  long visits() const { return visits_; }
  std::string error;  // after stop()

 private:
  void visit(const std::function<Stream()> &connect) {
    while (!stop_ && error.empty()) {
      try {
        std::string value = std::to_string(++visits_);
        Stream client = connect();
        if (std::string got = client.ask(resp({"ECHO", value})); got != bulk(value)) error = "got " + shown(got);
        if (std::string got = client.ask(resp({"GET", "k"})); got != bulk("v")) error = "got " + shown(got);
      } catch (const std::exception &e) {
        error = e.what();
      }
    }
  }
  std::atomic<bool> stop_{false};
  std::atomic<long> visits_{0};
  std::thread thread_;
};

TEST_F(Upgrading, RefusesNobodyAndAnswersEverybody) {
  configure("drain_timeout: 1h");
  start();
  ASSERT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  Visitor by_port([&] { return connect(); }), by_path([&] { return Stream::unix_socket(dir_.file("weir.sock")); });
  Visitor statistics([&] {
    EXPECT_THAT(Stream::tcp(stats_port_).read_until_close(), HasSubstr("\"alpha\""));
    return connect();
  });
  for (int i = 0; i < 3; ++i) {
    pid_t before = serving();
    long visits = by_port.visits();
    ASSERT_NE(0, upgrade());
    EXPECT_TRUE(ended(before)) << "nobody is left there, and it stays";
    EXPECT_TRUE(eventually([&] { return by_port.visits() > visits + 20; }));
  }
  for (Visitor *visitor : {&by_port, &by_path, &statistics}) {
    visitor->stop();
    EXPECT_EQ("", visitor->error);
    EXPECT_GT(visitor->visits(), 20);
  }
  EXPECT_EQ((Ended{0, 0}), first_->wait().value_or(Ended{}));
}

TEST_F(Upgrading, ClientsThatAreThereStayUntilTheyLeave) {
  configure("drain_timeout: 1h");
  start();
  pid_t before = serving();
  Stream here = connect();
  ASSERT_EQ(kOk, here.ask(resp({"SET", "k", "v"})));
  ASSERT_NE(0, upgrade());
  EXPECT_EQ(bulk("v"), here.ask(resp({"GET", "k"})));
  EXPECT_EQ(bulk("v"), connect().ask(resp({"GET", "k"})));
  EXPECT_EQ(0, kill(before, 0)) << "it left its client alone";
  here.close();
  EXPECT_TRUE(ended(before));
}

TEST_F(Upgrading, IdleClientsAreClosedAtTheEndOfTheDrainTimeout) {
  configure("drain_timeout: 1ms");
  start();
  pid_t before = serving();
  Stream here = connect();
  ASSERT_EQ(kOk, here.ask(resp({"SET", "k", "v"})));
  ASSERT_NE(0, upgrade());
  EXPECT_TRUE(here.closed_within());
  EXPECT_TRUE(ended(before));
}

TEST_F(Upgrading, WhatIsUnderWayIsAnswered) {
  std::promise<void> asked, answer;
  FakeServer server([&](Stream &s) {
    s.read_request();
    asked.set_value();
    answer.get_future().wait_for(patience());
    s.send(bulk("the answer"));
    s.read_until_close();
  });
  configure("drain_timeout: 10s", server.address());
  start();
  pid_t before = serving();
  Stream client = connect();
  client.send(resp({"GET", "key"}));
  asked.get_future().wait_for(patience());
  EXPECT_NE(0, upgrade());
  kill(before, SIGTERM);  // no need to wait for it to leave
  answer.set_value();
  EXPECT_EQ(bulk("the answer"), client.read_until_close());
  EXPECT_TRUE(ended(before));
}

TEST_F(Upgrading, InTheBackgroundStaysInTheBackground) {
  configure("drain_timeout: 1ms");
  start({"-d"});
  pid_t before = serving(), after = upgrade();
  ASSERT_NE(0, after);
  EXPECT_TRUE(ended(before));
  EXPECT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  EXPECT_EQ(after, serving());
}

TEST_F(Upgrading, AnAddressThatIsNewIsBoundAndOneThatIsGoneIsClosed) {
  configure("drain_timeout: 1ms");
  start();
  uint16_t gone = port_;
  port_ = free_port();
  configure("drain_timeout: 1ms");
  ASSERT_NE(0, upgrade());
  EXPECT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  EXPECT_TRUE(eventually([&] { return !is_listening(gone); }));
}

TEST_F(Upgrading, TheAdminPortGoesWithTheRest) {
  configure("drain_timeout: 1ms\nadmin: " + dir_.file("admin.sock"));
  start();
  ASSERT_NE(0, upgrade());
  Stream admin = Stream::unix_socket(dir_.file("admin.sock"));
  admin.send("reload\n");
  EXPECT_EQ("ok\nnothing has changed\n", admin.read_until_close());
}

// ---- that fail

TEST_F(Upgrading, ToABadConfigurationChangesNothingAndCanBeTriedAgain) {
  configure("drain_timeout: 1ms");
  start();
  pid_t before = serving();
  Stream here = connect();
  configure("no_such_key: 1");
  kill(before, SIGUSR2);
  ASSERT_TRUE(logged("upgrade: failed: "));
  EXPECT_TRUE(logged("no_such_key: is unknown"));
  EXPECT_TRUE(logged("process " + std::to_string(before) + " goes on"));
  EXPECT_EQ(before, serving());
  EXPECT_EQ(kOk, here.ask(resp({"SET", "k", "v"})));
  EXPECT_EQ(bulk("v"), Stream::unix_socket(dir_.file("weir.sock")).ask(resp({"GET", "k"})));
  configure("drain_timeout: 1ms");
  EXPECT_NE(0, upgrade());
  EXPECT_TRUE(ended(before));
}

TEST_F(Upgrading, ToAPortThatIsTakenLeavesEverythingInPlace) {
  configure("drain_timeout: 1ms");
  start();
  pid_t before = serving();
  port_ = static_cast<uint16_t>(atoi(redis_.address().substr(redis_.address().rfind(':') + 1).c_str()));
  configure("drain_timeout: 1ms");
  kill(before, SIGUSR2);
  ASSERT_TRUE(logged("Address already in use"));
  ASSERT_TRUE(logged("process " + std::to_string(before) + " goes on"));
  EXPECT_EQ(before, serving());
  EXPECT_EQ(kOk, Stream::unix_socket(dir_.file("weir.sock")).ask(resp({"SET", "k", "v"})));
}

TEST_F(Upgrading, ToAProgramThatFailsChangesNothing) {
  configure("upgrade_timeout: 300ms");
  start();
  pid_t before = serving();
  for (auto [text, reason] : {std::pair{"#!/bin/sh\nkill -SEGV $$\n", "it was ended by SIGSEGV"},
                              {"#!/bin/sh\nexit 3\n", "it ended with exit code 3"},
                              {"#!/bin/sh\nexec sleep 1000\n", "it was not ready in time"},
                              {"", "cannot start"}}) {
    std::filesystem::remove(program_);
    if (*text != '\0') {
      dir_.write("weir", text);
      std::filesystem::permissions(program_, std::filesystem::perms::owner_all);
    }
    kill(before, SIGUSR2);
    EXPECT_TRUE(logged(reason));
    EXPECT_EQ(before, serving());
    EXPECT_EQ(kOk, connect().ask(resp({"SET", "k", "v"})));
  }
}

// ---- what the new process gets

// "socket:[123]" and the like, which are the same in every process that has them.
std::set<std::string> descriptors(pid_t pid) {
  std::set<std::string> all;
  std::error_code error;
  for (const auto &entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", error)) {
    if (std::stoi(entry.path().filename()) <= STDERR_FILENO) continue;
    std::string target = std::filesystem::read_symlink(entry, error).string();
    if (target.starts_with("socket:") || target.starts_with("pipe:")) all.insert(target);
  }
  return all;
}

TEST_F(Upgrading, HandsDownTheListeningSocketsAndNothingElse) {
  configure("drain_timeout: 1h");
  start();
  std::vector<Stream> clients;
  for (int i = 0; i < 5; ++i) {
    clients.push_back(connect());
    ASSERT_EQ(kOk, clients.back().ask(resp({"SET", "k", "v"})));
  }
  std::set<std::string> before = descriptors(serving());
  ASSERT_GE(before.size(), 9u);
  ASSERT_NE(0, upgrade());
  std::set<std::string> after = descriptors(serving());
  std::vector<std::string> both;
  std::set_intersection(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(both));
  EXPECT_EQ(3u, both.size()) << "two pools and the statistics: " << testing::PrintToString(both);
  clients.clear();
}

// ---- what a supervisor hears

// The end of a NOTIFY_SOCKET, in the environment of what is started meanwhile.
class Supervisor {
 public:
  explicit Supervisor(const std::string &path) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy(path.begin(), path.end(), address.sun_path);
    if (bind(fd_, reinterpret_cast<sockaddr *>(&address), sizeof address) != 0) throw std::runtime_error(path);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  ~Supervisor() {
    unsetenv("NOTIFY_SOCKET");
    ::close(fd_);
  }
  bool hears(const std::string &word) {
    return eventually([&] {
      char text[256];
      ssize_t n = recv(fd_, text, sizeof text, MSG_DONTWAIT);
      if (n > 0) heard_.push_back(std::string(text, static_cast<size_t>(n)));
      return std::find(heard_.begin(), heard_.end(), word) != heard_.end();
    });
  }

 private:
  int fd_;
  std::vector<std::string> heard_;
};

TEST_F(Upgrading, TellsASupervisorThatAsksWhoServes) {
  Supervisor systemd(dir_.file("notify.sock"));
  configure("drain_timeout: 1ms");
  start();
  EXPECT_TRUE(systemd.hears("READY=1"));
  pid_t after = upgrade();
  EXPECT_TRUE(systemd.hears("MAINPID=" + std::to_string(after)));
  kill(after, SIGTERM);
  EXPECT_TRUE(systemd.hears("STOPPING=1"));
  EXPECT_TRUE(ended(after));
}

// ---- the end, and the pid file, without an upgrade

using DrainTimeout = Upgrading;

TEST_F(DrainTimeout, BoundsAnEndThatAServerHoldsUp) {
  std::promise<void> asked;
  FakeServer server([&](Stream &s) {
    s.read_request();
    asked.set_value();
    s.read_until_close();  // never answers
  });
  configure("drain_timeout: 50ms", server.address());
  start();
  Stream client = connect();
  client.send(resp({"GET", "key"}));
  asked.get_future().wait_for(patience());
  first_->signal(SIGTERM);
  EXPECT_EQ((Ended{0, 0}), first_->wait().value_or(Ended{}));
  EXPECT_TRUE(logged("some requests were still unanswered after 50ms"));
  EXPECT_EQ("", client.read_until_close());
}

using PidFileOfAnother = Upgrading;

TEST_F(PidFileOfAnother, IsLeftAloneWhileThatRuns) {
  configure("");
  start();
  pid_t owner = serving();
  uint16_t other_port = port_;
  std::swap(port_, other_port = free_port());
  configure("");
  Finished second =
      run({proxy_binary(), "-c", dir_.file("weir.yml"), "-p", pid_file_, "-s", std::to_string(free_port())});
  EXPECT_EQ((Ended{1, 0}), second.ended);
  EXPECT_THAT(second.err, HasSubstr("names process " + std::to_string(owner) + ", which runs"));
  EXPECT_EQ(owner, serving());
  EXPECT_EQ(kOk, Stream::tcp(other_port).ask(resp({"SET", "k", "v"})));
}

}  // namespace
}  // namespace weir::test
