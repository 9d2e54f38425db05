#include "core/net/acceptor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <vector>

#include "core/net/socket.h"

namespace weir::net {
namespace {

config::Address tcp(const std::string &host, uint16_t port = 0) {
  config::Address address;
  address.text = host + ":" + std::to_string(port);
  address.host = host;
  address.port = port;
  return address;
}

struct AcceptorTest : ::testing::Test {
  AcceptorTest() {
    config::Address any = tcp("127.0.0.1");
    EXPECT_TRUE(to_socket_address(any, address));
    Result<int> listening = listen_on(any, address, 128, false);
    EXPECT_TRUE(listening) << listening.error().text;
    listener = *listening;
    address.len = sizeof address.storage;
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr *>(&address.storage), &address.len), 0);
  }
  ~AcceptorTest() override {
    for (auto *list : {&accepted, &connected}) {
      for (int fd : *list) ::close(fd);
    }
  }
  void connect(int n) {
    while (n-- > 0) connected.push_back(start_connect(address));
  }
  // Runs the loop until so many are accepted, or it takes too long.
  void run_until(size_t n) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (accepted.size() < n && std::chrono::steady_clock::now() < end) io.run_one_until(end);
  }

  SocketAddress address;
  int listener = -1;
  boost::asio::io_context io;
  std::vector<int> accepted, connected;
  size_t room = 1000, asked = 0;
  std::function<void(int)> keep = [this](int fd) { accepted.push_back(fd); };
  std::function<bool()> has_room = [this] {
    ++asked;
    return accepted.size() < room;
  };
};

TEST_F(AcceptorTest, HandsOnEveryConnectionAndNoneOnceStopped) {
  Acceptor acceptor(io, listener, "test", keep, has_room);
  connect(100);
  run_until(100);
  EXPECT_EQ(accepted.size(), 100U);
  char byte = 0;
  EXPECT_EQ(::recv(accepted.at(0), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN) << "accepted sockets do not block";
  acceptor.stop();
  io.run();
  int late = start_connect(address);
  EXPECT_TRUE(late < 0 || connect_error(late) == ECONNREFUSED);
  if (late >= 0) ::close(late);
}

TEST_F(AcceptorTest, WhereThereIsNoRoomClientsWaitWithoutBeingAskedForAllTheTime) {
  room = 10;
  Acceptor acceptor(io, listener, "test", keep, has_room);
  connect(20);
  run_until(10);
  io.run_for(std::chrono::milliseconds(350));
  EXPECT_EQ(accepted.size(), 10U);
  EXPECT_LT(asked, 30U) << "it spins";
  room = 1000;
  run_until(20);
  EXPECT_EQ(accepted.size(), 20U);
  acceptor.stop();
}

TEST_F(AcceptorTest, OutOfDescriptorsClientsWaitUntilOneIsFree) {
  Acceptor acceptor(io, listener, "test", keep, has_room);
  connect(20);
  int next = ::dup(listener);
  ::close(next);
  rlimit before{}, few{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  few = before;
  few.rlim_cur = static_cast<rlim_t>(next) + 5;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  run_until(5);
  io.run_for(std::chrono::milliseconds(350));
  EXPECT_EQ(accepted.size(), 5U);
  EXPECT_LT(asked, 30U) << "it spins";
  for (int fd : accepted) ::close(fd);
  accepted.clear();
  run_until(5);
  EXPECT_EQ(accepted.size(), 5U) << "descriptors are free again";
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  run_until(15);
  EXPECT_EQ(accepted.size(), 15U);
  acceptor.stop();
}

}  // namespace
}  // namespace weir::net
