#include "core/net/socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace weir::net {
namespace {

config::Address tcp(const std::string &host, uint16_t port = 0) {
  config::Address address;
  address.text = host + ":" + std::to_string(port);
  address.host = host;
  address.port = port;
  return address;
}

config::Address on_path(const std::string &path) {
  config::Address address;
  address.text = address.path = path;
  return address;
}

TEST(Socket, NumericAddressesAreUnderstoodAndPrintedBack) {
  for (const char *host : {"127.0.0.1", "10.1.2.3", "0.0.0.0"}) {
    SocketAddress address;
    ASSERT_TRUE(to_socket_address(tcp(host, 4242), address));
    EXPECT_EQ(to_text(address), std::string(host) + ":4242");
  }
  SocketAddress v6;
  ASSERT_TRUE(to_socket_address(tcp("::1", 1), v6));
  EXPECT_EQ(to_text(v6), "[::1]:1");
}

TEST(Socket, NamesMustBeResolvedFirst) {
  SocketAddress address;
  for (const char *host : {"localhost", "256.1.1.1", "1.2.3", ""}) {
    EXPECT_FALSE(to_socket_address(tcp(host, 1), address)) << host;
  }
}

TEST(Socket, APathTooLongForTheKernelIsNoAddress) {
  SocketAddress address;
  EXPECT_TRUE(to_socket_address(on_path("/" + std::string(106, 'x')), address));
  EXPECT_EQ(to_text(address), "unix");
  EXPECT_FALSE(to_socket_address(on_path("/" + std::string(107, 'x')), address));
}

struct UnixSocketTest : ::testing::Test {
  UnixSocketTest() {
    char name[] = "/tmp/weir-socket-XXXXXX";
    folder = ::mkdtemp(name);
    where.path = where.text = folder + "/s";
    EXPECT_TRUE(to_socket_address(where, address));
  }
  ~UnixSocketTest() override { std::filesystem::remove_all(folder); }
  Result<int> listen() { return listen_on(where, address, 16, false); }

