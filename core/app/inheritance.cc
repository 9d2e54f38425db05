#include "core/app/inheritance.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>
#include <utility>

namespace weir::app {
namespace {

constexpr const char *kVariable = "WEIR_HANDED_DOWN";

bool is_listening_socket(int fd) {
  int listens = 0;
  socklen_t len = sizeof listens;
  return ::getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens != 0;
}

bool close_on_exec(int fd) {
  return fd > STDERR_FILENO && ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

}  // namespace

const char *Inheritance::variable_name() {
  return kVariable;
}

// "GIVER LAUNCH" and a line "FD KEY" for each socket.
std::string Inheritance::variable(pid_t giver, int launch_fd, const std::vector<HandedSocket> &sockets) {
  std::ostringstream out;
  out << kVariable << '=' << giver << ' ' << launch_fd;
  for (const HandedSocket &socket : sockets) out << '\n' << socket.fd << ' ' << socket.key;
  return out.str();
}

std::optional<Inheritance> Inheritance::take() {
  const char *value = std::getenv(kVariable);
  if (value == nullptr) return std::nullopt;
  std::istringstream lines(value);
  ::unsetenv(kVariable);
  pid_t giver = -1;
  int launch_fd = -1;
  lines >> giver >> launch_fd;
  // Only for the process that it was made for: whatever else finds it in its environment was not given anything.
  if (!lines || giver != getppid() || !close_on_exec(launch_fd)) return std::nullopt;
  Inheritance found(giver, launch_fd);
  HandedSocket socket;
  while (lines >> socket.fd && lines.get() == ' ' && std::getline(lines, socket.key)) {
    if (close_on_exec(socket.fd) && is_listening_socket(socket.fd)) found.sockets_.push_back(socket);
  }
  return found;
}

int Inheritance::take_socket(const std::string &key) {
  for (HandedSocket &socket : sockets_) {
    if (socket.key == key) return std::exchange(socket.fd, -1);
  }
  return -1;
}

std::vector<HandedSocket> Inheritance::take_sockets() {
  std::vector<HandedSocket> left;
  for (HandedSocket &socket : std::exchange(sockets_, {})) {
    if (socket.fd >= 0) left.push_back(std::move(socket));
  }
  return left;
}

}  // namespace weir::app
