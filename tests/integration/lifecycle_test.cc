// From the command line to the end of the process: options, sockets, signals, files.
#include <signal.h>
#include <sys/wait.h>

#include <cstdio>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

TEST(Ending, BySigtermAnswersWhatIsInFlightThenExitsWith0AndRemovesThePidFile) {
  SKIP_ON_TWEMPROXY("dies by the signal and leaves the pid file");
  std::promise<void> asked, answer;
  FakeServer server([&](Stream &s) {
    std::vector<std::string> request = s.read_request();
    asked.set_value();
    answer.get_future().wait_for(patience());
    s.send(bulk("the answer"));
    s.read_until_close();
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()));
  EXPECT_EQ(std::to_string(proxy.process().pid()), read_whole(proxy.pid_file()));
  Stream client = proxy.connect(), idle = proxy.connect();
  client.send(resp({"GET", "key"}));
  asked.get_future().wait_for(patience());
  proxy.process().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !is_listening(pool.port()); })) << "new clients are still let in";
  answer.set_value();
  EXPECT_EQ(bulk("the answer"), client.read_until_close());
  EXPECT_TRUE(idle.closed_within());
  EXPECT_EQ((Ended{0, 0}), proxy.stop());
  EXPECT_FALSE(exists(proxy.pid_file()));
}

TEST(Ending, WithNothingInFlightIsPrompt) {
  SKIP_ON_TWEMPROXY("dies by the signal");
  RedisServers servers = redis_servers(1);
  for (int workers : {1, 2}) {
    Proxy proxy(redis_pool(servers), workers);
    Stream idle = proxy.connect();
    EXPECT_EQ(kOk, idle.ask(resp({"SET", "k", "v"})));
    EXPECT_EQ((Ended{0, 0}), proxy.stop());
    EXPECT_TRUE(idle.closed_within());
  }
}

TEST(Ending, ASecondSigtermDoesNotWaitForHangingServers) {
  SKIP_ON_TWEMPROXY("dies by the first signal");
  std::promise<void> asked;
  FakeServer server([&](Stream &s) {
    s.read_request();
    asked.set_value();
    s.read_until_close();  // never answers
  });
  PoolText pool;
  Proxy proxy(pool.redis().server(server.address()));
  Stream client = proxy.connect();
  client.send(resp({"GET", "key"}));
  asked.get_future().wait_for(patience());
  proxy.process().signal(SIGTERM);
  EXPECT_TRUE(eventually([&] { return !is_listening(pool.port()); }));
  EXPECT_TRUE(proxy.stop().signal == 0);
  EXPECT_FALSE(exists(proxy.pid_file()));
}

class Checking : public testing::Test {
 protected:
  TempDir dir_;
  Finished check(const std::string &text) { return run({proxy_binary(), "-t", "-c", dir_.write("conf.yml", text)}); }
  std::string good_ = PoolText().redis().server("127.0.0.1:6379", "one").text();
};

TEST_F(Checking, AGoodConfigurationIsOk) {
  Finished done = check(good_);
  EXPECT_EQ((Ended{0, 0}), done.ended);
  EXPECT_THAT(done.err + done.out, HasSubstr("syntax is ok"));
}

TEST_F(Checking, ABadConfigurationExitsWith1) {
  for (std::string bad : {std::string("alpha:\n"), std::string("alpha:\n  listen: nonsense\n"), std::string(""),
                          good_ + "  hash: nosuchhash\n", good_ + "  nosuchkey: 1\n", good_ + good_}) {
    Finished done = check(bad);
    EXPECT_EQ((Ended{1, 0}), done.ended) << bad;
    EXPECT_THAT(done.err + done.out, HasSubstr("syntax is invalid")) << bad;
  }
}

TEST_F(Checking, AComplaintNamesFileLineAndWhatWouldBeRight) {
  SKIP_ON_TWEMPROXY("says no reason under -t");
  std::string text = good_ + "  hash: murmurr\n";
  long line = std::count(text.begin(), text.end(), '\n');
  Finished done = check(text);
  EXPECT_THAT(done.err, HasSubstr("conf.yml:" + std::to_string(line)));
  EXPECT_THAT(done.err, HasSubstr("murmurr"));
  EXPECT_THAT(done.err, HasSubstr("murmur"));
}

TEST_F(Checking, AUserWhoIsNotThereIsFoundBeforeTheStart) {
  SKIP_ON_TWEMPROXY("has no user:");
  Finished done = check(
      "user: no-such-user\npools:\n  a:\n    listen: 127.0.0.1:1\n    protocol: redis\n"
      "    servers: [\"127.0.0.1:2:1\"]\n");
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("conf.yml: user: there is no user no-such-user on this machine"));
}

TEST_F(Checking, AMissingFileExitsWith1) {
  EXPECT_EQ((Ended{1, 0}), run({proxy_binary(), "-t", "-c", dir_.file("none.yml")}).ended);
}

