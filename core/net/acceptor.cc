#include "core/net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/base/log.h"

namespace weir::net {

Acceptor::Acceptor(boost::asio::io_context &io, int listening_fd, std::string name, std::function<void(int)> accepted)
    : socket_(io, listening_fd), pause_(io), name_(std::move(name)), accepted_(std::move(accepted)) {
  wait();
}

void Acceptor::stop() {
  boost::system::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void Acceptor::wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read, [this](boost::system::error_code error) {
    if (!error) accept_some();
  });
}

void Acceptor::accept_some() {
  for (int i = 0; i < kMostInARow; ++i) {
    int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accepted_(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return wait_for_descriptors();
    } else if (errno != ECONNABORTED && errno != EINTR) {
      break;
    }
  }
  wait();
}

// Clients stay in the backlog until a descriptor is free again; asking all the time would only burn the processor.
void Acceptor::wait_for_descriptors() {
  WEIR_LOG(err, "%s: cannot accept: %s; trying again in 100 ms", name_.c_str(), std::strerror(errno));
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error) wait();
  });
}

}  // namespace weir::net
