// A worker's readiness loop: which descriptors can be read or written, nothing more. It is this narrow so that another
// mechanism can take its place without the rest noticing (docs/adr/0002-own-epoll-loop.md says why this one is here).
// Thread: the worker's alone.
#pragma once

#include <sys/epoll.h>

#include <cstdint>

namespace weir::net {

// Something that owns a descriptor. It must stay alive until the end of the turn in which it was removed.
class Handler {
 public:
  virtual ~Handler() = default;
  // The peer hung up or the socket failed: both are called, so that reading or writing finds out why.
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
};

class Loop {
 public:
  static constexpr uint32_t kRead = 1, kWrite = 2;
  static constexpr int kMaxEvents = 256;  // a turn: what is ready beyond it waits for the next one

  Loop();
  ~Loop();
  Loop(const Loop &) = delete;
  Loop &operator=(const Loop &) = delete;

  // interest: kRead | kWrite. False: errno says why.
  bool add(int fd, Handler *handler, uint32_t interest);
  void change(int fd, Handler *handler, uint32_t interest);
  // No event of this turn reaches the handler any more.
  void remove(int fd, const Handler *handler);

  // One turn is wait(), which takes at most timeout_us (negative: until something happens), and then serve(), which
  // calls the handlers. Level-triggered. They are two, so that the clock can be read in between.
  void wait(int64_t timeout_us);
  void serve();

 private:
  int epoll_;
  epoll_event ready_[kMaxEvents];  // data.ptr is the Handler; null once it was removed
  int ready_count_ = 0, ready_next_ = 0;
};

}  // namespace weir::net
