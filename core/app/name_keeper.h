// Knows where the servers of a set of pools are: looks up those that are given by name, again every resolve_interval
// and whenever an address is in doubt, and tells when one has moved. A look-up that finds nothing changes nothing.
// Owner: Runtime; it outlives the workers' use of the pools. Thread: control, but for in_doubt().
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/net/resolver.h"
#include "core/route/pool.h"

namespace weir::app {

class NameKeeper final : public upstream::DoubtListener {
 public:
  // The server's connections to addresses that are not its own any more should move.
  using Moved = std::function<void(route::Pool &pool, uint32_t server)>;
  NameKeeper(boost::asio::io_context &io, const std::vector<route::Pool *> &pools, net::NameSource &source,
             Moved moved);
  ~NameKeeper() override;
  NameKeeper(const NameKeeper &) = delete;
  NameKeeper &operator=(const NameKeeper &) = delete;

  // Looks up every name that is not known yet, and calls known when all were answered or have failed, or after
  // kFirstMs; at once when there is none.
  void look_up_first(std::function<void()> known);
  // Keeps them from now on. That names are not known yet has been said before.
  void start();
  // No more look-ups; what is under way is dropped.
  void stop();

  bool has_names() const { return !names_.empty(); }

  void in_doubt(upstream::Backend &backend) override;  // [any]

  static constexpr std::chrono::milliseconds kDoubtMs{1'000};    // at least between two look-ups of one name
  static constexpr std::chrono::milliseconds kUnknownMs{5'000};  // between two look-ups of one that was never found
  static constexpr std::chrono::milliseconds kFirstMs{5'000};

 private:
  struct Name {
    Name(boost::asio::io_context &io, route::Pool &p, uint32_t s) : pool(p), server(s), timer(io) {}
    route::Pool &pool;
    const uint32_t server;
    boost::asio::steady_timer timer;
    std::chrono::steady_clock::time_point asked{};
    bool under_way = false, failing = false, doubted = false;
    upstream::Backend &backend() const { return pool.backends[server]; }
  };
  void look_up(Name &name, std::function<void()> done = {});
  void answered(Name &name, const std::vector<net::SocketAddress> &found, const std::string &error);
  void failed(Name &name, const std::string &error);
  void wait(Name &name);
  std::chrono::microseconds due_in(const Name &name);
  void doubted(const upstream::Backend *backend);
  std::chrono::microseconds jittered(std::chrono::microseconds time);

  boost::asio::io_context &io_;
  net::NameSource &source_;
  const Moved moved_;
  std::deque<Name> names_;
  boost::asio::steady_timer first_;
  bool started_ = false;
  std::minstd_rand random_{std::random_device{}()};
  // Answers and doubts that are on their way hold on to it; null: nobody is there for them any more.
  const std::shared_ptr<NameKeeper *> self_ = std::make_shared<NameKeeper *>(this);
};

// Blocks until all names were looked up once, with nothing else going on. At start.
void look_up_names(const std::vector<route::Pool *> &pools, const std::vector<std::string> &dns);

}  // namespace weir::app
