#include "core/config/secret.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "core/base/log.h"
#include "core/config/value.h"

namespace weir::config {
namespace {

constexpr size_t kMostBytes = 64 << 10;
constexpr const char *kExpected = "expected {file: PATH} or {env: NAME}";

std::string from_file(const std::string &path, std::string &fault) {
  auto failed = [&](const std::string &why) {
    fault = "the file " + printable(path) + " " + why;
    return "";
  };
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return failed(std::string("cannot be read: ") + std::strerror(errno));
  struct stat info {};
  std::string text(kMostBytes + 1, '\0');
  bool regular = ::fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
  ssize_t n = regular ? ::read(fd, text.data(), text.size()) : 0;
  ::close(fd);
  if (!regular) return failed("is no regular file");
  if (n < 0) return failed(std::string("cannot be read: ") + std::strerror(errno));
  if (static_cast<size_t>(n) > kMostBytes) return failed("holds more than 64 KiB; is this the right file?");
  if ((info.st_mode & (S_IRWXO)) != 0) {
    WEIR_LOG(warn, "the file %s holds a secret, and others than its owner may read it: chmod o-rwx it", path.c_str());
  }
  text.resize(static_cast<size_t>(n));
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (text.empty()) return failed("is empty");
  return text;
}

std::string from_environment(const std::string &name, std::string &fault) {
  const char *text = std::getenv(name.c_str());
  if (text == nullptr || *text == '\0') fault = "the environment has no variable " + printable(name);
  return text == nullptr ? "" : text;
}

}  // namespace

bool points_at_secret(const Rule &rule, const Node &value) {
  return rule.secret && rule.type == Type::text && value.kind == Node::Kind::map;
}

std::shared_ptr<Node> fetch_secret(const Node &value, std::string &fault) {
  auto found = std::make_shared<Node>();
  found->kind = Node::Kind::scalar;
  found->quoted = true;
  found->place = value.place;
  found->source = std::make_shared<Node>(value);
  const Node::Entry *where = value.entries.size() == 1 ? &value.entries.front() : nullptr;
  if (where == nullptr || !is_text(*where->value)) {
    fault = kExpected;
  } else if (where->key == "file") {
    found->text = from_file(where->value->text, fault);
  } else if (where->key == "env") {
    found->text = from_environment(where->value->text, fault);
  } else {
    fault = std::string(kExpected) + ", found the key " + printable(where->key);
  }
  return found;
}

}  // namespace weir::config
