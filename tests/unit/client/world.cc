#include "tests/unit/client/world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "core/base/clock.h"

namespace weir::testing {
namespace {

[[noreturn]] void give_up(const std::string &why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::abort();
}

TestServer listening() {
  TestServer server;
  server.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof any;
  if (::bind(server.fd, reinterpret_cast<sockaddr *>(&any), len) != 0 || ::listen(server.fd, 16) != 0 ||
      ::getsockname(server.fd, reinterpret_cast<sockaddr *>(&any), &len) != 0) {
    give_up("no loopback socket to be had");
  }
  server.address = "127.0.0.1:" + std::to_string(ntohs(any.sin_port));
  return server;
}

std::vector<TestServer> listening(uint32_t n) {
  std::vector<TestServer> servers;
  for (uint32_t i = 0; i < n; ++i) servers.push_back(listening());
  return servers;
}

std::unique_ptr<PuppetPool> make(const std::vector<TestServer> &servers, size_t from, size_t n,
                                 const std::function<void(config::Pool &)> &tune) {
  std::vector<std::string> addresses;
  for (size_t i = from; i < from + n; ++i) addresses.push_back(servers[i].address);
  auto made = std::make_unique<PuppetPool>(addresses, [&tune](config::Pool &pool) {
    pool.timeout_us = pool.connect_timeout_us = pool.reconnect_delay_us = 0;
    pool.auto_eject_hosts = false;
    tune(pool);
  });
  if (!made->pool) give_up(made->complaints);
  return made;
}

std::unique_ptr<PuppetPool> make_other(const World::Plan &plan, const std::vector<TestServer> &servers) {
  if (plan.other_servers == 0) return nullptr;
  use_line_protocol(puppet_tables(), plan.handshake);
  return make(servers, plan.servers, plan.other_servers, [](config::Pool &pool) { pool.name = "other"; });
}

std::unique_ptr<PuppetPool> make_pool(const World::Plan &plan, const std::vector<TestServer> &servers) {
  Tables tables = puppet_tables();
  use_line_protocol(tables, plan.handshake);
  use_test_filters(tables);
  if (plan.rig) plan.rig(tables);
  return make(servers, 0, plan.servers, [&plan](config::Pool &pool) {
    for (uint32_t i = 0; i < plan.filters; ++i) pool.filters.push_back(test_filter_use(pool.hash, i));
    if (plan.tune) plan.tune(pool);
  });
}

}  // namespace

// ---- Peer
// ------------------------------------------------------------------------------------------------------------

void Peer::say(const std::string &text) {
  to_say_ += text;
  pump();
}

void Peer::shut() {
  while (!to_say_.empty() && fd_ >= 0) pump();
  ::shutdown(fd_, SHUT_WR);
}

void Peer::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void Peer::reset() {
  linger hard{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close();
}

void Peer::pump() {
  while (fd_ >= 0 && !to_say_.empty()) {
    ssize_t n = ::send(fd_, to_say_.data(), to_say_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n <= 0) break;
    to_say_.erase(0, static_cast<size_t>(n));
  }
  static char bytes[64 << 10];
  while (fd_ >= 0 && listens && !ended) {
    ssize_t n = ::recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0) {
      got.append(bytes, static_cast<size_t>(n));
    } else {
      ended = n == 0 || (errno != EAGAIN && errno != EINTR);
      break;
    }
  }
}

std::string Peer::take() {
  std::string all;
  all.swap(got);
  return all;
}

// ---- World
// -----------------------------------------------------------------------------------------------------------

World::World(const Plan &plan)
    : servers(listening(plan.servers + plan.other_servers)),
      other_made(make_other(plan, servers)),
      made(make_pool(plan, servers)),
      book(1),
      reactor(0, book.page(0)) {
  std::signal(SIGPIPE, SIG_IGN);  // as the program does
  if (other_made) {
    other_made->pool->count_in(book, 1);
    made->pool->add_target(kOther, {{"p", plan.servers}, {"other", plan.other_servers}});
    other = std::make_unique<client::Front>(reactor, *other_made->pool, *this);
  }
  made->pool->count_in(book, 1);
  front = std::make_unique<client::Front>(reactor, *made->pool, *this);
  if (other) front->set_targets({other.get()});
}

World::~World() {
  front->close_all();
  front.reset();
  other.reset();
  for (TestServer &server : servers) {
    if (server.fd >= 0) ::close(server.fd);
  }
}

Peer &World::connect(bool refused) {
  int pair[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0) give_up("no socket pair");
  reactor.clients.fetch_add(1);
  if (!refused) made->pool->clients.fetch_add(1);
  front->accept(pair[1], refused);
  return *clients.emplace_back(std::make_unique<Peer>(pair[0]));
}

Peer &World::server(uint32_t index, size_t nth) {
  if (!until([&] { return servers[index].connections.size() > nth; })) give_up("nobody connected to the server");
  return *servers[index].connections[nth];
}

void World::refuse_connections(uint32_t index) {
  ::close(servers[index].fd);
  servers[index].fd = -1;
}

void World::turn() {
  reactor.refresh_clock();
  reactor.turn(reactor.now_us + 1000);
  each_front([this](client::Front &one) {
    one.upstream.check_time(reactor.now_us);
    one.wake_waiters();
  });
  for (TestServer &server : servers) {
    for (int fd = 0;
         server.fd >= 0 && (fd = ::accept4(server.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      server.connections.push_back(std::make_unique<Peer>(fd));
    }
    for (auto &connection : server.connections) connection->pump();
  }
  for (auto &client : clients) client->pump();
}

bool World::until(const std::function<bool()> &holds) {
  uint64_t end = monotonic_us() + 10'000'000;
  while (!holds()) {
    if (monotonic_us() > end) return false;
    turn();
  }
  return true;
}

bool World::got(Peer &peer, const std::string &text) {
  bool whole = until([&] { return peer.got.size() >= text.size() || peer.ended; });
  settle();
  if (!whole || peer.got != text) {
    size_t at = static_cast<size_t>(std::mismatch(text.begin(), text.end(), peer.got.begin(), peer.got.end()).first -
                                    text.begin());
    std::fprintf(stderr, "expected %zu bytes, got %zu; from byte %zu on expected \"%.100s\", got \"%.100s\"\n",
                 text.size(), peer.got.size(), at, text.c_str() + at, peer.got.c_str() + at);
    return false;
  }
  peer.got.clear();
  return true;
}

void World::settle() {
  auto moved = [this] {
    size_t sum = 0;
    auto add = [&sum](const Peer &peer) { sum += peer.got.size() + peer.unsaid() + (peer.ended ? 1 : 0); };
    for (auto &client : clients) add(*client);
    for (auto &server : servers) {
      sum += server.connections.size();
      for (auto &connection : server.connections) add(*connection);
    }
    return sum;
  };
  size_t before = moved();
  for (int quiet = 0; quiet < 8; ++quiet) {
    turn();
    if (size_t now = moved(); now != before) {
      before = now;
      quiet = 0;
    }
  }
}

void World::each_front(const std::function<void(client::Front &)> &see) const {
  see(*front);
  if (other) see(*other);
}

ServerCells &World::cells(uint32_t server) {
  const size_t own = made->pool->backends.size();
  return server < own ? *made->pool->counters[0].servers[server] : *other_made->pool->counters[0].servers[server - own];
}

std::string World::leftovers() {
  front->close_all();
  // Again and again: what was not sent yet, which depends on the system's buffers, is sent over a new connection.
  auto all_ends = [this] {
    for (auto &server : servers) {
      for (auto &connection : server.connections) connection->close();
    }
    bool idle = true;
    each_front([&idle](client::Front &one) { idle = idle && one.upstream.idle(); });
    return idle;
  };
  if (!until(all_ends)) return "a server connection that is not idle";
  settle();
  each_front([](client::Front &one) { one.release_held(); });
  std::string left;
  auto check = [&left](const char *what, uint64_t n) {
    if (n != 0) left += std::string(what) + ": " + std::to_string(n) + "; ";
  };
  check("requests", reactor.requests.in_use());
  check("bytes", reactor.chunks.in_use());
  check("bytes outside of chunks", reactor.other_memory);
  check("watched requests", front->filters.watches());
  check("slow clients", front->slow_clients);
  check("clients", reactor.clients.load());
  check("clients of the pool", made->pool->clients.load());
  check("client connections", pool_cells().client_connections.get());
  check("connections", reactor.stats.curr_connections.get());
  for (uint32_t i = 0; i < servers.size(); ++i) {
    check("server connections", cells(i).server_connections.get());
    check("in_queue", cells(i).in_queue.get());
    check("in_queue_bytes", cells(i).in_queue_bytes.get());
    check("out_queue", cells(i).out_queue.get());
    check("out_queue_bytes", cells(i).out_queue_bytes.get());
  }
  return left;
}

}  // namespace weir::testing
