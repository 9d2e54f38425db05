#include "core/net/acceptor.h"

#include <gtest/gtest.h>

#include <cerrno>
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

TEST(Acceptor, HandsOnEveryConnectionAndNoneOnceStopped) {
  config::Address any = tcp("127.0.0.1");
  SocketAddress address;
  ASSERT_TRUE(to_socket_address(any, address));
  Result<int> listening = listen_on(any, address, 128, false);
  ASSERT_TRUE(listening) << listening.error().text;
  address.len = sizeof address.storage;
  ASSERT_EQ(::getsockname(*listening, reinterpret_cast<sockaddr *>(&address.storage), &address.len), 0);

  boost::asio::io_context io;
  std::vector<int> accepted, connected;
  Acceptor acceptor(io, *listening, "test", [&](int fd) { accepted.push_back(fd); });
  for (int i = 0; i < 100; ++i) connected.push_back(start_connect(address));
  for (int i = 0; i < 1000 && accepted.size() < 100; ++i) io.run_one();
  EXPECT_EQ(accepted.size(), 100U);
  char byte = 0;
  EXPECT_EQ(::recv(accepted.at(0), &byte, 1, 0), -1);
  EXPECT_EQ(errno, EAGAIN) << "accepted sockets do not block";
  acceptor.stop();
  io.run();
  int late = start_connect(address);
  EXPECT_TRUE(late < 0 || connect_error(late) == ECONNREFUSED);
  for (auto *list : {&accepted, &connected}) {
    for (int fd : *list) ::close(fd);
  }
  if (late >= 0) ::close(late);
}

}  // namespace
}  // namespace weir::net
