#include "core/admin/command_port.h"

#include <unistd.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/base/text.h"

namespace weir::admin {

namespace asio = boost::asio;
using boost::system::error_code;

// Kept alive by its own pending operations.
class CommandPort::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context &io, int fd, const CommandPort &port, std::shared_ptr<size_t> open)
      : socket_(io, fd), deadline_(io), port_(port), open_(std::move(open)) {
    ++*open_;
  }
  ~Session() { --*open_; }

  void start() {
    deadline_.expires_after(kPatience);
    deadline_.async_wait([self = shared_from_this()](const error_code &error) {
      if (!error) self->close();
    });
    asio::async_read_until(socket_, asio::dynamic_buffer(text_, kLongestLine), '\n',
                           [self = shared_from_this()](const error_code &error, size_t len) {
                             if (error) return self->close();
                             self->answer(len);
                           });
  }

 private:
  void answer(size_t len) {
    text_.resize(len - 1);
    text_ = port_.answer(std::move(text_));
    asio::async_write(socket_, asio::buffer(text_),
                      [self = shared_from_this()](const error_code &, size_t) { self->close(); });
  }
  void close() {
    deadline_.cancel();
    error_code ignored;
    socket_.close(ignored);
  }

  asio::posix::stream_descriptor socket_;
  asio::steady_timer deadline_;
  const CommandPort &port_;
  std::shared_ptr<size_t> open_;
  std::string text_;
};

CommandPort::CommandPort(asio::io_context &io, std::vector<Command> commands)
    : io_(io), commands_(std::move(commands)), open_(std::make_shared<size_t>(0)) {}

CommandPort::~CommandPort() = default;

void CommandPort::serve(int fd) {
  if (*open_ >= kMostConnections) {
    ::close(fd);
    return;
  }
  std::make_shared<Session>(io_, fd, *this, open_)->start();
}

std::string CommandPort::answer(std::string line) const {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  std::string help;
  for (const Command &command : commands_) {
    if (line == command.name) {
      Result<std::string> done = command.run();
      std::string text = done ? "ok\n" + *done : "error\n" + done.error().text;
      return text.ends_with('\n') ? text : text + "\n";
    }
    std::string name = command.name;
    name.resize(std::max<size_t>(name.size() + 1, 10), ' ');
    help.append("  ").append(name).append(command.help).append("\n");
  }
  if (line == "help") return "ok\n" + help;
  return "error\nthere is no command '" + json_escape(line) + "'; expected one of\n" + help;
}

}  // namespace weir::admin