TEST_F(Checking, WhatPrintConfigPrintsLoadsAgainAndPrintsTheSame) {
  SKIP_ON_TWEMPROXY("has no --print-config");
  std::string text = PoolText("beta")
                         .redis()
                         .set("hash", "murmur")
                         .set("distribution", "modula")
                         .set("hash_tag", "\"{}\"")
                         .set("timeout", "400")
                         .set("auto_eject_hosts", "true")
                         .server("127.0.0.1:6379", "one", 3)
                         .server("/run/redis.sock", "two")
                         .text() +
                     PoolText("al").server("10.0.0.1:11211").server("10.0.0.2:11212").text();
  Finished first = run({proxy_binary(), "--print-config", "-c", dir_.write("conf.yml", text)});
  ASSERT_EQ((Ended{0, 0}), first.ended) << first.err;
  std::string printed = dir_.write("printed.yml", first.out);
  Finished second = run({proxy_binary(), "--print-config", "-c", printed});
  ASSERT_EQ((Ended{0, 0}), second.ended) << second.err;
  EXPECT_EQ(first.out, second.out);
  EXPECT_EQ((Ended{0, 0}), run({proxy_binary(), "-t", "-c", printed}).ended);
}

TEST(CommandLine, HelpAndVersionExitWith0AndBadOptionsWith1) {
  Finished version = run({proxy_binary(), "-V"}), help = run({proxy_binary(), "-h"});
  EXPECT_EQ((Ended{0, 0}), version.ended);
  EXPECT_THAT(version.err + version.out, testing::ContainsRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_EQ((Ended{0, 0}), help.ended);
  EXPECT_THAT(help.err + help.out, HasSubstr("--conf-file"));
  EXPECT_EQ((Ended{1, 0}), run({proxy_binary(), "--nosuchoption"}).ended);
  EXPECT_EQ((Ended{1, 0}), run({proxy_binary(), "-s", "99999"}).ended);
  Finished described = run({proxy_binary(), "-D"});
  EXPECT_EQ((Ended{0, 0}), described.ended);
  EXPECT_THAT(described.err + described.out, HasSubstr("server_ejected_at"));
}

TEST(CommandLine, WhatCannotBeWrittenOrReachedIsNamedWithItsReason) {
  SKIP_ON_TWEMPROXY("has its own words");
  TempDir dir;
  RedisServers servers = redis_servers(1);
  std::string conf = dir.write("conf.yml", redis_pool(servers).text());
  Finished log = run({proxy_binary(), "-c", conf, "-o", dir.file("no/weir.log")});
  EXPECT_EQ((Ended{1, 0}), log.ended);
  EXPECT_THAT(log.err, HasSubstr("no/weir.log': No such file or directory; "));
  EXPECT_THAT(run({proxy_binary(), conf}).err, HasSubstr("weir -c " + conf + " takes that file"));
  Finished nobody = run({proxy_binary(), "reload", "--admin", dir.file("admin.sock")});
  EXPECT_THAT(nobody.err, HasSubstr("admin.sock: cannot be reached: No such file or directory; does weir run"));
  Finished another = run({proxy_binary(), "reload", "--admin", servers[0]->address()});
  EXPECT_EQ((Ended{1, 0}), another.ended);
  EXPECT_THAT(another.err, HasSubstr(servers[0]->address() + ": it answers, but not as weir does"));
}

TEST(Sockets, MayBeUnixOnBothSides) {
  TempDir dir;
  RedisServer one({.unix_socket = true}), two({.unix_socket = true});
  PoolText pool;
  pool.redis().listen(dir.file("weir.sock")).server(one.address(), "s0").server(two.address(), "s1");
  Proxy proxy(pool.set("hash", "murmur"));
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"MSET", "a", "1", "b", "2", "c", "3"})));
  EXPECT_EQ(array({bulk("1"), bulk("2"), bulk("3"), kNil}), client.ask(resp({"MGET", "a", "b", "c", "none"})));
}

TEST(Sockets, OfAnEarlierProcessAreReplaced) {
  TempDir dir;
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers).listen(dir.file("weir.sock"));
  {
    Proxy proxy(pool);
    proxy.process().signal(SIGKILL);  // leaves its socket behind
    proxy.process().wait();
    proxy.stop();
  }
  ASSERT_TRUE(exists(dir.file("weir.sock")));
  Proxy proxy(pool);
  EXPECT_EQ(kOk, proxy.connect().ask(resp({"SET", "k", "v"})));
}

