// The statistics port: whoever connects gets the numbers and is let go. Nothing is ever read. Owned by the control
// thread; everything here runs in its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/base/result.h"

namespace weir::admin {

class StatsServer {
 public:
  // What one connection is sent.
  using Text = std::function<std::string()>;
  struct Limits {
    size_t connections = 64;  // more wait in the listening socket's queue
    std::chrono::milliseconds write_timeout{5'000};
  };

  // The error says what could not be listened on, and why. Port 0 takes a free one.
  static Result<StatsServer> listen(boost::asio::io_context &, const std::string &address, uint16_t port, Text,
                                    const Limits &);
  static Result<StatsServer> listen(boost::asio::io_context &control, const std::string &address, uint16_t port,
                                    Text text) {
    return listen(control, address, port, std::move(text), Limits());
  }

  // The same on a listening socket that is there already, and is taken over.
  static Result<StatsServer> adopt(boost::asio::io_context &, int fd, Text, const Limits &);
  int fd() const;

  // Stops listening; connections being written end by themselves.
  ~StatsServer();
  StatsServer(StatsServer &&) noexcept = default;
  StatsServer &operator=(StatsServer &&) = delete;

  uint16_t port() const;
  size_t connections() const;  // open now

 private:
  class Acceptor;
  class Session;
  explicit StatsServer(std::shared_ptr<Acceptor>);
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace weir::admin
