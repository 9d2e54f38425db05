// How long a server connection waits from one failed try to the next: longer after each, up to a bound, and never twice
// the same, so that workers and processes that lost a server together do not come back to it together.
// Owner: the server connection. Thread: the worker's alone. No clock and no chance of its own.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weir::upstream {

class BackOff {
 public:
  static constexpr uint64_t kFirstUs = 10'000;

  // A try failed. came_up: it was connected, and ended without an answer; the first time that may be an accident.
  // most_us: what there may be at most between two; 0 = no need to wait. chance: any number.
  void failed(uint64_t now_us, bool came_up, uint64_t most_us, uint64_t chance) {
    if (came_up && in_a_row_ == 0) {
      ++in_a_row_;
      return;
    }
    uint64_t delay = std::min(kFirstUs << std::min(in_a_row_, kDoublings), most_us);
    ++in_a_row_;
    until_us_ = now_us + delay - (delay > 1 ? chance % (delay / 2) : 0);
  }
  // The server answers.
  void succeeded() { in_a_row_ = 0, until_us_ = 0; }
  bool refuses(uint64_t now_us) const { return now_us < until_us_; }
  uint64_t until_us() const { return until_us_; }

 private:
  static constexpr uint32_t kDoublings = 30;
  uint32_t in_a_row_ = 0;
  uint64_t until_us_ = 0;
};

}  // namespace weir::upstream
