// Limits of the machine: file descriptors, memory, disks. And that they are given back.
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

#include "tests/integration/story.h"

namespace weir::test {
namespace {

class Host : public WithWorkers {
 protected:
  void SetUp() override { SKIP_ON_TWEMPROXY("has other ways, or none"); }
};
TELL_WITH_WORKERS(Host);

// From now on the process may open this many more: the limit is one of their numbers, and there may be gaps.
void allow_files(Proxy &proxy, size_t more) {
  const std::string open = "/proc/" + std::to_string(proxy.process().pid()) + "/fd/";
  rlimit limit{};
  ASSERT_EQ(prlimit(proxy.process().pid(), RLIMIT_NOFILE, nullptr, &limit), 0);
  limit.rlim_cur = 0;
  for (size_t free = 0;; ++limit.rlim_cur) {
    free += std::filesystem::is_symlink(open + std::to_string(limit.rlim_cur)) ? 0 : 1;
    if (free > more) break;
  }
  ASSERT_EQ(prlimit(proxy.process().pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
}

// Of user and system, in ticks of which there are a hundred a second.
long processor_ticks(Proxy &proxy) {
  std::string stat = read_whole("/proc/" + std::to_string(proxy.process().pid()) + "/stat");
  std::stringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  long user = 0, system = 0;
  fields >> user >> system;
  return user + system;
}

TEST_P(Host, WithoutDescriptorsClientsWaitThoseThereGoOnAndItDoesNotSpin) {
  RedisServers servers = redis_servers(1);
  Proxy proxy(redis_pool(servers), GetParam());
  Stream before = proxy.connect();
  ASSERT_EQ(kOk, before.ask(resp({"SET", "k", "v"})));
  allow_files(proxy, 2);
  std::vector<Stream> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(proxy.connect());  // in the backlog, at least
    clients.back().send(resp({"ECHO", "here"}));
  }
  EXPECT_TRUE(eventually([&] { return proxy.log().find("cannot accept clients") != std::string::npos; }));
  long ticks = processor_ticks(proxy);
  EXPECT_TRUE(clients.back().silent_for(milliseconds(500))) << "the story needs it to wait";
  EXPECT_LT(processor_ticks(proxy) - ticks, 25) << "of 50 or more ticks that passed";
  for (int i = 0; i < 100; ++i) ASSERT_EQ(bulk("v"), before.ask(resp({"GET", "k"})));
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(bulk("here"), clients[i].read_reply());
  allow_files(proxy, 20);
  for (size_t i = 2; i < clients.size(); ++i) EXPECT_EQ(bulk("here"), clients[i].read_reply());
  EXPECT_TRUE(eventually([&] { return proxy.log().find("accepting clients again") != std::string::npos; }));
}

TEST_P(Host, WithoutDescriptorsForServersRequestsFailClearlyUntilThereAreSome) {
  // It looks at memory through a pipe, and takes for a fault that it gets none.
  if (slow_build()) GTEST_SKIP() << "UndefinedBehaviorSanitizer needs descriptors of its own";
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers).set("auto_eject_hosts", "true").set("server_failure_limit", "1"), GetParam());
  Stream client = proxy.connect();
  ASSERT_EQ(bulk("here"), client.ask(resp({"ECHO", "here"})));  // no server is connected yet
  allow_files(proxy, 0);
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(client.ask(resp({"GET", "k" + std::to_string(i)})), StartsWith("-ERR Too many open files"));
  }
  allow_files(proxy, 20);
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "k", "v"})) == kOk; }));
  Json stats = proxy.stats();
  EXPECT_EQ(0, stats.at("alpha").number("server_ejects")) << "no server has done anything wrong";
  EXPECT_GE(stats.at("alpha").number("forward_error"), 5);
}

