// Going into the background the way twemproxy does.
#pragma once

#include <string>
#include "core/base/result.h"

namespace weir::app {

// The process that was started waits until the one in the background says how its start went, and ends accordingly.
class Launch {
 public:
  static constexpr const char *kStarted = "started";  // what it hears of a start that went well
  explicit Launch(int fd) : fd_(fd) {}
  ~Launch();  // without a word: the waiting process takes it for a failure
  Launch(Launch &&other) noexcept;
  Launch &operator=(Launch &&) = delete;

  void succeeded();                      // it ends with exit code 0
  void failed(const std::string &text);  // it prints the text and ends with exit code 1

 private:
  void tell(const std::string &word);
  int fd_;
};

// [control] Forks twice and returns in the grandchild: in a session of its own that it does not lead, umask 0, standard
// streams on /dev/null, same working folder. Must be called before any thread, event loop or pid file is made.
Result<Launch> daemonize();

}  // namespace weir::app
