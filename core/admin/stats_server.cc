#include "core/admin/stats_server.h"

#include <sys/socket.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "core/base/log.h"

namespace weir::admin {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {
constexpr std::chrono::milliseconds kAcceptPause{100};
}

// Accepts as long as fewer than the limit are open. Kept alive by its own pending operations.
class StatsServer::Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  Acceptor(asio::io_context &control, Text text, const Limits &limits)
      : acceptor_(control), pause_(control), text_(std::move(text)), limits_(limits) {}

  error_code open(const std::string &address, uint16_t port) {
    error_code error;
    auto found =
        tcp::resolver(acceptor_.get_executor()).resolve(address, std::to_string(port), tcp::resolver::passive, error);
    if (error) return error;
    tcp::endpoint endpoint = *found.begin();
    if (acceptor_.open(endpoint.protocol(), error)) return error;
    if (acceptor_.set_option(tcp::acceptor::reuse_address(true), error)) return error;
    if (acceptor_.bind(endpoint, error)) return error;
    return acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  }

  error_code adopt(int fd) {
    error_code error;
    sockaddr_storage bound{};
    socklen_t len = sizeof bound;
    if (::getsockname(fd, reinterpret_cast<sockaddr *>(&bound), &len) != 0)
      return {errno, asio::error::get_system_category()};
    return acceptor_.assign(bound.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), fd, error);
  }

  void close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
  }

  void accept();
  void released() {
    if (open_-- == limits_.connections) accept();
  }

  int fd() { return acceptor_.native_handle(); }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }
  size_t connections() const { return open_; }
  std::chrono::milliseconds write_timeout() const { return limits_.write_timeout; }

 private:
  void accept_later();

  tcp::acceptor acceptor_;
  asio::steady_timer pause_;
  const Text text_;
  const Limits limits_;
  size_t open_ = 0;
};

// One connection: written, then closed, or closed when the peer does not take the text in time.
class StatsServer::Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, std::string text, std::shared_ptr<Acceptor> acceptor)
      : socket_(std::move(socket)),
        deadline_(socket_.get_executor()),
        text_(std::move(text)),
        acceptor_(std::move(acceptor)) {}

  void start() {
    deadline_.expires_after(acceptor_->write_timeout());
    deadline_.async_wait([self = shared_from_this()](const error_code &error) {
      if (!error) self->close();
    });
    asio::async_write(socket_, asio::buffer(text_), [self = shared_from_this()](const error_code &, size_t) {
      self->deadline_.cancel();
      self->close();
      self->acceptor_->released();
    });
  }

 private:
  void close() {
    error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  asio::steady_timer deadline_;
  const std::string text_;
  const std::shared_ptr<Acceptor> acceptor_;
};

void StatsServer::Acceptor::accept() {
  if (!acceptor_.is_open()) return;
  acceptor_.async_accept([self = shared_from_this()](const error_code &error, tcp::socket socket) {
    if (error == asio::error::operation_aborted) return;
    if (error) return self->accept_later();
    ++self->open_;
    std::make_shared<Session>(std::move(socket), self->text_(), self)->start();
    if (self->open_ < self->limits_.connections) self->accept();
  });
}

// No descriptor left, most likely: the connection stays in the queue, so trying again at once would only spin.
void StatsServer::Acceptor::accept_later() {
  pause_.expires_after(kAcceptPause);
  pause_.async_wait([self = shared_from_this()](const error_code &error) {
    if (!error) self->accept();
  });
}

StatsServer::StatsServer(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}

StatsServer::~StatsServer() {
  if (acceptor_) acceptor_->close();
}

Result<StatsServer> StatsServer::listen(asio::io_context &control, const std::string &address, uint16_t port, Text text,
                                        const Limits &limits) {
  auto acceptor = std::make_shared<Acceptor>(control, std::move(text), limits);
  if (error_code error = acceptor->open(address, port)) {
    return Error{"cannot listen for statistics on " + address + ":" + std::to_string(port) + ": " + error.message() +
                 "; -a and -s choose another address and port"};
  }
  acceptor->accept();
  return StatsServer(std::move(acceptor));
}

Result<StatsServer> StatsServer::adopt(asio::io_context &control, int fd, Text text, const Limits &limits) {
  auto acceptor = std::make_shared<Acceptor>(control, std::move(text), limits);
  if (error_code error = acceptor->adopt(fd)) {
    return Error{"cannot take the statistics port over: " + error.message()};
  }
  acceptor->accept();
  return StatsServer(std::move(acceptor));
}

int StatsServer::fd() const {
  return acceptor_->fd();
}
uint16_t StatsServer::port() const {
  return acceptor_->port();
}
size_t StatsServer::connections() const {
  return acceptor_->connections();
}

}  // namespace weir::admin
