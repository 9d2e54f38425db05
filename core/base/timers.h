// Timers of a worker: who asked for one is called from the worker's loop, when nothing else is under way. A heap, and
// everything bounded: a mistake in a plugin must not take the worker's time or memory.
//
// Owner: the worker's reactor. Thread: the worker's alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace weir {

class Timers {
 public:
  static constexpr uint32_t kMostOfOne = 1024;  // of one owner
  static constexpr uint64_t kLeastUs = 1'000;
  static constexpr uint64_t kMostUs = uint64_t{366} * 24 * 3600 * 1'000'000;

  // now_us: the worker's clock, read once a turn.
  explicit Timers(const uint64_t &now_us) : now_us_(now_us) {}
  Timers(const Timers &) = delete;
  Timers &operator=(const Timers &) = delete;

  // Those of the thread that calls; null where no loop runs.
  static Timers *of_this_thread() { return of_this_thread_; }
  void serve_this_thread() { of_this_thread_ = this; }

  // Calls fn(ud) after_us from now, and each every_us from then on (0 = once). 0 = the owner has too many.
  uint64_t add(const void *owner, uint64_t after_us, uint64_t every_us, void (*fn)(void *), void *ud);
  void cancel(const void *owner, uint64_t id);  // one that is over, or another's, is ignored
  void cancel_all(const void *owner);

  // Calls those that are due, each once; none of those that are set meanwhile. One that is late for several of its
  // rounds is called for one.
  void run();
  uint64_t next_us() const;  // when the next one is due; 0 = there is none
  size_t count() const { return count_; }

 private:
  struct Timer {
    const void *owner = nullptr;  // null: the place is free
    uint64_t every_us = 0;
    void (*fn)(void *) = nullptr;
    void *ud = nullptr;
    uint32_t round = 0;  // tells this timer from others that had its place
  };
  struct Due {
    uint64_t at_us;
    uint64_t id;  // round and place
  };
  static bool later(const Due &a, const Due &b) { return a.at_us > b.at_us; }
  Timer *find(uint64_t id);
  void free_place(uint32_t place);
  void push(uint64_t at_us, uint64_t id);
  void drop_stale();

  static thread_local Timers *of_this_thread_;
  const uint64_t &now_us_;
  std::vector<Timer> timers_;
  std::vector<uint32_t> free_;
  std::vector<Due> due_;  // a heap, the earliest in front; may hold some that were cancelled, but never in front
  std::unordered_map<const void *, uint32_t> owners_;  // how many each has
  size_t count_ = 0;
};

}  // namespace weir
