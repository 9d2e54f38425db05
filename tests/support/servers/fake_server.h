// A server that does what a story tells it to: one thread accepts, and each connection runs the script in a thread of
// its own. The object is owned by the test; the script runs on its threads.
#pragma once

#include <atomic>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/servers/stream.h"

namespace weir::test {

class FakeServer {
 public:
  // The connection closes when the script returns or throws StreamError; a script must not close it itself.
  using Script = std::function<void(Stream &)>;

  explicit FakeServer(Script);
  ~FakeServer();
  FakeServer(const FakeServer &) = delete;
  FakeServer &operator=(const FakeServer &) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  uint16_t port() const { return port_; }
  int accepted() const { return accepted_; }

  // Scripts: a RESP server that answers each request by the callback, and one that reads and never answers.
  static Script answering(std::function<std::string(const std::vector<std::string> &)>);
  static Script silent();

 private:
  void accept_loop();
  Script script_;
  uint16_t port_;
  int listener_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;  // over the connections
  bool stopping_ = false;
  std::list<Stream> streams_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace weir::test
