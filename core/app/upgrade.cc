#include "core/app/upgrade.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/base/log.h"

namespace weir::app {
namespace {

constexpr size_t kMostWords = 4096;  // of a start that failed

// Where the shell found it.
std::string found_in_path(const std::string &name) {
  const char *folders = std::getenv("PATH");
  std::string_view rest = folders == nullptr ? "" : folders;
  while (!rest.empty()) {
    size_t end = rest.find(':');
    std::string path = std::string(rest.substr(0, end)).append("/").append(name);
    if (::access(path.c_str(), X_OK) == 0) return path;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return "/proc/self/exe";
}

// Environment and descriptors as the new process gets them, and signals as any process finds them.
class SpawnPlan {
 public:
  SpawnPlan(const std::vector<HandedSocket> &sockets, int launch_fd)
      : variable_(Inheritance::variable(getpid(), launch_fd, sockets)) {
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // Onto itself: that takes the mark off that closes it on exec, in the new process only.
    for (const HandedSocket &socket : sockets) posix_spawn_file_actions_adddup2(&actions, socket.fd, socket.fd);
    posix_spawn_file_actions_adddup2(&actions, launch_fd, launch_fd);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const std::string ours = std::string(Inheritance::variable_name()) + "=";
    for (char **entry = environ; *entry != nullptr; ++entry) {
      if (std::strncmp(*entry, ours.c_str(), ours.size()) != 0) environment.push_back(*entry);
    }
    environment.push_back(variable_.data());
    environment.push_back(nullptr);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
  }
  SpawnPlan(const SpawnPlan &) = delete;
  SpawnPlan &operator=(const SpawnPlan &) = delete;

  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
  std::vector<char *> environment;

 private:
  std::string variable_;
};

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return std::string("it was ended by SIG") + sigabbrev_np(WTERMSIG(status));
  return "it ended with exit code " + std::to_string(WEXITSTATUS(status));
}

// On one line, as the log wants it.
std::string trimmed(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

CommandLine CommandLine::of(int argc, const char *const *argv) {
  CommandLine line;
  line.arguments.assign(argv, argv + argc);
  std::string name = argc > 0 ? argv[0] : "";
  std::error_code error;
  std::filesystem::path path = name.find('/') == std::string::npos ? found_in_path(name) : name;
  line.program = std::filesystem::absolute(path, error).string();
  return line;
}

Upgrade::Upgrade(boost::asio::io_context &io, CommandLine command, TakenOver taken_over)
    : command_(std::move(command)), taken_over_(std::move(taken_over)), words_from_it_(io), deadline_(io) {}

Upgrade::~Upgrade() {
  cancel();
}

void Upgrade::cancel() {
  if (!runs()) return;
  WEIR_LOG(notice, "upgrade: process %d is not waited for any more", child_);
  reap();
}

void Upgrade::start(const std::vector<HandedSocket> &sockets, uint64_t within_us) {
  if (runs()) {
    WEIR_LOG(warn, "upgrade: process %d is still starting; nothing else is done", child_);
    return;
  }
  int pipe[2];
  if (::pipe2(pipe, O_CLOEXEC) != 0) return failed(std::strerror(errno));
  auto child = spawn(sockets, pipe[1]);
  ::close(pipe[1]);
  if (!child) {
    ::close(pipe[0]);
    return failed(child.error().text);
  }
  child_ = *child;
  WEIR_LOG(notice, "upgrade: %s is started as process %d, with %zu listening sockets", command_.program.c_str(), child_,
           sockets.size());
  words_.clear();
  words_from_it_.assign(pipe[0]);
  listen_to_it();
  deadline_.expires_after(std::chrono::microseconds(within_us));
  deadline_.async_wait([this, child = child_](boost::system::error_code error) {
    if (!error && child_ == child) failed("it was not ready in time (upgrade_timeout)");
  });
}

Result<pid_t> Upgrade::spawn(const std::vector<HandedSocket> &sockets, int launch_fd) const {
  // What a library or a plugin opened without the mark must not stay open in the new process.
  ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
  SpawnPlan plan(sockets, launch_fd);
  std::vector<char *> arguments;
  for (const std::string &argument : command_.arguments) arguments.push_back(const_cast<char *>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t child = -1;
  int error = ::posix_spawn(&child, command_.program.c_str(), &plan.actions, &plan.attributes, arguments.data(),
                            plan.environment.data());
  if (error != 0) return Error{"cannot start " + command_.program + ": " + std::strerror(error)};
  return child;
}

void Upgrade::listen_to_it() {
  words_from_it_.async_read_some(boost::asio::buffer(piece_),
                                 [this, child = child_](boost::system::error_code error, size_t n) {
                                   if (error == boost::asio::error::operation_aborted || child_ != child) return;
                                   words_.append(piece_.data(), n);
                                   if (error || words_.size() > kMostWords) return has_spoken();
                                   listen_to_it();
                                 });
}

void Upgrade::has_spoken() {
  if (words_ != Launch::kStarted) return failed(trimmed(words_));
  pid_t successor = std::exchange(child_, -1);
  deadline_.cancel();
  words_from_it_.close();
  taken_over_(successor);
}

void Upgrade::failed(const std::string &why) {
  std::string text = why;
  if (runs()) {
    std::string end = reap();
    if (text.empty()) text = end;
  }
  WEIR_LOG(err, "upgrade: failed: %s", text.c_str());
  WEIR_LOG(notice, "upgrade: process %d goes on as before", getpid());
}

// Ends it and says how it ended. A process that ends already does not become another's victim by that: its end is
// settled, and its id is its own until it is waited for.
std::string Upgrade::reap() {
  pid_t child = std::exchange(child_, -1);
  boost::system::error_code ignored;
  deadline_.cancel();
  words_from_it_.close(ignored);
  ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return how_it_ended(status);
}

}  // namespace weir::app
