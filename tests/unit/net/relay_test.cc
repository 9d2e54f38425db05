#include "core/net/relay.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

namespace weir::net {
namespace {

struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0); }
  ~Pair() {
    for (int end : fd) ::close(end);
  }
  int fd[2];
};

std::string text(size_t len) {
  std::string all(len, 0);
  for (size_t i = 0; i < len; ++i) all[i] = static_cast<char>(i * 7 + i / 253);
  return all;
}

std::string taken(int fd) {
  std::string all;
  char bytes[65536];
  for (ssize_t n = 0; (n = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;)
    all.append(bytes, static_cast<size_t>(n));
  return all;
}

std::string content(const Chain &chain) {
  iovec pieces[64];
  std::string all;
  int n = chain.gather(pieces, 64);
  for (int i = 0; i < n; ++i) all.append(static_cast<const char *>(pieces[i].iov_base), pieces[i].iov_len);
  return all;
}

class RelayTest : public ::testing::Test {
 protected:
  RelayTest() { std::signal(SIGPIPE, SIG_IGN); }
  ~RelayTest() override {
    rest.clear(pool);
    EXPECT_EQ(pool.in_use(), 0U);
  }
  ssize_t move(size_t len) { return relay.move(from.fd[1], to.fd[0], len, pool, rest); }

  Pair from, to;  // from.fd[0] ~> from.fd[1] -> to.fd[0] ~> to.fd[1]
  ChunkPool pool;
  Chain rest;
  Relay relay;
};

TEST_F(RelayTest, WhatTheOtherTakesIsMovedAndNoMoreThanAskedFor) {
  ASSERT_TRUE(relay.usable());
  std::string all = text(50'000);
  ASSERT_EQ(::send(from.fd[0], all.data(), all.size(), 0), 50'000);
  EXPECT_EQ(move(30'000), 30'000);
  EXPECT_TRUE(rest.empty());
  EXPECT_TRUE(taken(to.fd[1]) == all.substr(0, 30'000));
  EXPECT_TRUE(taken(from.fd[1]) == all.substr(30'000));
}

TEST_F(RelayTest, WhatTheOtherDoesNotTakeIsThereInOrder) {
  ASSERT_TRUE(relay.usable());
  std::string all = text(100'000);
  std::string said, got;
  while (rest.empty()) {
    ASSERT_EQ(::send(from.fd[0], all.data(), all.size(), 0), 100'000);
    said += all;
    for (size_t moved = 0; moved < all.size();) {
      ASSERT_TRUE(rest.empty() || moved < all.size());
      Chain more;
      ssize_t n = relay.move(from.fd[1], to.fd[0], all.size() - moved, pool, more);
      ASSERT_GT(n, 0);
      moved += static_cast<size_t>(n);
      rest.append(more);
    }
    ASSERT_LT(said.size(), 64U << 20) << "the other takes without end";
  }
  got = taken(to.fd[1]);
  EXPECT_EQ(got.size() + rest.size(), said.size());
  EXPECT_TRUE(got + content(rest) == said);
}

TEST_F(RelayTest, TheEndAndNothingYetAreToldAsByRead) {
  ASSERT_TRUE(relay.usable());
  EXPECT_EQ(move(1000), -1);
  EXPECT_EQ(errno, EAGAIN);
  EXPECT_TRUE(relay.usable());
  ::shutdown(from.fd[0], SHUT_WR);
  EXPECT_EQ(move(1000), 0);
}

TEST_F(RelayTest, WhatWasReadIsNotLostWhenTheOtherHasGone) {
  ASSERT_TRUE(relay.usable());
  ::close(to.fd[1]);
  to.fd[1] = -1;
  std::string all = text(70'000);
  ASSERT_EQ(::send(from.fd[0], all.data(), all.size(), 0), 70'000);
  EXPECT_EQ(move(70'000), 70'000);
  EXPECT_TRUE(content(rest) == all);
}

TEST_F(RelayTest, AnotherKindOfSourceIsRefusedOnceAndForAll) {
  ASSERT_TRUE(relay.usable());
  int directory = ::open("/", O_RDONLY | O_DIRECTORY);
  EXPECT_EQ(relay.move(directory, to.fd[0], 1000, pool, rest), -1);
  ::close(directory);
  EXPECT_FALSE(relay.usable());
}

}  // namespace
}  // namespace weir::net
