#include "core/net/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weir::net {
namespace {

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

template <class T>
void fill(SocketAddress &out, const T &address) {
  static_assert(sizeof(T) <= sizeof out.storage);
  std::memcpy(&out.storage, &address, sizeof address);
  out.len = sizeof address;
}

bool somebody_listens(const SocketAddress &address) {
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return false;
  // Anything but a refusal (a full backlog, another kind of socket, no permission) means that it is somebody's.
  bool answered = ::connect(fd, address.get(), address.len) == 0 || errno != ECONNREFUSED;
  ::close(fd);
  return answered;
}

// A socket file left behind by a process that is gone.
Status clear_path(const std::string &path, const SocketAddress &address) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return Done{};
  if (!S_ISSOCK(info.st_mode)) return Error{"there is a file of that name, and it is not a socket"};
  if (somebody_listens(address)) return Error{"another process listens there"};
  if (::unlink(path.c_str()) != 0) return Error{std::strerror(errno)};
  return Done{};
}

// The system's words, and how to mend it where that is known.
std::string why_not(const config::Address &where, int error) {
  std::string text = std::strerror(error);
  switch (error) {
    case EADDRINUSE:
      return text + "; a process listens there already (ss -ltnp shows which): end it, or choose another address";
    case EADDRNOTAVAIL:
      return text + "; no network interface of this machine has it (ip addr lists them)";
    case EACCES:
      return text + (where.is_unix() ? "; its folder must be writable for the user that weir starts as"
                                     : "; ports below 1024 take root or CAP_NET_BIND_SERVICE");
    case ENOENT:
      return text + "; its folder must exist";
    default:
      return text;
  }
}

}  // namespace

bool to_socket_address(const config::Address &address, SocketAddress &out) {
  if (address.is_unix()) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof un.sun_path) return false;
    std::copy(address.path.begin(), address.path.end(), un.sun_path);
    fill(out, un);
    return true;
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(address.port);
  if (::inet_pton(AF_INET, address.host.c_str(), &v4.sin_addr) == 1) {
    fill(out, v4);
    return true;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(address.port);
  if (::inet_pton(AF_INET6, address.host.c_str(), &v6.sin6_addr) == 1) {
    fill(out, v6);
    return true;
  }
  return false;
}

bool same_address(const SocketAddress &a, const SocketAddress &b) {
  if (a.storage.ss_family != b.storage.ss_family) return false;
  if (a.storage.ss_family == AF_UNIX) return a.len == b.len && std::memcmp(&a.storage, &b.storage, a.len) == 0;
  return to_text(a) == to_text(b);
}

std::string to_text(const SocketAddress &address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
  }
  return "unix";
}

Result<int> listen_on(const config::Address &where, const SocketAddress &address, int backlog, bool reuse_port) {
  auto failed = [&where](const std::string &what, int fd) {
    if (fd >= 0) ::close(fd);
    return Error{"cannot listen on " + where.text + ": " + what};
  };
  if (where.is_unix()) {
    if (Status cleared = clear_path(where.path, address); !cleared) return failed(cleared.error().text, -1);
  }
  int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return failed(std::strerror(errno), fd);
  auto refused = [&] { return failed(why_not(where, errno), fd); };
  if (!where.is_unix() && !set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return refused();
  if (reuse_port && !where.is_unix() && !set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return refused();
  if (::bind(fd, address.get(), address.len) != 0) return refused();
  if (where.mode != 0 && ::chmod(where.path.c_str(), where.mode) != 0) return refused();
  if (::listen(fd, backlog) != 0) return refused();
  return fd;
}

int start_connect(const SocketAddress &address) {
  int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  set_nodelay(fd);
  if (::connect(fd, address.get(), address.len) == 0 || errno == EINPROGRESS) return fd;
  int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

int connect_error(int fd) {
  int error = 0;
  socklen_t len = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0) return errno;
  return error;
}

void watch_peer(int fd, const config::Pool &pool) {
  // The kernel counts keepalive in seconds; a part of one is more than none.
  auto seconds = [](uint64_t us) { return static_cast<int>((us + 999'999) / 1'000'000); };
  if (pool.tcpkeepalive) {
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    if (pool.tcpkeepalive_idle_us > 0) set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds(pool.tcpkeepalive_idle_us));
    if (pool.tcpkeepalive_interval_us > 0) {
      set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, seconds(pool.tcpkeepalive_interval_us));
    }
    if (pool.tcpkeepalive_count > 0) {
      set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, static_cast<int>(pool.tcpkeepalive_count));
    }
  }
  if (pool.tcp_user_timeout_us > 0) {
    set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>((pool.tcp_user_timeout_us + 999) / 1000));
  }
}
void set_nodelay(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

}  // namespace weir::net
