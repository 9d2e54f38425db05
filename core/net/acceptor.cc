#include "core/net/acceptor.h"

#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "core/base/log.h"

namespace weir::net {

Acceptor::Acceptor(boost::asio::io_context &io, int listening_fd, std::string name, std::function<void(int)> accepted,
                   std::function<bool()> has_room)
    : socket_(io, listening_fd),
      pause_(io),
      name_(std::move(name)),
      accepted_(std::move(accepted)),
      has_room_(std::move(has_room)) {
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
    if (!has_room_()) return wait_for_descriptors("as many clients as there are file descriptors for");
    int fd = ::accept4(socket_.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      if (full_) WEIR_LOG(notice, "%s: accepting clients again", name_.c_str());
      full_ = false;
      accepted_(fd);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      return wait_for_descriptors(std::strerror(errno));
    } else if (errno != ECONNABORTED && errno != EINTR) {
      break;
    }
  }
  wait();
}

// Clients stay in the backlog until a descriptor is free again; asking all the time would only burn the processor.
void Acceptor::wait_for_descriptors(const char *why) {
  if (!full_) WEIR_LOG(err, "%s: cannot accept clients: %s; those that come wait", name_.c_str(), why);
  full_ = true;
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](boost::system::error_code error) {
    if (!error) wait();
  });
}

}  // namespace weir::net
