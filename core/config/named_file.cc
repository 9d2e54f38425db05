#include "core/config/named_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string_view>

#include "core/base/file_guard.h"
#include "core/config/value.h"

namespace weir::config {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBytes = 64 << 20;

// Nothing but a regular file is waited for.
std::string read_all(const std::string &path, std::string &text) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::string("cannot be read: ") + std::strerror(errno);
  struct stat info {};
  std::string fault;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) fault = "is no regular file";
  char block[64 << 10];
  ssize_t n = 0;
  while (fault.empty() && (n = ::read(fd, block, sizeof block)) > 0) {
    text.append(block, static_cast<size_t>(n));
    if (text.size() > kMostBytes) fault = "holds more than 64 MiB; is this the right file?";
  }
  if (n < 0) fault = std::string("cannot be read: ") + std::strerror(errno);
  ::close(fd);
  return fault;
}

// Absolute, since the daemon changes its folder. A configuration that is no file stands where the process does.
std::string whole_path(const Node &path) {
  std::error_code failed;
  fs::path folder = fs::exists(path.place.file, failed) ? fs::path(path.place.file).parent_path() : fs::path();
  fs::path whole = fs::absolute(folder / path.text, failed);
  return failed ? path.text : whole.lexically_normal().string();
}

}  // namespace

std::shared_ptr<Node> find_named_file(const Node &path, std::string &fault) {
  auto found = std::make_shared<Node>(path);
  found->text = whole_path(path);
  std::string text;
  std::string why = path.text.empty() ? "has no name" : read_all(found->text, text);
  if (why.empty()) why = write_fault(found->text, Owners::any);
  if (!why.empty()) fault = "the file " + printable(found->text) + " " + why;
  found->digest = std::hash<std::string_view>()(text) | 1;  // 0 is taken
  return found;
}

}  // namespace weir::config
