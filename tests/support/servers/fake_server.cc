#include "tests/support/servers/fake_server.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir::test {

FakeServer::FakeServer(Script script) : script_(std::move(script)), port_(free_port()) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int one = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port_);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener_, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0 || listen(listener_, 128) < 0) {
    throw StreamError(std::string("scripted server: ") + strerror(errno));
  }
  acceptor_ = std::thread([this] { accept_loop(); });
}

FakeServer::~FakeServer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (Stream &s : streams_) {
      if (s.fd() >= 0) s.abort();
    }
  }
  for (std::thread &t : threads_) t.join();
  close(listener_);
}

void FakeServer::accept_loop() {
  for (;;) {
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0 && errno == EINTR) continue;
    if (fd < 0) return;
    ++accepted_;
    std::lock_guard lock(mutex_);
    Stream *stream = &streams_.emplace_back(fd);
    threads_.emplace_back([this, stream] {
      try {
        script_(*stream);
      } catch (const StreamError &) {
      }
      std::lock_guard closing(mutex_);
      stream->close();
    });
  }
}

FakeServer::Script FakeServer::answering(std::function<std::string(const std::vector<std::string> &)> answer) {
  return [answer](Stream &s) {
    for (;;) s.send(answer(s.read_request()));
  };
}

FakeServer::Script FakeServer::silent() {
  return [](Stream &s) { s.read_until_close(); };
}

}  // namespace weir::test
