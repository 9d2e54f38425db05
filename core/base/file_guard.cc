#include "core/base/file_guard.h"

#include <sys/stat.h>
#include <unistd.h>

namespace weir {
namespace {

constexpr const char *kDanger = ", who could make weir run anything: ";

bool is_trusted(uid_t owner) {
  struct stat program {};
  if (owner == 0 || owner == ::geteuid()) return true;
  return ::stat("/proc/self/exe", &program) == 0 && program.st_uid == owner;
}

// Many systems give every user a group of that user's alone, with the same number.
bool is_private_group(const struct stat &info) {
  return info.st_gid == 0 || info.st_gid == info.st_uid;
}

}  // namespace

std::string write_fault(const std::string &path, Owners owners) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))) return "";
  if ((info.st_mode & S_IWOTH) != 0) return std::string("can be written by everybody") + kDanger + "chmod o-w it";
  if ((info.st_mode & S_IWGRP) != 0 && !is_private_group(info)) {
    return "can be written by group " + std::to_string(info.st_gid) + kDanger + "chmod g-w it";
  }
  if (owners == Owners::trusted && !is_trusted(info.st_uid)) {
    return "belongs to user " + std::to_string(info.st_uid) + kDanger + "chown root it";
  }
  return "";
}

}  // namespace weir
