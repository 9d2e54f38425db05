#include "tests/support/servers/relay.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <stdexcept>
#include <vector>

#include "tests/support/servers/wait.h"

namespace weir::test {
namespace {

constexpr size_t kHeldMost = 1 << 20;  // what waits for a peer that does not read

int listen_at(uint16_t port, int backlog) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, reinterpret_cast<sockaddr *>(&at), sizeof at) < 0 || listen(fd, backlog) < 0) {
    throw std::runtime_error(std::string("relay: ") + strerror(errno));
  }
  return fd;
}

int connect_to(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr *>(&at), sizeof at) == 0 || errno == EINPROGRESS) return fd;
  close(fd);
  return -1;
}

void hang_up(int fd, bool reset) {
  linger now{1, 0};
  if (reset) setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(fd);
}

// False: the peer is gone.
bool put_out(int fd, std::string &waiting, size_t most) {
  while (!waiting.empty() && most > 0) {
    ssize_t n = send(fd, waiting.data(), std::min(waiting.size(), most), MSG_NOSIGNAL);
    if (n < 0 && errno == EAGAIN) return true;
    if (n <= 0) return false;
    most -= static_cast<size_t>(n);
    waiting.erase(0, static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

struct Relay::Pair {
  int client, server;
  std::string to_client = {}, to_server = {};
  bool silent = false;  // replies were lost: nothing more may come on this connection
  bool spoilt = false;  // ... and the fault is over: it ends
  Fault met = Fault::none;
};

Relay::Relay(uint16_t to_port) : to_port_(to_port), port_(free_port()), listener_(listen_at(port_, 512)) {
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  stopping_ = true;
  thread_.join();
  close(listener_);
}

void Relay::run() {
  std::list<Pair> pairs;
  std::vector<pollfd> fds;
  while (!stopping_) {
    Fault fault = fault_;
    bool all = reset_all_.exchange(false);
    fds.assign(1, {listener_, POLLIN, 0});
    for (Pair &p : pairs) {
      p.spoilt = p.silent && p.met != fault;
      p.met = fault;
      auto events = [&](const std::string &in, const std::string &out) {
        if (fault == Fault::holds) return short{0};
        return static_cast<short>((in.size() < kHeldMost ? POLLIN : 0) | (out.empty() ? 0 : POLLOUT));
      };
      fds.push_back({p.client, events(p.to_server, p.to_client), 0});
      fds.push_back({p.server, events(p.to_client, p.to_server), 0});
    }
    poll(fds.data(), fds.size(), fault == Fault::trickles ? 1 : 5);
    size_t i = 1;
    for (auto p = pairs.begin(); p != pairs.end(); i += 2) {
      bool stays = !all && !p->spoilt && serve(*p, fds[i].revents, fds[i + 1].revents);
      if (stays) {
        ++p;
        continue;
      }
      hang_up(p->client, all || p->spoilt || p->met == Fault::resets_replies);
      hang_up(p->server, false);
      p = pairs.erase(p);
    }
    if (fds[0].revents == 0) continue;
    int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) continue;
    ++accepted_;
    int server = fault == Fault::closes_at_once ? -1 : connect_to(to_port_);
    if (server < 0) {
      struck_ += fault == Fault::closes_at_once;
      close(fd);
      continue;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    pairs.push_back({fd, server});
  }
  for (Pair &p : pairs) hang_up(p.client, false), hang_up(p.server, false);
}

// False: the pair is to be closed.
bool Relay::serve(Pair &pair, short client_events, short server_events) {
  if (pair.met == Fault::holds) return (client_events & (POLLHUP | POLLERR)) == 0;
  char block[1 << 16];
  if ((client_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
    ssize_t n = recv(pair.client, block, sizeof block, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) return false;
    if (n > 0) pair.to_server.append(block, static_cast<size_t>(n));
  }
  if ((server_events & (POLLIN | POLLHUP | POLLERR)) != 0) {
    ssize_t n = recv(pair.server, block, sizeof block, 0);
    if (n == 0 || (n < 0 && errno != EAGAIN)) {
      put_out(pair.client, pair.to_client, pair.to_client.size());
      return false;
    }
    if (n > 0 && !pass_reply(pair, block, static_cast<size_t>(n))) return false;
  }
  if (!put_out(pair.server, pair.to_server, pair.to_server.size())) return false;
  return put_out(pair.client, pair.to_client, pair.met == Fault::trickles ? 1 : pair.to_client.size());
}

bool Relay::pass_reply(Pair &pair, const char *bytes, size_t len) {
  switch (pair.met) {
    case Fault::swallows:
      ++struck_;
      pair.silent = true;
      return true;
    case Fault::resets_replies:
      ++struck_;
      pair.to_client.append(bytes, len / 2);
      put_out(pair.client, pair.to_client, pair.to_client.size());
      return false;
    case Fault::halves_replies:
      if (pair.silent) return true;
      ++struck_;
      pair.silent = true;
      pair.to_client.append(bytes, len / 2);
      return true;
    case Fault::trickles:
      ++struck_;
      [[fallthrough]];
    case Fault::none:
    case Fault::closes_at_once:
    case Fault::holds:
      pair.to_client.append(bytes, len);
  }
  return true;
}

// ---- the black hole --------------------------------------------------------------------------------------

BlackHole::BlackHole() : port_(free_port()), listener_(listen_at(port_, 0)) {
  for (int &fd : fillers_) fd = connect_to(port_);
}

BlackHole::~BlackHole() {
  for (int fd : fillers_) close(fd);
  close(listener_);
}

}  // namespace weir::test
