#include "core/net/loop.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace weir::net {
namespace {

uint32_t epoll_interest(uint32_t interest) {
  return ((interest & Loop::kRead) != 0 ? static_cast<uint32_t>(EPOLLIN) : 0) |
         ((interest & Loop::kWrite) != 0 ? static_cast<uint32_t>(EPOLLOUT) : 0);
}

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_ < 0) std::abort();  // at start, before any client
}

Loop::~Loop() {
  ::close(epoll_);
}

bool Loop::add(int fd, Handler *handler, uint32_t interest) {
  epoll_event event{};
  event.events = epoll_interest(interest);
  event.data.ptr = handler;
  return epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void Loop::change(int fd, Handler *handler, uint32_t interest) {
  epoll_event event{};
  event.events = epoll_interest(interest);
  event.data.ptr = handler;
  epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Loop::remove(int fd, const Handler *handler) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
  for (int i = ready_next_ > 0 ? ready_next_ - 1 : 0; i < ready_count_; ++i) {
    if (ready_[i].data.ptr == handler) ready_[i].data.ptr = nullptr;
  }
}

void Loop::wait(int64_t timeout_us) {
  // Rounded up: waking before a deadline would spin until it comes.
  int timeout_ms = timeout_us < 0 ? -1 : static_cast<int>(std::min<int64_t>((timeout_us + 999) / 1000, 60'000));
  long n = ::syscall(SYS_epoll_pwait, epoll_, ready_, kMaxEvents, timeout_ms, nullptr, 0);
  ready_count_ = static_cast<int>(std::max(n, 0L));
}

void Loop::serve() {
  constexpr auto kBroken = static_cast<uint32_t>(EPOLLERR | EPOLLHUP);
  auto handler = [this](int at) { return static_cast<Handler *>(ready_[at].data.ptr); };
  for (ready_next_ = 0; ready_next_ < ready_count_;) {
    int at = ready_next_++;
    uint32_t what = ready_[at].events;
    if ((what & (EPOLLOUT | kBroken)) != 0 && handler(at) != nullptr) handler(at)->on_writable();
    if ((what & (EPOLLIN | kBroken)) != 0 && handler(at) != nullptr) handler(at)->on_readable();
  }
  ready_count_ = ready_next_ = 0;
}

}  // namespace weir::net
