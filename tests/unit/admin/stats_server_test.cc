#include "core/admin/stats_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <deque>

namespace weir::admin {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

class StatsServerTest : public testing::Test {
 protected:
  StatsServer listen(std::string text, const StatsServer::Limits &limits = StatsServer::Limits()) {
    auto server = StatsServer::listen(
        control_, "127.0.0.1", 0, [text] { return text; }, limits);
    EXPECT_TRUE(server) << server.error().text;
    return std::move(*server);
  }
  tcp::socket &connect(uint16_t port) {
    tcp::socket &socket = clients_.emplace_back(control_);
    // A small window, so that a long text cannot be swallowed whole by a client that does not read.
    socket.open(tcp::v4());
    socket.set_option(tcp::socket::receive_buffer_size(4096));
    socket.connect({asio::ip::address_v4::loopback(), port});
    return socket;
  }
  // Reads to the end, running the server meanwhile.
  std::string read_all(tcp::socket &socket) {
    std::string text;
    bool done = false;
    asio::async_read(socket, asio::dynamic_buffer(text), [&](const boost::system::error_code &error, size_t) {
      EXPECT_EQ(error, asio::error::eof);
      done = true;
    });
    while (!done) control_.run_one();
    return text;
  }
  asio::io_context control_;
  std::deque<tcp::socket> clients_;
};

TEST_F(StatsServerTest, WhoeverConnectsGetsTheTextAndTheEnd) {
  StatsServer server = listen("{\"a\":1}\n");
  EXPECT_EQ(read_all(connect(server.port())), "{\"a\":1}\n");
  EXPECT_EQ(read_all(connect(server.port())), "{\"a\":1}\n");
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(StatsServerTest, TheTextIsMadeAnewForEachConnection) {
  int n = 0;
  auto server = StatsServer::listen(control_, "127.0.0.1", 0, [&n] { return std::to_string(++n); });
  ASSERT_TRUE(server);
  EXPECT_EQ(read_all(connect(server->port())), "1");
  EXPECT_EQ(read_all(connect(server->port())), "2");
}

TEST_F(StatsServerTest, MoreThanTheLimitWaitTheirTurn) {
  StatsServer server = listen(std::string(32 << 20, 'x'), {.connections = 2, .write_timeout = std::chrono::hours(1)});
  for (int i = 0; i < 3; ++i) connect(server.port());
  while (server.connections() < 2) control_.run_one();
  while (control_.poll_one() > 0) {
  }
  EXPECT_EQ(server.connections(), 2u);
  EXPECT_EQ(read_all(clients_[0]).size(), size_t{32} << 20);
  while (server.connections() < 2) control_.run_one();
  EXPECT_EQ(read_all(clients_[2]).size(), size_t{32} << 20) << "the third was served once the first had gone";
}

TEST_F(StatsServerTest, AClientThatDoesNotReadIsLetGo) {
  StatsServer server = listen(std::string(32 << 20, 'x'), {.write_timeout = std::chrono::milliseconds(1)});
  connect(server.port());
  while (server.connections() == 0) control_.run_one();
  while (server.connections() == 1) control_.run_one();
  EXPECT_EQ(server.connections(), 0u);
}

TEST_F(StatsServerTest, ATakenPortIsNamed) {
  StatsServer server = listen("x");
  auto second = StatsServer::listen(control_, "127.0.0.1", server.port(), [] { return ""; });
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().text, testing::HasSubstr("127.0.0.1:" + std::to_string(server.port())));
  EXPECT_THAT(second.error().text, testing::HasSubstr("Address already in use"));
}

TEST_F(StatsServerTest, AnAddressThatIsNoneIsNamed) {
  auto server = StatsServer::listen(control_, "999.0.0.1", 0, [] { return ""; });
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().text, testing::HasSubstr("999.0.0.1"));
}

TEST_F(StatsServerTest, TheLoopEndsOnceTheServerIsGone) {
  {
    StatsServer server = listen("x");
    control_.poll();
  }
  control_.restart();
  control_.run();
  EXPECT_TRUE(control_.stopped());
}

}  // namespace
}  // namespace weir::admin
