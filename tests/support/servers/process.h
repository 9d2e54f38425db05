// A child process whose output is kept in files, that ends with the test at the latest and leaves no zombie.
// Used by the thread that made it.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support/servers/wait.h"

namespace weir::test {

// How a process ended.
struct Ended {
  int code = -1;   // of exit(); -1 when a signal ended it
  int signal = 0;  // 0 when it exited
  bool operator==(const Ended &) const = default;
  std::string text() const;
};

class Process {
 public:
  // argv[0] is looked up in PATH. Output goes to <dir>/<name>.out and .err.
  Process(std::string name, std::vector<std::string> argv, const std::string &dir);
  ~Process();  // kills it if need be; when the test failed, shows what it had printed
  Process(const Process &) = delete;
  Process &operator=(const Process &) = delete;

  pid_t pid() const { return pid_; }
  const std::string &name() const { return name_; }
  void signal(int number) const;
  // Nothing when it still runs after the deadline.
  std::optional<Ended> wait(milliseconds within = patience());
  bool running() { return !wait(milliseconds(0)); }
  std::string out() const { return read_whole(out_); }
  std::string err() const { return read_whole(err_); }
  // What a sanitizer reported, empty when nothing.
  std::string sanitizer_report() const;

 private:
  void spawn(const std::vector<std::string> &argv);
  std::string name_, out_, err_;
  pid_t pid_ = -1;
  std::optional<Ended> ended_;
};

// Runs to the end; throws when that takes too long.
struct Finished {
  Ended ended;
  std::string out, err;
};
Finished run(const std::vector<std::string> &argv);

// Daemons started by children become children of this process, so that they can be waited for.
void adopt_orphans();

}  // namespace weir::test
