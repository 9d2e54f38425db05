// How bytes get into and out of a connection. Plain sockets are a direct call; anything else (TLS) brings a table, so
// that the layers above need not change for it.
#pragma once

#include <sys/socket.h>
#include <sys/syscall.h>
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

// System calls are made directly: the C library's wrappers make each a cancellation point, for threads that are never
// cancelled, which costs more than the rest of the call's user time.
class Transport {
 public:
  int fd = -1;
  const TransportOps *ops = nullptr;  // null = plain
  void *state = nullptr;              // of ops

  ssize_t read(void *to, size_t len) {
    if (ops != nullptr) return ops->read(*this, to, len);
    return ::syscall(SYS_recvfrom, fd, to, len, 0, nullptr, nullptr);
  }
  ssize_t read(const iovec *to, int count) {  // at least one
    if (ops != nullptr) return ops->read(*this, to->iov_base, to->iov_len);
    msghdr message{};
    message.msg_iov = const_cast<iovec *>(to);
    message.msg_iovlen = static_cast<size_t>(count);
    return ::syscall(SYS_recvmsg, fd, &message, 0);
  }
  ssize_t write(const void *from, size_t len) {
    if (ops != nullptr) {
      iovec piece{const_cast<void *>(from), len};
      return ops->write(*this, &piece, 1);
    }
    return ::syscall(SYS_sendto, fd, from, len, MSG_NOSIGNAL, nullptr, 0);
  }
  ssize_t write(const iovec *from, int count) {
    if (ops != nullptr) return ops->write(*this, from, count);
    msghdr message{};
    message.msg_iov = const_cast<iovec *>(from);
    message.msg_iovlen = static_cast<size_t>(count);
    return ::syscall(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
  }
  void close() {
    if (ops != nullptr) ops->close(*this);
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

}  // namespace weir::net
