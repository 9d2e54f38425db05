#include "state_limits.h"

#include <cstdlib>
#include <ctime>

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
  if (ptr == nullptr) old_size = 0;  // it tells the type then
  if (new_size == 0) {
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
  if (moved != nullptr) limits.used_ += new_size - old_size;
  return moved;
}

void Limits::attach(lua_State *lua) {
  lua_ = lua;
  lua_sethook(lua, hook, LUA_MASKCOUNT, kInterval);
}

void Limits::watch_every_instruction() {
  if (tight_ || lua_ == nullptr) return;
  tight_ = true;
  lua_sethook(lua_, hook, LUA_MASKCOUNT, 1);
}

Limits::Call::Call(Limits &limits, int64_t times)
    : limits_(limits), left_(limits.left_), deadline_us_(limits.deadline_us_) {
  limits.left_ = limits.instructions_ * times;
  limits.times_ = times;
  limits.deadline_us_ = 0;
  limits.late_ = false;
}

Limits::Call::~Call() {
  limits_.left_ = left_;
  limits_.deadline_us_ = deadline_us_;
  if (!limits_.tight_) return;
  limits_.tight_ = false;
  lua_sethook(limits_.lua_, hook, LUA_MASKCOUNT, kInterval);
}

void Limits::hook(lua_State *lua, lua_Debug *) {
  Limits &limits = State::of(lua).limits;
  limits.left_ -= limits.tight_ ? 1 : kInterval;
  if (limits.left_ < 0) limits.exhausted(lua, 0);
  const uint64_t now = thread_us();
  if (limits.deadline_us_ == 0) limits.deadline_us_ = now + limits.time_us_ * static_cast<uint64_t>(limits.times_);
  if (now <= limits.deadline_us_) return;
  limits.late_ = true;
  limits.left_ = -1;
  limits.exhausted(lua, 0);
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
