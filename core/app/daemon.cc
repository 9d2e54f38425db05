#include "core/app/daemon.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <string>
#include <utility>

namespace weir::app {
namespace {

Error failure(const char *what) {
  return Error{std::string("cannot run in the background: ") + what + ": " + std::strerror(errno)};
}

// What the process that was started does from now on: waits for the first words of the one in the background.
[[noreturn]] void wait_for(int fd) {
  std::string words;
  char piece[512];
  for (ssize_t n; (n = ::read(fd, piece, sizeof piece)) > 0;) words.append(piece, static_cast<size_t>(n));
  if (words == Launch::kStarted) _exit(0);
  if (words.empty()) words = "weir: it ended while it started; its log says why (-o FILE)\n";
  ssize_t ignored = ::write(STDERR_FILENO, words.data(), words.size());
  _exit(ignored < 0 ? 2 : 1);
}

Status silence_standard_streams() {
  int null = ::open("/dev/null", O_RDWR);
  if (null < 0) return failure("/dev/null");
  for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (dup2(null, fd) < 0) return failure("/dev/null");
  }
  if (null > STDERR_FILENO) ::close(null);
  return Done{};
}

}  // namespace

Launch::Launch(Launch &&other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Launch::~Launch() {
  if (fd_ >= 0) ::close(fd_);
}

void Launch::tell(const std::string &word) {
  if (fd_ < 0) return;
  if (::write(fd_, word.data(), word.size()) < 0) return;  // nobody waits any more
  ::close(std::exchange(fd_, -1));
}
void Launch::succeeded() {
  tell(kStarted);
}
void Launch::failed(const std::string &text) {
  tell(text);
}

Result<Launch> daemonize() {
  int told[2];
  if (::pipe2(told, O_CLOEXEC) != 0) return failure("pipe");
  pid_t child = ::fork();
  if (child < 0) return failure("fork");
  if (child > 0) {
    ::close(told[1]);
    wait_for(told[0]);
  }
  ::close(told[0]);
  Launch launch(told[1]);
  if (setsid() < 0) return failure("setsid");
  // The end of the session's leader, our parent, may send SIGHUP; it is no request to reopen the log.
  auto before = std::signal(SIGHUP, SIG_IGN);
  pid_t grandchild = ::fork();
  if (grandchild < 0) return failure("fork");
  if (grandchild > 0) _exit(0);
  std::signal(SIGHUP, before);
  umask(0);
  if (Status silent = silence_standard_streams(); !silent) return silent.error();
  return launch;
}

}  // namespace weir::app
