#include "core/app/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
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

std::string command_name(const std::string &pid) {
  return content_of("/proc/" + pid + "/comm");
}

// One that has died keeps its number and name until its parent asks after it, which in a container may be never.
bool has_died(const std::string &pid) {
  std::ifstream status("/proc/" + pid + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("State:", 0) == 0) return line.find_first_of("ZX", 6) != std::string::npos;
  }
  return false;
}

// A number that another program has got since does not count: files stay behind when a machine goes down.
bool names_a_proxy(const std::string &pid) {
  if (pid.empty() || pid.find_first_not_of("0123456789") != std::string::npos) return false;
  std::string name = command_name(pid);
  return !name.empty() && !has_died(pid) &&
         (name == command_name("self") || name == "weir\n" || name == "nutcracker\n");
}

// 0, or why not; nothing is left behind then.
int write_file(const std::string &path, const std::string &text, int how) {
  int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | how, 0644);
  if (fd < 0) return errno;
  ssize_t n = ::write(fd, text.data(), text.size());
  int why = n < 0 ? errno : n != static_cast<ssize_t>(text.size()) ? ENOSPC : 0;
  ::close(fd);
  if (why != 0) ::unlink(path.c_str());
  return why;
}

// Whoever reads the file during an upgrade finds the old number or the new one, never an empty file. Not possible where
// the folder is not ours to write in, nor for what is no file of its own (a link, /dev/null).
bool put_in_place(const std::string &path, const std::string &text) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)) return false;
  std::string fresh = path + "." + text;
  if (write_file(fresh, text, O_EXCL) != 0) return false;
  if (::rename(fresh.c_str(), path.c_str()) == 0) return true;
  ::unlink(fresh.c_str());
  return false;
}

}  // namespace

Result<PidFile> PidFile::write(const std::string &path, pid_t predecessor) {
  std::string old = content_of(path);
  old = old.substr(0, old.find_last_not_of('\n') + 1);
  bool ours = old == std::to_string(getpid()) || old == std::to_string(predecessor);
  if (!ours && names_a_proxy(old)) {
    return Error{
        "the pid file '" + path + "' names process " + old +
        ", which runs: end it, or name another file (-p); if it is not of this configuration, remove the file"};
  }
  std::string pid = std::to_string(getpid());
  if (!put_in_place(path, pid)) {
    if (int why = write_file(path, pid, O_TRUNC); why != 0) return cannot_write(path, why);
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
