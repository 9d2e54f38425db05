#include "core/net/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

namespace weir::net {

Mailbox::Mailbox() : fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) std::abort();  // at start, before any client
}

Mailbox::~Mailbox() {
  ::close(fd_);
}

void Mailbox::post(std::function<void()> what) {
  bool first = false;
  {
    std::lock_guard lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(what));
  }
  uint64_t one = 1;
  if (first && ::write(fd_, &one, sizeof one) < 0) return;  // full: it is awake anyway
}

void Mailbox::on_readable() {
  uint64_t count = 0;
  if (::read(fd_, &count, sizeof count) < 0) return;
  std::vector<std::function<void()>> posted;
  {
    std::lock_guard lock(mutex_);
    posted.swap(posted_);
  }
  for (auto &what : posted) what();
}

}  // namespace weir::net
