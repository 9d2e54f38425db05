#include "core/app/notify.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace weir::app {

void notify(const std::string &state) {
  const char *variable = std::getenv("NOTIFY_SOCKET");
  std::string_view path = variable == nullptr ? "" : variable;
  sockaddr_un to{};
  if (path.empty() || path.size() >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@')) return;
  to.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), to.sun_path);
  if (path[0] == '@') to.sun_path[0] = '\0';  // a name outside of the file system
  int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return;
  auto len = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  // Nobody to tell, or somebody who does not listen: the proxy runs all the same.
  [[maybe_unused]] ssize_t ignored =
      ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr *>(&to), len);
  ::close(fd);
}

}  // namespace weir::app
