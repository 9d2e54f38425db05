// Names, as a DNS server of the test's own and the machine's /etc/hosts know them.
#include <gtest/gtest.h>

#include <chrono>

#include "core/net/resolver.h"
#include "tests/support/servers/fake_dns.h"

namespace weir::net {
namespace {

using test::FakeDns;

struct ResolverTest : ::testing::Test {
  struct Answer {
    std::vector<std::string> addresses;
    std::string error;
  };
  // Names end in a dot so that no search domain of this machine comes into it.
  Answer ask(const std::string &name) {
    Answer answer;
    bool told = false;
    resolver.resolve(name, 6379, [&](std::vector<SocketAddress> found, const std::string &error) {
      told = true;
      for (const SocketAddress &address : found) answer.addresses.push_back(to_text(address));
      answer.error = error;
    });
    EXPECT_FALSE(told) << "the answer comes later";
    until([&] { return told; });
    EXPECT_TRUE(told);
    return answer;
  }
  void until(const std::function<bool()> &holds) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(5));  // what others do is looked at now and then
    }
  }
  FakeDns dns;
  boost::asio::io_context io;
  Resolver resolver{io, {dns.address()}};
};

TEST_F(ResolverTest, ANameIsAllItsAddressesWithThePort) {
  dns.set("cache.test", {"127.0.0.9", "127.0.0.8", "::9"});
  Answer answer = ask("cache.test.");
  std::sort(answer.addresses.begin(), answer.addresses.end());
  EXPECT_EQ(answer.addresses, (std::vector<std::string>{"127.0.0.8:6379", "127.0.0.9:6379", "[::9]:6379"}));
  EXPECT_EQ(answer.error, "");
  EXPECT_EQ(dns.asked("cache.test"), 1);
}

TEST_F(ResolverTest, EachLookUpAsksAnew) {
  dns.set("cache.test", {"127.0.0.1"});
  EXPECT_EQ(ask("cache.test.").addresses, std::vector<std::string>{"127.0.0.1:6379"});
  dns.set("cache.test", {"127.0.0.2"});
  EXPECT_EQ(ask("cache.test.").addresses, std::vector<std::string>{"127.0.0.2:6379"});
}

TEST_F(ResolverTest, WhatIsInTheHostsFileNeedsNoServer) {
  dns.set_mood(FakeDns::Mood::silent);
  Answer answer = ask("localhost");
  EXPECT_EQ(answer.error, "");
  EXPECT_FALSE(answer.addresses.empty());
}

TEST_F(ResolverTest, NamesThatAreNotThereAndServersThatFailAreErrors) {
  EXPECT_NE(ask("nowhere.test.").error, "");
  dns.set("empty.test", {});
  Answer empty = ask("empty.test.");
  EXPECT_NE(empty.error, "");
  EXPECT_TRUE(empty.addresses.empty());
  dns.set("cache.test", {"127.0.0.1"});
  dns.set_mood(FakeDns::Mood::fails);
  EXPECT_NE(ask("cache.test.").error, "");
  EXPECT_NE(ask(std::string(300, 'x') + ".test.").error, "");
}

TEST_F(ResolverTest, AServerThatIsSilentForAWhileIsAskedAgain) {
  dns.set("cache.test", {"127.0.0.1"});
  dns.set_mood(FakeDns::Mood::silent);
  std::vector<SocketAddress> found;
  bool told = false;
  resolver.resolve("cache.test.", 1, [&](std::vector<SocketAddress> addresses, const std::string &) {
    told = true;
    found = std::move(addresses);
  });
  until([&] { return dns.asked("cache.test") > 0; });
  dns.set_mood(FakeDns::Mood::answers);
  until([&] { return told; });
  EXPECT_EQ(found.size(), 1U);
  EXPECT_GT(dns.asked("cache.test"), 1);
}

TEST_F(ResolverTest, MoreThanMayRunAtOnceAreAllAnswered) {
  constexpr size_t kNames = 3 * Resolver::kMostAtOnce;
  size_t answered = 0;
  for (size_t i = 0; i < kNames; ++i) {
    std::string name = "n" + std::to_string(i) + ".test";
    dns.set(name, {"127.0.1." + std::to_string(i)});
    resolver.resolve(name + ".", 1, [&answered, i](std::vector<SocketAddress> found, const std::string &error) {
      ASSERT_EQ(found.size(), 1U) << error;
      EXPECT_EQ(to_text(found[0]), "127.0.1." + std::to_string(i) + ":1");
      ++answered;
    });
  }
  until([&] { return answered == kNames; });
  EXPECT_EQ(answered, kNames);
}

// One slow name does not hold up the others, and an end does not wait for it.
TEST_F(ResolverTest, LookUpsAreIndependentAndEndWithTheResolver) {
  FakeDns silent;
  silent.set_mood(FakeDns::Mood::silent);
  bool told = false;
  {
    Resolver stuck(io, {silent.address()});
    stuck.resolve("cache.test.", 1, [&told](auto &&...) { told = true; });
    dns.set("cache.test", {"127.0.0.1"});
    EXPECT_EQ(ask("cache.test.").addresses.size(), 1U);
    until([&] { return silent.asked("cache.test") > 0; });
  }
  io.restart();
  auto start = std::chrono::steady_clock::now();
  io.run();  // nothing is left to wait for
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(Resolver::kMostMs));
  EXPECT_FALSE(told);
}

}  // namespace
}  // namespace weir::net
