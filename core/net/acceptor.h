// Accepts on one listening socket and hands the descriptors on. Thread: control.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>

namespace weir::net {

class Acceptor {
 public:
  // Takes the listening descriptor over. accepted gets a non-blocking descriptor and owns it. has_room: asked before
  // each; while it says no, clients stay in the backlog.
  Acceptor(boost::asio::io_context &, int listening_fd, std::string name, std::function<void(int fd)> accepted,
           std::function<bool()> has_room);
  void stop();

 private:
  static constexpr int kMostInARow = 64;  // then others of the control thread get their turn
  void wait();
  void accept_some();
  void wait_for_descriptors(const char *why);

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer pause_;
  std::string name_;
  std::function<void(int)> accepted_;
  std::function<bool()> has_room_;
  bool full_ = false;  // no client could be accepted, and that was logged
};

}  // namespace weir::net
