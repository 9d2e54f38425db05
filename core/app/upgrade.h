// The program in its present version, started to take this process's place: it gets the listening sockets, and when it
// serves, this process can go. Until then, and when it fails, nothing here changes. Owner: the runtime. Thread:
// control.
#pragma once

#include <sys/types.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/app/inheritance.h"
#include "core/base/result.h"

namespace weir::app {

// How this process was started. The path does not follow links: what lies there later may be another version.
struct CommandLine {
  std::string program;  // absolute
  std::vector<std::string> arguments;

  static CommandLine of(int argc, const char *const *argv);
};

class Upgrade {
 public:
  using TakenOver = std::function<void(pid_t successor)>;
  Upgrade(boost::asio::io_context &, CommandLine, TakenOver);
  ~Upgrade();  // a process that is not ready yet is killed
  Upgrade(const Upgrade &) = delete;
  Upgrade &operator=(const Upgrade &) = delete;

  // Logs what comes of it. Not while one runs.
  void start(const std::vector<HandedSocket> &, uint64_t within_us);
  bool runs() const { return child_ > 0; }
  void cancel();

 private:
  // The process that is starting, or an error.
  Result<pid_t> spawn(const std::vector<HandedSocket> &, int launch_fd) const;
  void listen_to_it();
  void has_spoken();
  void failed(const std::string &why);
  std::string reap();

  const CommandLine command_;
  const TakenOver taken_over_;
  boost::asio::posix::stream_descriptor words_from_it_;
  boost::asio::steady_timer deadline_;
  std::array<char, 1024> piece_{};
  std::string words_;
  pid_t child_ = -1;  // not ready yet
};

}  // namespace weir::app