TEST_P(Host, FewDescriptorsAreKeptForServersAndClientsBeyondWait) {
  RedisServers servers = redis_servers(2);
  TempDir dir;
  std::string few = dir.write("few", "#!/bin/sh\nulimit -n 200 && exec " + proxy_binary() + " \"$@\"\n");
  std::filesystem::permissions(few, std::filesystem::perms::owner_all);
  Proxy proxy({redis_pool(servers).set("backlog", "1024")}, {.workers = GetParam(), .binary = few});
  std::vector<Stream> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(proxy.connect());
    clients.back().send(resp({"SET", "k" + std::to_string(i), "v"}));
  }
  EXPECT_TRUE(eventually([&] { return proxy.log().find("cannot accept clients") != std::string::npos; }));
  size_t served = 0;
  for (; served < clients.size(); ++served) {
    if (clients[served].silent_for(milliseconds(500))) break;
    ASSERT_EQ(kOk, clients[served].read_reply()) << "the servers could be connected to";
  }
  EXPECT_GE(served, 16U);
  EXPECT_LT(served, 200U);
  for (size_t i = 0; i < served; ++i) clients[i].close();
  for (size_t i = served; i < clients.size(); ++i) {
    ASSERT_EQ(kOk, clients[i].read_reply()) << i;
    clients[i].close();  // for one more
  }
}

TEST_P(Host, MaxClientsThatCannotBeHadAreAnErrorAtStart) {
  RedisServers servers = redis_servers(1);
  TempDir dir;
  std::string pools = redis_pool(servers).text(), indented = "  ";
  for (char c : pools) indented += c == '\n' ? "\n  " : std::string(1, c);
  std::string conf = dir.write("conf.yml", "max_clients: 1000\npools:\n" + indented + "\n");
  std::string few = dir.write("few", "#!/bin/sh\nulimit -n 200 && exec " + proxy_binary() + " \"$@\"\n");
  std::filesystem::permissions(few, std::filesystem::perms::owner_all);
  Finished done = run({few, "-c", conf, "-s", std::to_string(free_port()), "-a", "127.0.0.1"});
  EXPECT_EQ((Ended{1, 0}), done.ended);
  EXPECT_THAT(done.err, HasSubstr("the limit is 200: raise it (ulimit -n"));
}

TEST_P(Host, AFullDiskForTheLogHoldsUpNobodyAndIsSaidLater) {
  RedisServers servers = redis_servers(1);
  TempDir dir;
  std::string log = dir.file("log");
  std::filesystem::create_symlink("/dev/full", log);
  Proxy proxy({redis_pool(servers)}, {.workers = GetParam(), .log_level = 5, .more = {"-o", log}});
  Stream client = proxy.connect();
  EXPECT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
  servers[0]->kill();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"GET", "k"})).starts_with("-"); }));  // which is logged
  servers[0]->start();
  EXPECT_TRUE(eventually([&] { return client.ask(resp({"SET", "k", "v"})) == kOk; }));
  std::filesystem::remove(log);  // there is room again
  EXPECT_TRUE(eventually([&] {
    proxy.process().signal(SIGHUP);
    proxy.process().signal(SIGTTIN);  // something to log
    return read_whole(log).find("could not be written: No space left on device") != std::string::npos;
  }));
}

TEST_P(Host, ALogFileThatCannotBeOpenedAgainIsSaidInTheOldOne) {
  RedisServers servers = redis_servers(1);
  TempDir dir;
  std::string log = dir.file("log");
  Proxy proxy({redis_pool(servers)}, {.workers = GetParam(), .log_level = 5, .more = {"-o", log}});
  ASSERT_TRUE(eventually([&] { return !read_whole(log).empty(); }));
  std::filesystem::rename(log, log + ".1");
  std::filesystem::create_directory(log);
  proxy.process().signal(SIGHUP);
  EXPECT_TRUE(eventually([&] {
    return read_whole(log + ".1").find("cannot open the log file again: Is a directory") != std::string::npos;
  }));
  EXPECT_EQ(kOk, proxy.connect().ask(resp({"SET", "k", "v"})));
}

// The state of a connection and its timer, as the kernel shows it: of the end that has this local and this other port.
std::string timer_of(int local, int other) {
  std::ifstream table("/proc/net/tcp");
  for (std::string line; std::getline(table, line);) {
    unsigned local_address = 0, local_port = 0, other_address = 0, other_port = 0, state = 0, tx = 0, rx = 0, timer = 0;
    int fields = std::sscanf(line.c_str(), " %*d: %x:%x %x:%x %x %x:%x %x:", &local_address, &local_port,
                             &other_address, &other_port, &state, &tx, &rx, &timer);
    bool wanted =
        (local == 0 || static_cast<int>(local_port) == local) && (other == 0 || static_cast<int>(other_port) == other);
    if (fields == 8 && state == 1 && wanted) return std::to_string(timer);
  }
  return "";
}

