// A socket with gathered output: whatever is appended during a turn of the loop leaves in one write at its end.
// The two kinds are client::ClientConnection and upstream::ServerConnection. Thread: the worker's alone.
#pragma once

#include "core/buffer/chain.h"
#include "core/net/reactor.h"
#include "core/net/transport.h"

namespace weir::net {

class Connection : public Handler {
 public:
  explicit Connection(Reactor &reactor) : reactor_(reactor) {}
  ~Connection() override;
  Connection(const Connection &) = delete;
  Connection &operator=(const Connection &) = delete;

  bool open() const { return transport_.fd >= 0; }
  // By the reactor, at the end of a turn in which output_grew(): writes.
  virtual void turn_ends() { flush(); }

 protected:
  // Takes the non-blocking descriptor over. False, and it is closed, when the loop has no room for it.
  bool attach(int fd, uint32_t interest);
  // Forgets the socket and the output; the object lives on.
  void detach();
  // Output was appended.
  void output_grew() {
    if (dirty_) return;
    dirty_ = true;
    reactor_.wrote(*this);
  }
  void flush();
  void want_reading(bool on);
  bool reading() const { return (interest_ & Loop::kRead) != 0; }

  // After a write: len bytes left; out_ tells what remains.
  virtual void on_written(size_t len) = 0;
  // A write failed; error is errno.
  virtual void on_broken(int error) = 0;
  void on_writable() override;

  Reactor &reactor_;
  Transport transport_;
  Chain out_;

 private:
  friend class Reactor;
  static constexpr int kMaxIov = 64;
  ssize_t write_pieces();
  void set_interest(uint32_t interest) {
    if (interest != interest_) change_interest(interest);
  }
  void change_interest(uint32_t interest);

  uint32_t interest_ = 0;
  bool dirty_ = false;  // in the reactor's list of those that wrote
  Connection *next_dirty_ = nullptr;
};

inline void Reactor::wrote(Connection &connection) {
  *dirty_end_ = &connection;
  dirty_end_ = &connection.next_dirty_;
}

}  // namespace weir::net
