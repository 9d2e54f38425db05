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
    limit_time();
    asio::async_read_until(socket_, asio::dynamic_buffer(text_, kLongestLine), '\n',
                           [self = shared_from_this()](const error_code &error, size_t len) {
                             if (error) return self->close();
                             self->answer(len);
                           });
  }

 private:
  void limit_time() {
    deadline_.expires_after(kPatience);
    deadline_.async_wait([self = shared_from_this()](const error_code &error) {
      if (!error) self->close();
    });
  }
  void answer(size_t len) {
    deadline_.cancel();
    text_.resize(len - 1);
    port_.answer(text_, [self = shared_from_this()](std::string text) { self->write(std::move(text)); });
  }
  void write(std::string text) {
    text_ = std::move(text);
    limit_time();
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

void CommandPort::answer(std::string line, const std::function<void(std::string)> &then) const {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  std::string help;
  for (const Command &command : commands_) {
    if (line == command.name) {
      return command.run([then](const Result<std::string> &done) {
        std::string text = done ? "ok\n" + *done : "error\n" + done.error().text;
        then(text.ends_with('\n') ? text : text + "\n");
      });
    }
    std::string name = command.name;
    name.resize(std::max<size_t>(name.size() + 1, 10), ' ');
    help.append("  ").append(name).append(command.help).append("\n");
  }
  if (line == "help") return then("ok\n" + help);
  then("error\nthere is no command '" + json_escape(line) + "'; expected one of\n" + help);
}

}  // namespace weir::admin
