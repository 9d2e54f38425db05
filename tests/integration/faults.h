// What the stories of faults share: servers of either protocol behind one proxy, perhaps with relays between, and
// crowds of checking clients that talk all the while.
#pragma once

#include "tests/integration/story.h"
#include "tests/support/load/crowd.h"
#include "tests/support/servers/relay.h"

namespace weir::test {

using testing::ContainsRegex;

struct FaultCase {
  Language language;
  int workers;
};

class Faults : public testing::TestWithParam<FaultCase> {
 protected:
  static constexpr size_t kServers = 3;

  void SetUp() override {
    if (proxy_is_twemproxy()) GTEST_SKIP() << "twemproxy: fails whole connections";
    while (servers_.size() < kServers) servers_.push_back(new_server());
  }
  bool redis() const { return GetParam().language == Language::redis; }
  std::unique_ptr<Backend> new_server() const {
    if (redis()) return std::make_unique<RedisServer>();
    return std::make_unique<Memcached>();
  }

  // Times that a fault is told of, and answers that make up a good load; both less when the build is slow.
  static int rounds(int n) { return slow_build() ? (n + 2) / 3 : n; }
  static uint64_t enough() { return slow_build() ? 800 : 8'000; }
  static milliseconds timeout() { return scaled(milliseconds(250)); }

  PoolText pool_of(const std::string &name, milliseconds request_timeout = timeout()) const {
    PoolText text(name);
    text.set("redis", redis() ? "true" : "false").set("hash", "murmur");
    return text.set("timeout", std::to_string(request_timeout.count())).set("backlog", "4096");
  }
  // The proxy over the servers, or over relays before them; and a pool beside it with a server of its own.
  void start(bool neighbour = false, bool relayed = false) {
    pools_ = {pool_of("alpha", request_timeout_)};
    for (size_t i = 0; i < servers_.size(); ++i) {
      if (relayed) relays_.push_back(std::make_unique<Relay>(servers_[i]->port()));
      pools_[0].server(relayed ? relays_[i]->address() : servers_[i]->address(), "s" + std::to_string(i));
    }
    if (neighbour) {
      neighbour_ = new_server();
      pools_.push_back(pool_of("beta", patience() * 6).server(neighbour_->address(), "s0"));
    }
    proxy_ = std::make_unique<Proxy>(pools_, Proxy::Options{.workers = GetParam().workers, .log_level = 5});
  }
  static std::vector<Habit> usual_habits() {
    return {{.name = "p", .clients = 4},
            {.name = "b", .clients = 3, .burst = 30},
            {.name = "m", .clients = 3, .burst = 8, .keys = 12},
            {.name = "l", .clients = 1, .burst = 3, .keys = 3, .value = 60'000}};
  }
  std::unique_ptr<Crowd> load(Judge judge, std::vector<Habit> habits = usual_habits(), size_t pool = 0) {
    Crowd::Options options{.language = GetParam().language, .judge = judge, .port = pools_[pool].port()};
    options.seed = ++crowds_;
    options.ramp = milliseconds(20);
    for (Habit &h : habits) h.name = std::to_string(crowds_) + h.name;
    return std::make_unique<Crowd>(options, std::move(habits));
  }
  std::unique_ptr<Crowd> load_neighbour() { return load(Judge::strict, usual_habits(), 1); }

  // Ends the crowd's work; what must be true however bad the servers were.
  static Tally ends_well(Crowd &crowd) {
    Tally tally = crowd.stop();
    EXPECT_EQ(0U, tally.breaches) << tally.text();
    EXPECT_TRUE(tally.agrees()) << tally.text();
    EXPECT_EQ(0U, tally.closes_between_replies) << "only half a reply is a reason to close\n" << tally.text();
    return tally;
  }
  long long counted(const std::string &name) const {
    long long sum = 0;
    Json stats = proxy_->stats();
    for (const auto &[server, numbers] : stats.at("alpha").members) {
      if (numbers.kind == Json::Kind::object) sum += numbers.number(name);
    }
    return sum;
  }
  // Nobody is connected and nothing is under way, and the numbers say so.
  bool settled() const {
    return proxy_->stats_reach([](const Json &stats) {
      const Json &pool = stats.at("alpha");
      bool empty = pool.number("client_connections") == 0;
      for (const auto &[server, n] : pool.members) {
        if (n.kind != Json::Kind::object) continue;
        empty = empty && n.number("in_queue") == 0 && n.number("out_queue") == 0 && n.number("in_queue_bytes") == 0;
        empty = empty && n.number("out_queue_bytes") == 0 && n.number("responses") <= n.number("requests");
      }
      return empty;
    });
  }
  // With all faults over, everything is as if there had been none.
  bool recovered() {
    if (!settled()) return false;
    return eventually([&] {
             auto crowd = load(Judge::strict);
             crowd->progresses(enough() / 4);
             Tally tally = crowd->stop();
             EXPECT_EQ(tally.denials, tally.breaches) << tally.text();
             return tally.denials == 0 && tally.closes_by_weir == 0;
           }) &&
           settled();
  }

  std::vector<std::unique_ptr<Backend>> servers_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::unique_ptr<Backend> neighbour_;
  std::vector<PoolText> pools_;
  std::unique_ptr<Proxy> proxy_;
  uint32_t crowds_ = 0;
  milliseconds request_timeout_ = timeout();
};

#define TELL_OF_FAULTS(suite)                                                                                     \
  INSTANTIATE_TEST_SUITE_P(All, suite,                                                                            \
                           testing::Values(FaultCase{Language::redis, 1}, FaultCase{Language::redis, 2},          \
                                           FaultCase{Language::memcached, 1}, FaultCase{Language::memcached, 2}), \
                           [](const testing::TestParamInfo<FaultCase> &p) {                                       \
                             return std::string(p.param.language == Language::redis ? "Redis" : "Memcached") +    \
                                    "Workers" + std::to_string(p.param.workers);                                  \
                           })

}  // namespace weir::test