TEST(Sockets, MayBeIpv6) {
  RedisServers servers = redis_servers(1);
  uint16_t port = free_port();
  PoolText pool = redis_pool(servers).listen("::1:" + std::to_string(port));
  std::optional<Proxy> proxy;
  try {
    Stream::tcp(1, "::1");
  } catch (const StreamError &e) {
    if (std::string(e.what()).find("refused") == std::string::npos) GTEST_SKIP() << "no IPv6 here: " << e.what();
  }
  proxy.emplace(pool);
  ASSERT_TRUE(eventually([&] { return is_listening(port); }));
  Stream client = Stream::tcp(port, "::1");
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
}

TEST(Sockets, OfSeveralPoolsEachSpeakTheirOwnProtocol) {
  RedisServers redis = redis_servers(1);
  Memcacheds memcached = memcacheds(1);
  Proxy proxy({redis_pool(redis, "r"), memcached_pool(memcached, "m")}, {.workers = 2});
  EXPECT_EQ(kOk, proxy.connect(0).ask(resp({"SET", "k", "v"})));
  Stream client = proxy.connect(1);
  client.send(mc_set("k", "w") + "get k\r\n");
  EXPECT_EQ("STORED", client.read_line());
  EXPECT_EQ(mc_value("k", "w") + "END\r\n", client.read_memcached());
  EXPECT_EQ(bulk("v"), redis[0]->call({"GET", "k"}));
}

TEST(Sockets, ThatAreTakenAreAnErrorAtStart) {
  RedisServers servers = redis_servers(1);
  TempDir dir;
  std::string conf = dir.write("conf.yml", redis_pool(servers).listen(servers[0]->address()).text());
  Finished done = run({proxy_binary(), "-c", conf, "-s", std::to_string(free_port()), "-a", "127.0.0.1"});
  EXPECT_EQ((Ended{1, 0}), done.ended);
  SKIP_ON_TWEMPROXY("says no reason");
  EXPECT_THAT(done.err, HasSubstr("pool alpha: cannot listen on " + servers[0]->address()));
  EXPECT_THAT(done.err, HasSubstr("in use; a process listens there already (ss -ltnp shows which)"));
}

TEST(Daemon, RunsInTheBackgroundUnderTheIdInItsPidFile) {
  adopt_orphans();
  RedisServers servers = redis_servers(1);
  PoolText pool = redis_pool(servers);
  TempDir dir;
  Finished started = run({proxy_binary(), "-d", "-c", dir.write("conf.yml", pool.text()), "-p", dir.file("pid"), "-o",
                          dir.file("log"), "-s", std::to_string(free_port()), "-a", "127.0.0.1"});
  EXPECT_EQ((Ended{0, 0}), started.ended);
  ASSERT_TRUE(eventually([&] { return is_listening(pool.port()) && !read_whole(dir.file("pid")).empty(); }));
  pid_t pid = atoi(read_whole(dir.file("pid")).c_str());
  ASSERT_GT(pid, 1);
  EXPECT_EQ(kOk, Stream::tcp(pool.port()).ask(resp({"SET", "k", "v"})));
  kill(pid, SIGTERM);
  int status = -1;
  EXPECT_TRUE(eventually([&] { return waitpid(pid, &status, WNOHANG) == pid; }));
  SKIP_ON_TWEMPROXY("dies by the signal and leaves the pid file");
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  EXPECT_FALSE(exists(dir.file("pid")));
}

class Logging : public testing::Test {
 protected:
  TempDir dir_;
  std::string log_ = dir_.file("weir.log");
  RedisServers servers_ = redis_servers(1);
  Proxy proxy_{{redis_pool(servers_)}, {.log_level = 5, .more = {"-o", log_}}};
};

TEST_F(Logging, HupReopensTheFile) {
  ASSERT_TRUE(eventually([&] { return !read_whole(log_).empty(); }));
  ASSERT_EQ(0, std::rename(log_.c_str(), (log_ + ".1").c_str()));
  proxy_.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] { return exists(log_); }));
  proxy_.process().signal(SIGTTIN);  // something to log
  EXPECT_TRUE(eventually([&] { return !read_whole(log_).empty(); }));
  EXPECT_EQ(kOk, proxy_.connect().ask(resp({"SET", "k", "v"})));
}

TEST_F(Logging, TtinAndTtouChangeTheLevelAndTheProxyGoesOn) {
  auto said = [&] { return read_whole(log_).size(); };
  for (int number : {SIGTTIN, SIGTTIN, SIGTTOU, SIGTTOU}) {
    size_t before = said();
    proxy_.process().signal(number);
    EXPECT_TRUE(eventually([&] { return said() > before; })) << "signal " << number << " left no line";
  }
  EXPECT_EQ(kOk, proxy_.connect().ask(resp({"SET", "k", "v"})));
}

TEST_F(Logging, UsrSignalsEndNothing) {
  proxy_.process().signal(SIGUSR1);
  proxy_.process().signal(SIGPIPE);
  EXPECT_EQ(kOk, proxy_.connect().ask(resp({"SET", "k", "v"})));
}

}  // namespace
}  // namespace weir::test
