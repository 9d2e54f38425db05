// The admin port: one line with a command, its answer, and the connection ends. The answer's first line is "ok" or
// "error"; the rest is for people. Owned by the control thread; everything here runs in its loop.
#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace weir::admin {

// Called once, at once or later.
using Reply = std::function<void(const Result<std::string> &)>;

struct Command {
  const char *name;
  const char *help;
  std::function<void(const Reply &)> run;
};

class CommandPort {
 public:
  static constexpr size_t kMostConnections = 16;  // more are closed at once
  static constexpr size_t kLongestLine = 256;
  static constexpr std::chrono::milliseconds kPatience{5'000};  // for the line, and for taking the answer

  CommandPort(boost::asio::io_context &, std::vector<Command>);
  ~CommandPort();
  CommandPort(const CommandPort &) = delete;
  CommandPort &operator=(const CommandPort &) = delete;

  // A connected descriptor; it is taken over.
  void serve(int fd);
  // Has the line answered: `then` gets the whole answer.
  void answer(std::string line, const std::function<void(std::string)> &then) const;

 private:
  class Session;
  boost::asio::io_context &io_;
  const std::vector<Command> commands_;
  std::shared_ptr<size_t> open_;  // sessions may outlive the port
};

}  // namespace weir::admin
