// What the code of one state may use. Memory is counted by its allocator; work by a hook that Lua calls every 1000
// instructions, and by library functions that charge for what they do in C. While there are long strings the hook comes
// more often, since one instruction may compare them or make a number of one. One thread's.
#pragma once

#include <lua.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_set>

namespace weir::lua {

class Limits {
 public:
  Limits(uint64_t memory, int64_t instructions, uint64_t time_us)
      : memory_(memory), instructions_(instructions), time_us_(time_us) {}

  static void *allocate(void *self, void *ptr, size_t old_size, size_t new_size);  // lua_Alloc
  void attach(lua_State *lua);                                                     // from now on its code is counted

  uint64_t used() const { return used_; }
  uint64_t memory_limit() const { return memory_; }

  // One call from outside: it has the whole budget. They nest (a test calls a hook).
  class Call {
   public:
    Call(Limits &limits, int64_t times);
    Call(const Call &) = delete;
    Call &operator=(const Call &) = delete;
    ~Call();

   private:
    Limits &limits_;
    const int64_t left_, times_;
    const uint64_t deadline_us_;
  };

  // Counts work that the hook does not see, in units of one instruction. Raises the error when it was too much.
  void charge(lua_State *lua, uint64_t steps) {
    left_ -= static_cast<int64_t>(steps < kMostSteps ? steps : kMostSteps);
    if (left_ < 0) exhausted(lua, 1);
    if (left_ < look_at_left_) look_at_time(lua, 1);
  }

 private:
  friend class Call;
  static constexpr int kInterval = 1000;
  static constexpr int64_t kLookAfter = 10 * kInterval;  // steps that charge() counts before it looks at the time
  static constexpr size_t kLong = 4096;                  // strings of so many bytes, 2 times, 4 times ... so many
  static constexpr size_t kLengths = 16;
  static constexpr uint64_t kMostSteps = uint64_t{1} << 40;
  static void hook(lua_State *lua, lua_Debug *about);
  [[noreturn]] void exhausted(lua_State *lua, int level);  // level: the function whose line it is
  void look_at_time(lua_State *lua, int level);
  void watch_every_instruction();
  bool add_long(const void *string, size_t size);
  void remove_long(const void *freed, size_t size);
  int interval() const;  // of the hook, as long as the strings are that long
  void watch(int instructions);

  const uint64_t memory_;
  const int64_t instructions_;
  const uint64_t time_us_;
  uint64_t used_ = 0;
  int64_t left_ = 0;
  int64_t times_ = 1;
  uint64_t deadline_us_ = 0;  // processor time of this thread; 0 = not looked at yet
  bool late_ = false;         // it was the time
  int64_t look_at_left_ = 0;  // the time is looked at when left_ is below
  int interval_ = kInterval;  // of the hook, when it is not tight
  std::unordered_set<const void *> long_strings_;
  std::array<uint32_t, kLengths> lengths_ = {};  // how many of them are how long
  bool tight_ = false;  // the hook is called at each instruction, so that no pcall() of the script's goes on
  lua_State *lua_ = nullptr;
};

}  // namespace weir::lua
