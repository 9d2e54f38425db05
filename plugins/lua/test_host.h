// The core as a tested script sees it: every name is a pool, time passes when the test says so, and numbers are kept to
// look at. Hashes and commands are the real ones.
#pragma once

#include <weir/weir.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace weir::lua {

class TestHost {
 public:
  explicit TestHost(const weir_host *real);
  TestHost(const TestHost &) = delete;
  TestHost &operator=(const TestHost &) = delete;

  static TestHost &of(const weir_host *host) { return *static_cast<TestHost *>(host->ctx); }
  const weir_host *get() const { return &host_; }
  const void *real(const char *id) const { return real_->extension(real_, id); }

  void restart();          // as before the first test: the clock, timers, numbers and servers
  void pass(uint64_t us);  // runs timers that are due
  uint64_t now_us() const { return now_us_; }
  uint32_t number_of(const std::string &pool);  // makes it when there is none
  std::string &name_of(uint32_t pool) { return pools_[pool].name; }
  std::string take_log() { return std::exchange(last_log_, {}); }  // the last line; "" = none since
  std::string &hook_error() { return hook_error_; }                // of the last hook that failed in this test
  void set_servers(uint32_t pool, uint32_t n) { pools_[pool].servers = n; }

 private:
  friend struct TestHostCalls;
  static constexpr uint32_t kUsualServers = 4;
  struct Pool {
    std::string name;
    uint32_t servers;
    std::vector<std::string> names;  // of servers, in the order they were asked for
  };
  struct Timer {
    uint64_t id, due_us, every_us;
    void (*fn)(void *);
    void *ud;
  };

  const weir_host *real_;
  weir_host host_;
  std::vector<Pool> pools_;
  std::vector<std::string> stats_;
  std::vector<uint64_t> cells_;
  std::vector<Timer> timers_;
  std::string last_log_, hook_error_;
  uint64_t now_us_ = 0, last_timer_ = 0;
};

}  // namespace weir::lua
