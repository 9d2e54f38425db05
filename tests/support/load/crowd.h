// Many checking clients in one thread: each connects, asks by its habit, checks every answer, leaves or misbehaves, and
// comes again. Made and stopped by the test; a thread of its own does the work.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/load/talk.h"
#include "tests/support/servers/wait.h"

namespace weir::test {

// How a client behaves.
struct Habit {
  enum class Leaves : uint8_t {
    never,
    politely,  // after some rounds, when everything is answered
    halfway,   // closes its side for writing, hears what is left, then closes
    at_once,   // closes with answers under way
    vanishes,  // within a request, with RST
  };
  enum class Pace : uint8_t {
    usual,
    trickles,     // writes one byte at a time
    reads_never,  // and asks for much; leaves after some seconds
  };
  std::string name;  // of the group, and of its keys
  size_t clients = 1;
  size_t burst = 1;       // requests at a time, at most
  size_t keys = 1;        // of one request, at most
  size_t value = 100;     // bytes of a value, about
  milliseconds pause{0};  // between bursts, on average
  Leaves leaves = Leaves::never;
  size_t rounds = 0;  // bursts until it leaves, on average
  Pace pace = Pace::usual;
};

class Crowd {
 public:
  struct Options {
    Language language = Language::redis;
    Judge judge = Judge::lenient;
    uint16_t port = 0;
    uint32_t seed = 1;
    milliseconds stuck_after = patience() * 3;  // no answer for so long is a breach
    milliseconds ramp{1'000};                   // within which all connect
  };
  Crowd(Options options, std::vector<Habit> habits);
  ~Crowd();
  Crowd(const Crowd &) = delete;
  Crowd &operator=(const Crowd &) = delete;

  // How many requests have been answered, rightly or not; how many clients are connected. Any thread.
  uint64_t answered() const { return answered_; }
  uint64_t right() const { return right_; }
  size_t connected() const { return connected_; }
  uint64_t breaches() const { return breaches_; }
  // Waits until n more requests than now have been answered rightly.
  bool progresses(uint64_t n, milliseconds within = patience()) const;
  // No more requests; waits for the answers still to come, closes all connections, and says what was seen.
  Tally stop();

 private:
  class Member;
  struct Loop;
  void run();
  Options options_;
  std::vector<Habit> habits_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> answered_{0}, right_{0}, breaches_{0};
  std::atomic<size_t> connected_{0};
  Tally tally_;  // the thread's, until it has ended
  std::thread thread_;
};

}  // namespace weir::test
