// The sockets that clients connect to, by address. They outlive pools: one that stays in the configuration stays open,
// and only where its clients go changes. Owner: the runtime. Thread: control.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/app/inheritance.h"
#include "core/base/result.h"
#include "core/base/stats.h"
#include "core/config/settings.h"
#include "core/net/acceptor.h"

namespace weir::app {

class Listeners {
 public:
  // Gets a non-blocking descriptor and owns it.
  using Accepted = std::function<void(int fd)>;

  Listeners(boost::asio::io_context &, StatsPage &);
  ~Listeners();  // closes all
  Listeners(const Listeners &) = delete;
  Listeners &operator=(const Listeners &) = delete;

  // A listening socket at the address, from which nothing is accepted yet. True: it was made or adopted now. False: it
  // had one already, which stays, with the backlog and the mode given; whether it shares its port cannot be changed.
  Result<bool> bind(const config::Address &, uint32_t backlog, bool reuse_port);
  // From now on clients of this address go there. The address must be bound.
  void feed(const config::Address &, Accepted);
  bool has(const config::Address &) const;
  // Before a client is accepted anywhere; while it says no, clients wait in the backlog.
  void ask_first(std::function<bool()> has_room) { has_room_ = std::move(has_room); }

  // Who connects from now on is refused. The path of a unix socket is removed.
  void close(const config::Address &);
  void close_all();

  // A listening socket of the process before this one, by its key(). bind() uses it instead of making one. Its path
  // stays that process's.
  void adopt(const std::string &key, int fd);
  // The process before goes: what was adopted is ours with its paths, and what of it was not used is closed.
  void own_adopted();
  // All that are open, for the process after this one; close_all() would take their paths from it, hand_over() closes
  // them and leaves their paths.
  std::vector<HandedSocket> sockets() const;
  void hand_over();
  // What an address is called in other processes.
  static std::string key(const config::Address &);

 private:
  // One listening socket. Until it is fed clients wait in its backlog.
  struct Listener {
    std::string key;
    int fd = -1;
    std::string path;               // of a unix socket; removed on closing unless another socket has taken its place
    uint64_t device = 0, node = 0;  // which file that is
    bool borrowed = false;          // the process before may still use it, and its path
    Accepted accepted;
    std::unique_ptr<net::Acceptor> acceptor;  // once fed; owns fd then
  };
  using Place = std::vector<std::unique_ptr<Listener>>::iterator;

  Listener &add(std::vector<std::unique_ptr<Listener>> &to, const std::string &key, int fd) const;
  Place find(const std::string &key);
  void remove_path(const Listener &) const;
  void end(std::unique_ptr<Listener>);

  boost::asio::io_context &io_;
  StatsPage &stats_;
  std::function<bool()> has_room_ = [] { return true; };
  std::vector<std::unique_ptr<Listener>> open_, adopted_;
};

}  // namespace weir::app
