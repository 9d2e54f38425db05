// How other threads reach a worker: a queue of things to do and an eventfd to wake it. Used per connection and per
// event, never per request.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "core/net/loop.h"

namespace weir::net {

class Mailbox : public Handler {
 public:
  Mailbox();
  ~Mailbox() override;
  Mailbox(const Mailbox &) = delete;
  Mailbox &operator=(const Mailbox &) = delete;

  void post(std::function<void()> what);  // [any]
  int fd() const { return fd_; }

  void on_readable() override;  // [worker] does everything that was posted
  void on_writable() override {}

 private:
  int fd_;
  std::mutex mutex_;  // guards posted_
  std::vector<std::function<void()>> posted_;
};

}  // namespace weir::net
