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
  // Takes the listening descriptor over. accepted gets a non-blocking descriptor and owns it.
  Acceptor(boost::asio::io_context &, int listening_fd, std::string name, std::function<void(int fd)> accepted);
  void stop();

 private:
  static constexpr int kMostInARow = 64;  // then others of the control thread get their turn
  void wait();
  void accept_some();
  void wait_for_descriptors();

  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer pause_;
  std::string name_;
  std::function<void(int)> accepted_;
};

}  // namespace weir::net
