#include "state_limits.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <ctime>
#include <new>

#include "state.h"

namespace weir::lua {
namespace {

constexpr size_t kLarge = 1024;             // what is smaller takes an instruction to make
constexpr size_t kBytesAnInstruction = 32;  // about what is copied in the time of one

uint64_t thread_us() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1'000;
}

}  // namespace

void *Limits::allocate(void *self, void *ptr, size_t old_size, size_t new_size) {
  auto &limits = *static_cast<Limits *>(self);
  const bool is_string = ptr == nullptr && old_size == LUA_TSTRING;  // what is new tells its type
  if (ptr == nullptr) old_size = 0;
  if (new_size == 0) {
    if (old_size >= kLong) limits.remove_long(ptr, old_size);
    std::free(ptr);
    limits.used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size) {
    if (new_size - old_size > limits.memory_ || limits.used_ + (new_size - old_size) > limits.memory_) return nullptr;
    if (new_size >= kLarge) {
      limits.left_ -= static_cast<int64_t>(new_size / kBytesAnInstruction);
      if (limits.left_ < 0) limits.watch_every_instruction();  // no error may be raised here
    }
  }
  void *moved = std::realloc(ptr, new_size);
  if (moved == nullptr) return nullptr;
  if (is_string && new_size >= kLong && !limits.add_long(moved, new_size)) {
    std::free(moved);
    return nullptr;
  }
  limits.used_ += new_size - old_size;
  return moved;
}

bool Limits::add_long(const void *string, size_t size) try {
  long_strings_.insert(string);
  ++lengths_[std::min<size_t>(std::bit_width(size / kLong) - 1, kLengths - 1)];
  if (lua_ != nullptr && !tight_ && interval() < interval_) watch(interval());
  return true;
} catch (const std::bad_alloc &) {
  return false;
}

// What is freed tells no type: it may be a table. The hook comes as often as before until it is called the next time:
// setting it begins its count anew.
void Limits::remove_long(const void *freed, size_t size) {
  if (long_strings_.erase(freed) != 0) --lengths_[std::min<size_t>(std::bit_width(size / kLong) - 1, kLengths - 1)];
}

int Limits::interval() const {
  size_t longest = kLengths;
  while (longest > 0 && lengths_[longest - 1] == 0) --longest;
  return std::max(1, kInterval >> longest);
}

void Limits::watch(int instructions) {
  interval_ = instructions;
  lua_sethook(lua_, hook, LUA_MASKCOUNT, interval_);
}

void Limits::attach(lua_State *lua) {
  lua_ = lua;
  watch(interval());
}

void Limits::watch_every_instruction() {
  if (tight_ || lua_ == nullptr) return;
  tight_ = true;
  lua_sethook(lua_, hook, LUA_MASKCOUNT, 1);
}

Limits::Call::Call(Limits &limits, int64_t times)
    : limits_(limits), left_(limits.left_), times_(limits.times_), deadline_us_(limits.deadline_us_) {
  limits.left_ = limits.instructions_ * times;
  limits.times_ = times;
  limits.deadline_us_ = 0;
  limits.late_ = false;
  limits.look_at_left_ = limits.left_ - kLookAfter;
}

Limits::Call::~Call() {
  limits_.left_ = left_;
  limits_.look_at_left_ = left_ - kLookAfter;
  limits_.times_ = times_;
  limits_.deadline_us_ = deadline_us_;
  if (!limits_.tight_) return;
  limits_.tight_ = false;
  limits_.watch(limits_.interval());
}

void Limits::hook(lua_State *lua, lua_Debug *) {
  Limits &limits = State::of(lua).limits;
  limits.left_ -= limits.tight_ ? 1 : limits.interval_;
  if (limits.left_ < 0) limits.exhausted(lua, 0);
  if (!limits.tight_ && limits.interval() != limits.interval_) limits.watch(limits.interval());
  limits.look_at_time(lua, 0);
}

void Limits::look_at_time(lua_State *lua, int level) {
  look_at_left_ = left_ - kLookAfter;
  const uint64_t now = thread_us();
  if (deadline_us_ == 0) deadline_us_ = now + time_us_ * static_cast<uint64_t>(times_);
  if (now <= deadline_us_) return;
  late_ = true;
  left_ = -1;
  exhausted(lua, level);
}

void Limits::exhausted(lua_State *lua, int level) {
  watch_every_instruction();
  const LUAI_UACINT most = instructions_ * times_;
  luaL_where(lua, level);
  if (late_)
    lua_pushfstring(lua, "more than %d ms of processor time (time_limit)", static_cast<int>(time_us_ / 1000));
  else
    lua_pushfstring(lua, "more than %I instructions (instruction_limit)", most);
  lua_concat(lua, 2);
  lua_error(lua);
  std::abort();  // lua_error() does not return
}

}  // namespace weir::lua
