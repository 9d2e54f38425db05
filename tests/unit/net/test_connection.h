// A connection over a socket pair that keeps what it reads and remembers what it was told.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "core/net/connection.h"

namespace weir::net::testing {

class TestConnection final : public Connection {
 public:
  explicit TestConnection(Reactor &reactor) : Connection(reactor) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) return;
    peer = pair[1];
    attach(pair[0], Loop::kRead);
  }
  ~TestConnection() override {
    if (peer >= 0) ::close(peer);
  }

  void say(const std::string &text) {
    out_.append(reactor_.chunks, text.data(), text.size());
    output_grew();
  }
  void leave() { detach(); }
  size_t waiting() const { return out_.size(); }

  void on_readable() override {
    char bytes[4096];
    ssize_t n = transport_.read(bytes, sizeof bytes);
    if (n > 0) got.append(bytes, static_cast<size_t>(n));
    if (n == 0) detach();
  }
  void on_writable() override {
    ++writable;
    Connection::on_writable();
  }
  void on_written(size_t len) override {
    ++writes;
    written += len;
    if (when_written) when_written();
  }
  void on_broken(int error) override {
    broken = error;
    detach();
  }
  void turn_ends() override {
    if (may) flush();
  }

  // What the other end has got so far.
  std::string taken() {
    std::string all;
    char bytes[65536];
    for (ssize_t n = 0; (n = ::recv(peer, bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
      all.append(bytes, static_cast<size_t>(n));
    }
    return all;
  }

  int peer = -1;
  std::string got;
  int writable = 0, writes = 0, broken = 0;
  size_t written = 0;
  bool may = true;
  std::function<void()> when_written;
};

}  // namespace weir::net::testing
