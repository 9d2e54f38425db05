#include "core/app/listeners.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "core/net/resolver.h"
#include "core/net/socket.h"

namespace weir::app {
namespace {

constexpr const char *kUnixKey = "unix:";

Result<net::SocketAddress> socket_address(const config::Address &where) {
  net::SocketAddress address;
  if (net::to_socket_address(where, address)) return address;
  if (where.is_unix()) return Error{"cannot listen on " + where.text + ": the path is too long for a socket"};
  std::string error;
  auto found = net::Resolver::resolve_now(where.host, where.port, error);
  if (found.empty()) return Error{"cannot listen on " + where.text + ": " + error};
  return found.front();
}

}  // namespace

Listeners::Listeners(boost::asio::io_context &io, StatsPage &stats) : io_(io), stats_(stats) {}

Listeners::~Listeners() {
  close_all();
}

std::string Listeners::key(const config::Address &where) {
  return where.is_unix() ? kUnixKey + where.path : where.host + ":" + std::to_string(where.port);
}

Listeners::Place Listeners::find(const std::string &key) {
  return std::find_if(open_.begin(), open_.end(), [&key](const auto &listener) { return listener->key == key; });
}

bool Listeners::has(const config::Address &where) const {
  return std::any_of(open_.begin(), open_.end(), [name = key(where)](const auto &l) { return l->key == name; });
}

// ---- opening ---------------------------------------------------------------------------------------------

Result<bool> Listeners::bind(const config::Address &where, uint32_t backlog, bool reuse_port) {
  const std::string name = key(where);
  auto settle = [&](const Listener &listener) {
    ::listen(listener.fd, static_cast<int>(backlog));  // on a listening socket it only sets the backlog
    if (where.mode != 0) ::chmod(where.path.c_str(), where.mode);
  };
  if (auto there = find(name); there != open_.end()) {
    settle(**there);
    return false;
  }
  auto given =
      std::find_if(adopted_.begin(), adopted_.end(), [&](const auto &listener) { return listener->key == name; });
  if (given != adopted_.end()) {
    settle(**given);
    open_.push_back(std::move(*given));
    adopted_.erase(given);
  } else {
    auto address = socket_address(where);
    if (!address) return address.error();
    auto fd = net::listen_on(where, *address, static_cast<int>(backlog), reuse_port);
    if (!fd) return fd.error();
    add(open_, name, *fd);
  }
  stats_.total_connections.add();
  stats_.curr_connections.add();
  return true;
}

void Listeners::feed(const config::Address &where, Accepted accepted) {
  auto place = find(key(where));
  if (place == open_.end()) return;
  Listener &listener = **place;
  listener.accepted = std::move(accepted);
  if (listener.acceptor) return;
  listener.acceptor = std::make_unique<net::Acceptor>(
      io_, listener.fd, "listening on " + where.text, [&listener](int client) { listener.accepted(client); },
      [this] { return has_room_(); });
}

// ---- sockets of the process before, and for the one after
// -----------------------------------------------------------------------

Listeners::Listener &Listeners::add(std::vector<std::unique_ptr<Listener>> &to, const std::string &key, int fd) const {
  auto listener = std::make_unique<Listener>();
  listener->key = key;
  listener->fd = fd;
  struct stat info {};
  if (key.rfind(kUnixKey, 0) == 0) {
    listener->path = key.substr(std::string(kUnixKey).size());
    if (::lstat(listener->path.c_str(), &info) == 0) {
      listener->device = info.st_dev;
      listener->node = info.st_ino;
    }
  }
  to.push_back(std::move(listener));
  return *to.back();
}

void Listeners::adopt(const std::string &key, int fd) {
  add(adopted_, key, fd).borrowed = true;
}

void Listeners::own_adopted() {
  for (auto *list : {&open_, &adopted_}) {
    for (auto &listener : *list) listener->borrowed = false;
  }
  for (auto &listener : std::exchange(adopted_, {})) end(std::move(listener));
}

std::vector<HandedSocket> Listeners::sockets() const {
  std::vector<HandedSocket> all;
  for (const auto &listener : open_) all.push_back({listener->key, listener->fd});
  return all;
}

void Listeners::hand_over() {
  for (auto &listener : open_) listener->borrowed = true;
  close_all();
}

// ---- closing ---------------------------------------------------------------------------------------------

void Listeners::close(const config::Address &where) {
  auto place = find(key(where));
  if (place == open_.end()) return;
  auto listener = std::move(*place);
  open_.erase(place);
  stats_.curr_connections.sub();
  end(std::move(listener));
}

void Listeners::close_all() {
  for (auto &listener : std::exchange(open_, {})) {
    stats_.curr_connections.sub();
    end(std::move(listener));
  }
  for (auto &listener : std::exchange(adopted_, {})) end(std::move(listener));
}

void Listeners::remove_path(const Listener &listener) const {
  struct stat info {};
  if (listener.borrowed || listener.path.empty() || ::lstat(listener.path.c_str(), &info) != 0) return;
  if (info.st_dev == listener.device && info.st_ino == listener.node) ::unlink(listener.path.c_str());
}

void Listeners::end(std::unique_ptr<Listener> listener) {
  remove_path(*listener);
  if (!listener->acceptor) {
    ::close(listener->fd);
    return;
  }
  listener->acceptor->stop();
  // What the loop has for the acceptor already comes before this.
  boost::asio::post(io_, [dead = std::shared_ptr<Listener>(std::move(listener))] {});
}

}  // namespace weir::app
