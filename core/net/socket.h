// Sockets as this program needs them: non-blocking, close-on-exec, with errors as text for people.
#pragma once

#include <sys/socket.h>

#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/config/settings.h"

namespace weir::net {

// One address the kernel understands.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t len = 0;
  const sockaddr *get() const { return reinterpret_cast<const sockaddr *>(&storage); }
};

// A unix path or a numeric address. False when it is a name that must be resolved.
bool to_socket_address(const config::Address &address, SocketAddress &out);
// Whether both are the same family, host and port, or path.
bool same_address(const SocketAddress &a, const SocketAddress &b);
// "127.0.0.1:4242", "[::1]:4242", "unix"
std::string to_text(const SocketAddress &address);

// A listening socket. An existing unix socket that nobody listens on is replaced.
Result<int> listen_on(const config::Address &where, const SocketAddress &address, int backlog, bool reuse_port);
// A socket whose connect is done or under way; -1: errno says why.
int start_connect(const SocketAddress &address);
// The error of a connect that became writable; 0 = connected.
int connect_error(int fd);
// Has the system watch over a connection's peer as the pool says (tcpkeepalive and the like); no effect on unix
// sockets.
void watch_peer(int fd, const config::Pool &pool);
void set_nodelay(int fd);  // no effect on unix sockets

}  // namespace weir::net
