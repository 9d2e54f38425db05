#include "core/app/daemon.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

namespace weir::app {
namespace {

Status failed(const char *what) {
  return Error{std::string("cannot run in the background: ") + what + ": " + std::strerror(errno)};
}

// Goes on in the child only.
Status fork_away() {
  pid_t pid = fork();
  if (pid < 0) return failed("fork");
  if (pid > 0) _exit(0);
  return Done{};
}

Status silence_standard_streams() {
  int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return failed("/dev/null");
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (dup2(null, fd) < 0) return failed("/dev/null");
  }
  if (null > STDERR_FILENO) ::close(null);
  return Done{};
}

}  // namespace

Status daemonize() {
  if (Status forked = fork_away(); !forked) return forked;
  if (setsid() < 0) return failed("setsid");
  // The end of the session's leader, our parent, may send SIGHUP; it is no request to reopen the log.
  auto before = std::signal(SIGHUP, SIG_IGN);
  if (Status forked = fork_away(); !forked) return forked;
  std::signal(SIGHUP, before);
  umask(0);
  return silence_standard_streams();
}

}  // namespace weir::app
