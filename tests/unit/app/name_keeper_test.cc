// When names are looked up, and what becomes of the answers. The source of names is the test.
#include "core/app/name_keeper.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/unit/route/puppet.h"

namespace weir::app {
namespace {

using std::chrono::milliseconds;
using Addresses = std::vector<net::SocketAddress>;

struct Source : net::NameSource {
  void resolve(const std::string &host, uint16_t, Found found) override {
    asked[host].push_back(std::move(found));
    ++times[host];
  }
  // The oldest question after that host.
  void answer(const std::string &host, const std::vector<std::string> &addresses) {
    Addresses found;
    for (const std::string &text : addresses) {
      config::Address address;
      address.host = text;
      address.port = 1;
      EXPECT_TRUE(net::to_socket_address(address, found.emplace_back()));
    }
    Found told = std::move(asked[host].front());
    asked[host].erase(asked[host].begin());
    told(found, found.empty() ? "not found" : "");
  }
  std::map<std::string, std::vector<Found>> asked;
  std::map<std::string, int> times;
};

struct NameKeeperTest : ::testing::Test {
  void SetUp() override {
    testing::puppet_tables();
    made = std::make_unique<testing::PuppetPool>(
        std::vector<std::string>{"127.0.0.1:1", "a.test:1", "b.test:1"},
        [this](config::Pool &pool) { pool.resolve_interval_us = static_cast<uint64_t>(interval_us); });
    ASSERT_TRUE(made->pool) << made->complaints;
    keeper = std::make_unique<NameKeeper>(io, std::vector<route::Pool *>{made->pool.get()}, source,
                                          [this](route::Pool &, uint32_t server) { moved.push_back(server); });
  }
  upstream::Backend &backend(uint32_t server) { return made->pool->backends[server]; }
  std::string address(uint32_t server) {
    auto found = backend(server).address();
    return found ? net::to_text(*found) : "";
  }
  bool until(const std::function<bool()> &holds) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds() && std::chrono::steady_clock::now() < end) {
      io.restart();
      io.run_one_for(milliseconds(5));
    }
    return holds();
  }
  void both_are_known() {
    keeper->look_up_first([] {});
    source.answer("a.test", {"10.0.0.1", "10.0.0.2"});
    source.answer("b.test", {"10.0.0.3"});
    keeper->start();
  }

  int64_t interval_us = 0;
  boost::asio::io_context io;
  Source source;
  std::unique_ptr<testing::PuppetPool> made;
  std::vector<uint32_t> moved;
  std::unique_ptr<NameKeeper> keeper;
};

TEST_F(NameKeeperTest, AtFirstAllNamesAreAskedForTogetherAndOnlyNames) {
  bool known = false;
  keeper->look_up_first([&known] { known = true; });
  EXPECT_EQ(source.times, (std::map<std::string, int>{{"a.test", 1}, {"b.test", 1}}));
  source.answer("b.test", {});
  EXPECT_FALSE(known);
  source.answer("a.test", {"10.0.0.1"});
  EXPECT_TRUE(known);
  EXPECT_EQ(address(1), "10.0.0.1:1");
  EXPECT_FALSE(backend(2).resolved());
  EXPECT_TRUE(moved.empty()) << "nobody was connected to it";
}

TEST_F(NameKeeperTest, WithoutAnIntervalNothingIsAskedAgainUntilThereIsADoubt) {
  both_are_known();
  io.run();
  EXPECT_EQ(source.times["a.test"], 1);
  backend(1).address_in_doubt();
  backend(1).address_in_doubt();
  EXPECT_TRUE(until([this] { return source.times["a.test"] == 2; }));
  source.answer("a.test", {"10.0.0.9"});
  EXPECT_EQ(moved, std::vector<uint32_t>{1});
  EXPECT_EQ(address(1), "10.0.0.9:1");
  io.restart();
  io.run();
  EXPECT_EQ(source.times["a.test"], 2);
  EXPECT_EQ(source.times["b.test"], 1);
}

TEST_F(NameKeeperTest, DoubtsThatComeOneAfterTheOtherAreActedUponOnceASecond) {
  both_are_known();
  auto start = std::chrono::steady_clock::now();
  for (int round = 2; round <= 3; ++round) {
    EXPECT_TRUE(until([&] {
      backend(1).address_in_doubt();
      return source.times["a.test"] == round;
    }));
    backend(1).address_in_doubt();  // while it is under way: what is asked for now may be the old answer
    source.answer("a.test", {"10.0.0.1", "10.0.0.2"});
  }
  EXPECT_GE(std::chrono::steady_clock::now() - start, 2 * NameKeeper::kDoubtMs);
  EXPECT_TRUE(until([this] { return source.times["a.test"] == 4; })) << "the last doubt was not forgotten";
  EXPECT_TRUE(moved.empty());
}

TEST_F(NameKeeperTest, AfterItsEndAnswersAndDoubtsReachNobody) {
  both_are_known();
  backend(1).address_in_doubt();
  ASSERT_TRUE(until([this] { return source.times["a.test"] == 2; }));
  keeper->stop();
  source.answer("a.test", {"10.0.0.9"});
  backend(2).address_in_doubt();
  io.restart();
  io.run();
  EXPECT_EQ(address(1), "10.0.0.1:1");
  EXPECT_EQ(source.times["b.test"], 1);
  EXPECT_TRUE(moved.empty());
  keeper.reset();
}

struct Regularly : NameKeeperTest {
  Regularly() { interval_us = 1000; }
};

TEST_F(Regularly, AnAnswerCountsWhenItsAddressesAreOthers) {
  both_are_known();
  auto next = [this](const std::vector<std::string> &addresses) {
    ASSERT_TRUE(until([this] { return !source.asked["a.test"].empty(); }));
    source.answer("a.test", addresses);
  };
  next({"10.0.0.2", "10.0.0.1"});
  next({});
  next({});
  EXPECT_TRUE(moved.empty());
  EXPECT_EQ(address(1), "10.0.0.1:1");
  next({"10.0.0.1"});
  EXPECT_EQ(moved, std::vector<uint32_t>{1});
  next({"10.0.0.4", "10.0.0.5"});
  EXPECT_EQ(moved, (std::vector<uint32_t>{1, 1}));
  EXPECT_EQ(address(1), "10.0.0.4:1");
}

TEST_F(Regularly, ANameThatWasNotFoundIsAskedForOnAndOn) {
  keeper->look_up_first([] {});
  source.answer("a.test", {});
  source.answer("b.test", {});
  keeper->start();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(until([this] { return !source.asked["b.test"].empty(); }));
    source.answer("b.test", {});
  }
  ASSERT_TRUE(until([this] { return !source.asked["b.test"].empty(); }));
  source.answer("b.test", {"10.0.0.3"});
  EXPECT_EQ(address(2), "10.0.0.3:1");
}

}  // namespace
}  // namespace weir::app
