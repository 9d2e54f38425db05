// How bytes get into and out of a connection. Plain sockets are a direct call; anything else (TLS) brings a table, so
// that the layers above need not change for it.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>

namespace weir::net {

class Transport;
// Results and errno are those of read(2) and writev(2).
struct TransportOps {
  ssize_t (*read)(Transport &, void *to, size_t len);
  ssize_t (*write)(Transport &, const iovec *from, int count);
  void (*close)(Transport &);
};

class Transport {
 public:
  int fd = -1;
  const TransportOps *ops = nullptr;  // null = plain
  void *state = nullptr;              // of ops

  ssize_t read(void *to, size_t len) { return ops != nullptr ? ops->read(*this, to, len) : ::recv(fd, to, len, 0); }
  ssize_t write(const iovec *from, int count) {
    if (ops != nullptr) return ops->write(*this, from, count);
    if (count == 1) return ::send(fd, from[0].iov_base, from[0].iov_len, MSG_NOSIGNAL);
    msghdr message{};
    message.msg_iov = const_cast<iovec *>(from);
    message.msg_iovlen = static_cast<size_t>(count);
    return ::sendmsg(fd, &message, MSG_NOSIGNAL);
  }
  void close() {
    if (ops != nullptr) ops->close(*this);
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

}  // namespace weir::net
