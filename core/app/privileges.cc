#include "core/app/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <optional>

#include "core/base/log.h"
#include "core/base/text.h"

namespace weir::app {
namespace {

struct Identity {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name;  // empty: a number that no user has
};

Error failure(const std::string &what) {
  return Error{what + ": " + std::strerror(errno)};
}

std::optional<uint32_t> number_of(const std::string &text) {
  uint64_t number = 0;
  if (!parse_decimal(text, number) || number >= UINT32_MAX) return std::nullopt;
  return static_cast<uint32_t>(number);
}

Result<Identity> identity_of(const std::string &user, const std::string &group) {
  Identity who{::geteuid(), ::getegid(), ""};
  if (!user.empty()) {
    auto number = number_of(user);
    const passwd *known = number ? ::getpwuid(*number) : ::getpwnam(user.c_str());
    if (known == nullptr && !number) return Error{"user: there is no user " + user + " on this machine"};
    if (known == nullptr && group.empty()) return Error{"user: nobody has the number " + user + "; say group: too"};
    who.uid = known != nullptr ? known->pw_uid : *number;
    if (known != nullptr) who.gid = known->pw_gid;
    if (known != nullptr) who.name = known->pw_name;
  }
  if (!group.empty()) {
    auto number = number_of(group);
    const struct group *known = number ? nullptr : ::getgrnam(group.c_str());
    if (known == nullptr && !number) return Error{"group: there is no group " + group + " on this machine"};
    who.gid = number ? *number : known->gr_gid;
  }
  return who;
}

}  // namespace

Status can_name(const std::string &user, const std::string &group) {
  if (auto who = identity_of(user, group); !who) return who.error();
  return Done{};
}

Status become(const std::string &user, const std::string &group, const std::vector<std::string> &files) {
  if (user.empty() && group.empty()) return Done{};
  auto who = identity_of(user, group);
  if (!who) return who.error();
  if (::getuid() == who->uid && ::geteuid() == who->uid && ::getgid() == who->gid) return Done{};
  if (::geteuid() != 0) {
    return Error{"user: only root can become " + user + (group.empty() ? "" : ":" + group) +
                 ", and this process runs as user " + std::to_string(::geteuid()) +
                 "; start it as root, or leave it out"};
  }
  for (const std::string &file : files) {
    struct stat info {};
    if (::lstat(file.c_str(), &info) != 0 || (!S_ISREG(info.st_mode) && !S_ISSOCK(info.st_mode))) continue;
    if (::lchown(file.c_str(), who->uid, who->gid) != 0) return failure("cannot hand over " + file);
  }
  int grouped = who->name.empty() ? ::setgroups(1, &who->gid) : ::initgroups(who->name.c_str(), who->gid);
  if (grouped != 0 || ::setresgid(who->gid, who->gid, who->gid) != 0) return failure("cannot change the group");
  if (::setresuid(who->uid, who->uid, who->uid) != 0) return failure("cannot become user " + user);
  if (who->uid != 0 && ::setuid(0) == 0) return Error{"user: the process could become root again; it ends instead"};
  // The kernel forbids core dumps after such a change; whether there are any is for the limits to say.
  ::prctl(PR_SET_DUMPABLE, 1);
  WEIR_LOG(notice, "running as user %u, group %u", who->uid, who->gid);
  return Done{};
}

}  // namespace weir::app