TEST_P(Host, BothSidesOfAPoolWithKeepaliveAreWatchedOver) {
  RedisServers servers = redis_servers(1);
  for (std::string on : {"false", "true"}) {
    PoolText pool = redis_pool(servers).set("tcpkeepalive", on).set("tcpkeepalive_idle", "60s");
    Proxy proxy(pool, GetParam());
    Stream client = proxy.connect();
    ASSERT_EQ(kOk, client.ask(resp({"SET", "k", "v"})));
    const std::string wanted = on == "true" ? "2" : "0";  // a keepalive's timer, or none
    EXPECT_TRUE(eventually([&] { return timer_of(pool.port(), 0) == wanted; })) << on << timer_of(pool.port(), 0);
    EXPECT_TRUE(eventually([&] { return timer_of(0, servers[0]->port()) == wanted; })) << on;
  }
}

std::string gets(size_t n, const std::string &key) {
  std::string all;
  for (; n > 0; --n) all += resp({"GET", key});
  return all;
}

long resident_kib(Proxy &proxy) {
  std::stringstream statm(read_whole("/proc/" + std::to_string(proxy.process().pid()) + "/statm"));
  long size = 0, resident = 0;
  statm >> size >> resident;
  return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

// Once it stays what it is: what the start, or what came before, had use for is given back.
long resident_kib_at_rest(Proxy &proxy) {
  long now = resident_kib(proxy), before = -1;
  EXPECT_TRUE(eventually([&] {
    before = std::exchange(now, resident_kib(proxy));
    std::this_thread::sleep_for(milliseconds(1'100));  // once a second memory goes back
    return before == now;
  }));
  return now;
}

// Small commands in large numbers, large replies, and commands of very many keys; all of it at once, with clients that
// do not read and go away.
TEST_P(Host, MemoryFallsBackAfterABurst) {
  if (slow_build()) GTEST_SKIP() << "a sanitizer keeps memory for itself";
  RedisServers servers = redis_servers(2);
  Proxy proxy(redis_pool(servers), GetParam());
  std::string value(1 << 20, 'v');
  std::vector<std::string> keys = {"MGET"};
  for (int i = 0; i < 50'000; ++i) keys.push_back("key" + std::to_string(i));
  const std::string mget = resp(keys);
  const std::string bursts[] = {gets(20, "large"), mget + mget, gets(10'000, "small")};
  {
    Stream client = proxy.connect(), other = proxy.connect();  // with them all that is made once is made
    ASSERT_EQ(kOk, client.ask(resp({"SET", "large", value})));
    ASSERT_EQ(kOk, client.ask(resp({"SET", "small", std::string(1'000, 'v')})));
    for (Stream *one : {&client, &other}) ASSERT_TRUE(same(bulk(value), one->ask(resp({"GET", "large"}))));
  }
  ASSERT_TRUE(proxy.stats_reach([](const Json &s) { return s.at("alpha").number("client_connections") == 0; }));
  const long idle = resident_kib_at_rest(proxy);
  long most = 0;
  {
    std::vector<Stream> clients;
    for (int i = 0; i < 99; ++i) {
      clients.push_back(proxy.connect());
      clients.back().set_receive_buffer(4'096);
      clients.back().send(bursts[i % 3]);
    }
    EXPECT_TRUE(eventually([&] {
      most = std::max(most, resident_kib(proxy));
      return most > 10 * idle;
    })) << most
        << " KiB of " << idle;
    Stream patient = proxy.connect(), other = proxy.connect();  // every worker comes to merge such a reply
    for (Stream *one : {&patient, &other}) EXPECT_EQ(one->ask(mget).substr(0, 8), "*50000\r\n");
  }
  EXPECT_TRUE(eventually(  // what was asked for still comes, though nobody wants it
      [&] {
        Json stats = proxy.stats();
        auto waits = [&](const char *server) { return stats.at("alpha").at(server).number("out_queue"); };
        return waits("s0") + waits("s1") == 0;
      },
      patience() * 3));
  long now = 0;
  EXPECT_TRUE(eventually([&] { return (now = resident_kib(proxy)) <= idle + idle / 5; }))
      << idle << " KiB before, " << most << " at most, " << now << " after";
}

}  // namespace
}  // namespace weir::test
