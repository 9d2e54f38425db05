#include "core/app/inheritance.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>

namespace weir::app {
namespace {

class InheritanceTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(0, ::pipe(pipe_));
    listening_ = ::socket(AF_INET, SOCK_STREAM, 0);
    ASSERT_EQ(0, ::listen(listening_, 1));
  }
  void TearDown() override {
    ::close(pipe_[0]);
    ::close(listening_);
  }
  static void set(const std::string &variable) {
    size_t equals = variable.find('=');
    ::setenv(variable.substr(0, equals).c_str(), variable.c_str() + equals + 1, 1);
  }
  int pipe_[2] = {-1, -1};
  int listening_ = -1;
};

TEST_F(InheritanceTest, IsWhatTheParentGave) {
  set(Inheritance::variable(getppid(), pipe_[1],
                            {{"/a path", -1}, {"127.0.0.1:1", listening_}, {"unix:/a b", listening_}}));
  {
    auto taken = Inheritance::take();
    ASSERT_TRUE(taken);
    EXPECT_EQ(nullptr, std::getenv(Inheritance::variable_name())) << "it would reach what this process starts";
    EXPECT_EQ(getppid(), taken->giver);
    EXPECT_EQ(listening_, taken->take_socket("127.0.0.1:1"));
    EXPECT_EQ(-1, taken->take_socket("127.0.0.1:1"));
    EXPECT_EQ(-1, taken->take_socket("127.0.0.1:2"));
    auto left = taken->take_sockets();
    ASSERT_EQ(1u, left.size()) << "one has a descriptor";
    EXPECT_EQ("unix:/a b", left[0].key);
    EXPECT_EQ(FD_CLOEXEC, ::fcntl(listening_, F_GETFD));
    EXPECT_EQ(FD_CLOEXEC, ::fcntl(pipe_[1], F_GETFD));
    taken->launch.succeeded();
  }
  char word[32];
  EXPECT_EQ(Launch::kStarted, std::string(word, static_cast<size_t>(::read(pipe_[0], word, sizeof word))));
}

TEST_F(InheritanceTest, OfSomebodyElseIsNotTaken) {
  set(Inheritance::variable(getppid() + 1, pipe_[1], {{"127.0.0.1:1", listening_}}));
  EXPECT_FALSE(Inheritance::take());
  EXPECT_EQ(nullptr, std::getenv(Inheritance::variable_name()));
  ::close(pipe_[1]);
}

TEST_F(InheritanceTest, WhatIsNoListeningSocketIsNotTaken) {
  set(Inheritance::variable(getppid(), pipe_[1], {{"127.0.0.1:1", pipe_[0]}, {"127.0.0.1:2", 9999}}));
  auto taken = Inheritance::take();
  ASSERT_TRUE(taken);
  EXPECT_TRUE(taken->take_sockets().empty());
}

TEST_F(InheritanceTest, OfNonsenseIsNothing) {
  for (const char *text : {"", "x", "12", "-1 -1", "1 2 3\n4"}) {
    ::setenv(Inheritance::variable_name(), text, 1);
    EXPECT_FALSE(Inheritance::take()) << text;
  }
  ::close(pipe_[1]);
}

}  // namespace
}  // namespace weir::app