  std::string folder;
  config::Address where;
  SocketAddress address;
};

TEST_F(UnixSocketTest, ListensWithThePermissionsAskedFor) {
  where.mode = 0640;
  Result<int> fd = listen();
  ASSERT_TRUE(fd) << fd.error().text;
  struct stat info {};
  ASSERT_EQ(::stat(where.path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
  int client = start_connect(address);
  EXPECT_GE(client, 0);
  EXPECT_EQ(connect_error(client), 0);
  ::close(client);
  ::close(*fd);
}

TEST_F(UnixSocketTest, ReplacesOneThatNobodyListensOn) {
  Result<int> first = listen();
  ASSERT_TRUE(first);
  ::close(*first);  // the file stays
  Result<int> second = listen();
  ASSERT_TRUE(second) << second.error().text;
  ::close(*second);
}

TEST_F(UnixSocketTest, RefusesOneThatSomebodyListensOn) {
  Result<int> first = listen();
  ASSERT_TRUE(first);
  Result<int> second = listen();
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text.find(where.path), std::string::npos);
  EXPECT_NE(second.error().text.find("listens"), std::string::npos) << second.error().text;
  EXPECT_TRUE(std::filesystem::exists(where.path));
  ::close(*first);
}

TEST_F(UnixSocketTest, RefusesAFileThatIsNoSocketAndLeavesItAlone) {
  std::ofstream(where.path) << "precious";
  Result<int> fd = listen();
  ASSERT_FALSE(fd);
  EXPECT_NE(fd.error().text.find("not a socket"), std::string::npos) << fd.error().text;
  EXPECT_EQ(std::filesystem::file_size(where.path), 8U);
}

TEST_F(UnixSocketTest, RefusesASocketOfAnotherKindThatIsInUse) {
  int other = ::socket(AF_UNIX, SOCK_DGRAM, 0);
  ASSERT_EQ(::bind(other, address.get(), address.len), 0);
  Result<int> fd = listen();
  EXPECT_FALSE(fd) << "somebody else's socket was taken away";
  EXPECT_TRUE(std::filesystem::exists(where.path));
  if (fd) ::close(*fd);
  ::close(other);
}

TEST(Socket, APortInUseIsRefusedInWordsThatNameIt) {
  config::Address where = tcp("127.0.0.1");
  SocketAddress address;
  ASSERT_TRUE(to_socket_address(where, address));
  Result<int> first = listen_on(where, address, 16, false);
  ASSERT_TRUE(first);
  address.len = sizeof address.storage;
  ASSERT_EQ(::getsockname(*first, reinterpret_cast<sockaddr *>(&address.storage), &address.len), 0);
  where.text = to_text(address);
  Result<int> second = listen_on(where, address, 16, false);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text.find(where.text), std::string::npos) << second.error().text;
  ::close(*first);
}

TEST(Socket, AConnectThatIsRefusedSaysSo) {
  config::Address where = tcp("127.0.0.1");
  SocketAddress address;
  ASSERT_TRUE(to_socket_address(where, address));
  Result<int> fd = listen_on(where, address, 16, false);
  ASSERT_TRUE(fd);
  address.len = sizeof address.storage;
  ASSERT_EQ(::getsockname(*fd, reinterpret_cast<sockaddr *>(&address.storage), &address.len), 0);
  ::close(*fd);
  int client = start_connect(address);
  EXPECT_TRUE(client < 0 ? errno == ECONNREFUSED : connect_error(client) == ECONNREFUSED);
  if (client >= 0) ::close(client);
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t len = sizeof value;
  ::getsockopt(fd, level, name, &value, &len);
  return value;
}

struct WatchPeerTest : ::testing::Test {
  int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int idle = option(fd, IPPROTO_TCP, TCP_KEEPIDLE), interval = option(fd, IPPROTO_TCP, TCP_KEEPINTVL),
            count = option(fd, IPPROTO_TCP, TCP_KEEPCNT);
  config::Pool pool;
  ~WatchPeerTest() override { ::close(fd); }
};

TEST_F(WatchPeerTest, NothingIsAskedOfTheSystemByDefault) {
  watch_peer(fd, pool);
  EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
}

TEST_F(WatchPeerTest, KeepaliveAloneLeavesTheSystemsTimesInForce) {
  pool.tcpkeepalive = true;
  watch_peer(fd, pool);
  EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), idle);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), interval);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), count);
}

TEST_F(WatchPeerTest, EachTimeAndNumberReachesTheSocket) {
  pool.tcpkeepalive = true;
  pool.tcpkeepalive_idle_us = 61'000'000;
  pool.tcpkeepalive_interval_us = 1'500'000;
  pool.tcpkeepalive_count = 4;
  pool.tcp_user_timeout_us = 20'500'000;
  watch_peer(fd, pool);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 61);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 2) << "rounded up";
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 20'500) << "milliseconds";
}

TEST_F(WatchPeerTest, TheLargestThatTheConfigurationTakesIsTakenByTheKernel) {
  pool.tcpkeepalive = true;
  pool.tcpkeepalive_idle_us = pool.tcpkeepalive_interval_us = 32'767'000'000;
  pool.tcpkeepalive_count = 127;
  pool.tcp_user_timeout_us = 24ULL * 3600 * 1'000'000;
  watch_peer(fd, pool);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPIDLE), 32'767);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPINTVL), 32'767);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_KEEPCNT), 127);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 24 * 3600 * 1000);
}

TEST_F(WatchPeerTest, TheUserTimeoutNeedsNoKeepalive) {
  pool.tcp_user_timeout_us = 5'000'000;
  watch_peer(fd, pool);
  EXPECT_EQ(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
  EXPECT_EQ(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 5'000);
}

}  // namespace
}  // namespace weir::net
