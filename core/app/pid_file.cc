#include "core/app/pid_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace weir::app {
namespace {

Error cannot_write(const std::string &path, int why) {
  return {"cannot write the pid file '" + path + "': " + std::strerror(why) +
          "; its folder must exist and be writable (-p names the file)"};
}

std::string content_of(const std::string &path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  char text[32];
  ssize_t n = ::read(fd, text, sizeof text);
  ::close(fd);
  return n > 0 ? std::string(text, static_cast<size_t>(n)) : "";
}

}  // namespace

Result<PidFile> PidFile::write(const std::string &path) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return cannot_write(path, errno);
  std::string pid = std::to_string(getpid());
  ssize_t n = ::write(fd, pid.data(), pid.size());
  int why = n < 0 ? errno : ENOSPC;
  ::close(fd);
  if (n != static_cast<ssize_t>(pid.size())) {
    ::unlink(path.c_str());
    return cannot_write(path, why);
  }
  return PidFile(path, getpid());
}

PidFile::PidFile(PidFile &&other) noexcept : path_(std::exchange(other.path_, {})), pid_(other.pid_) {}

PidFile::~PidFile() {
  // The id in the object keeps a forked child, which has a copy of it, from removing its parent's file.
  if (path_.empty() || getpid() != pid_ || content_of(path_) != std::to_string(pid_)) return;
  ::unlink(path_.c_str());
}

}  // namespace weir::app
