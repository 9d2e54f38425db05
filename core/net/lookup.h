// One look-up of one name. It has a c-ares channel of its own, so that each sees /etc/hosts and /etc/resolv.conf as
// they are now, and that ending one is dropping its channel. Owner: Resolver, and the handlers under way. Thread:
// control.
#pragma once

#include <ares.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/net/resolver.h"

namespace weir::net {

class Lookup : public std::enable_shared_from_this<Lookup> {
 public:
  Lookup(boost::asio::io_context &io, std::string host, uint16_t port, NameSource::Found found);
  ~Lookup();
  Lookup(const Lookup &) = delete;
  Lookup &operator=(const Lookup &) = delete;

  // done is called once, later, unless stop() comes first.
  void start(const std::string &servers, std::function<void()> done);
  void stop();
  // What came of it, to whoever asked.
  void tell() { found_(std::move(addresses_), error_); }

 private:
  struct Socket {
    explicit Socket(boost::asio::io_context &io) : descriptor(io) {}
    boost::asio::posix::stream_descriptor descriptor;
    bool wants[2] = {false, false}, waits[2] = {false, false};  // to read, to write
  };
  static void socket_state(void *self, ares_socket_t fd, int readable, int writable);
  static void answered(void *self, int status, int timeouts, ares_addrinfo *result);
  bool open_channel(const std::string &servers);
  void wait(const std::shared_ptr<Socket> &socket, int way);
  void process(ares_socket_t readable, ares_socket_t writable);
  void wait_for_retry();
  void finish(const std::string &error);

  boost::asio::io_context &io_;
  const std::string host_;
  const uint16_t port_;
  const NameSource::Found found_;
  std::function<void()> done_;
  ares_channel channel_ = nullptr;
  std::map<int, std::shared_ptr<Socket>> sockets_;
  boost::asio::steady_timer retry_, limit_;
  std::vector<SocketAddress> addresses_;
  std::string error_;
  bool finished_ = false;
};

}  // namespace weir::net
