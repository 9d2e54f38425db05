#include "core/app/listeners.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <optional>

#include "core/config/address.h"
#include "core/net/socket.h"

namespace weir::app {
namespace {

class ListenersTest : public testing::Test {
 protected:
  void TearDown() override {
    for (int fd : clients_) ::close(fd);
    std::filesystem::remove(path_);
  }
  // True when somebody listens there.
  bool connect(const config::Address &where) {
    net::SocketAddress address;
    net::to_socket_address(where, address);
    int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    clients_.push_back(fd);
    return ::connect(fd, address.get(), address.len) == 0;
  }
  Listeners::Accepted count(int &n) {
    return [&n](int fd) {
      ++n;
      ::close(fd);
    };
  }
  void turn() {
    io_.restart();
    io_.poll();
  }
  const std::string path_ = testing::TempDir() + "weir_listeners_test." + std::to_string(getpid());
  const config::Address where_ = *config::parse_listen(path_ + " 0600");
  boost::asio::io_context io_{1};
  StatsPage stats_;
  std::optional<Listeners> listeners_{std::in_place, io_, stats_};
  std::vector<int> clients_;
};

TEST_F(ListenersTest, OneThatIsBoundAgainStaysOpenAndItsClientsGoElsewhere) {
  int first = 0, second = 0;
  ASSERT_TRUE(*listeners_->bind(where_, 16, false));
  listeners_->feed(where_, count(first));
  EXPECT_TRUE(connect(where_));
  turn();
  ASSERT_FALSE(*listeners_->bind(where_, 32, false));
  EXPECT_TRUE(connect(where_));
  listeners_->feed(where_, count(second));
  turn();
  EXPECT_EQ(1, first);
  EXPECT_EQ(1, second);
  EXPECT_EQ(1u, stats_.curr_connections.get());
}

TEST_F(ListenersTest, ClientsWaitUntilItIsFed) {
  int clients = 0;
  ASSERT_TRUE(listeners_->bind(where_, 16, false));
  EXPECT_TRUE(connect(where_));
  turn();
  EXPECT_EQ(0, clients);
  listeners_->feed(where_, count(clients));
  turn();
  EXPECT_EQ(1, clients);
}

TEST_F(ListenersTest, OneThatIsClosedRefusesAndLeavesNoPath) {
  int clients = 0;
  ASSERT_TRUE(listeners_->bind(where_, 16, false));
  listeners_->feed(where_, count(clients));
  listeners_->close(where_);
  EXPECT_FALSE(listeners_->has(where_));
  EXPECT_FALSE(connect(where_));
  EXPECT_FALSE(std::filesystem::exists(path_));
  turn();
  EXPECT_EQ(0, clients);
  EXPECT_EQ(0u, stats_.curr_connections.get());
  EXPECT_TRUE(*listeners_->bind(where_, 16, false));
}

TEST_F(ListenersTest, APathThatIsAnothersByNowIsLeftAlone) {
  ASSERT_TRUE(listeners_->bind(where_, 16, false));
  std::filesystem::rename(path_, path_ + ".old");  // keeps the number of the file from being used again
  Listeners other(io_, stats_);
  ASSERT_TRUE(other.bind(where_, 16, false));
  listeners_.reset();
  EXPECT_TRUE(connect(where_));
  std::filesystem::remove(path_ + ".old");
}

TEST_F(ListenersTest, WhatIsAdoptedIsUsedOrClosed) {
  net::SocketAddress address;
  net::to_socket_address(where_, address);
  Result<int> fd = net::listen_on(where_, address, 16, false);
  ASSERT_TRUE(fd) << fd.error().text;
  struct stat before {
  }, after{};
  ASSERT_EQ(0, ::stat(path_.c_str(), &before));
  listeners_->adopt(Listeners::key(where_), *fd);
  ASSERT_TRUE(*listeners_->bind(where_, 16, false));
  listeners_->own_adopted();
  EXPECT_TRUE(connect(where_));
  ASSERT_EQ(0, ::stat(path_.c_str(), &after));
  EXPECT_EQ(before.st_ino, after.st_ino);

  const config::Address tcp = *config::parse_listen("127.0.0.1:1");
  int spare = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  listeners_->adopt(Listeners::key(tcp), spare);
  listeners_->own_adopted();
  EXPECT_FALSE(listeners_->has(tcp));
  EXPECT_NE(0, ::close(spare)) << "it was left open";
}

TEST_F(ListenersTest, APathBelongsToOneProcessAtATime) {
  ASSERT_TRUE(listeners_->bind(where_, 16, false));
  std::vector<HandedSocket> sockets = listeners_->sockets();
  ASSERT_EQ(1u, sockets.size());
  {
    Listeners failed(io_, stats_);
    failed.adopt(sockets[0].key, ::dup(sockets[0].fd));
    ASSERT_TRUE(*failed.bind(where_, 16, false));
  }
  EXPECT_TRUE(connect(where_)) << "a process that did not come up took the path with it";
  Listeners next(io_, stats_);
  next.adopt(sockets[0].key, ::dup(sockets[0].fd));
  ASSERT_TRUE(*next.bind(where_, 16, false));
  next.own_adopted();
  listeners_->hand_over();
  EXPECT_TRUE(connect(where_)) << "the process before took the path with it";
  next.close_all();
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(ListenersTest, SaysWhyItCannotListen) {
  Result<bool> bound = listeners_->bind(*config::parse_listen("/nonexistent/folder/socket"), 16, false);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().text, testing::HasSubstr("/nonexistent/folder/socket"));
}

}  // namespace
}  // namespace weir::app
