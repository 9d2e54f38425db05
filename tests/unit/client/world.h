// A whole data path in one thread: clients on socket pairs, servers on loopback sockets, and in between a Front on a
// Reactor whose turns the test takes. Time passes only as the test says, but for the clock of the requests themselves.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/stats.h"
#include "core/client/front.h"
#include "tests/unit/client/line_protocol.h"
#include "tests/unit/client/test_filter.h"

namespace weir::testing {

// The other end of a connection: what it is told to say is sent as the socket takes it, what comes is gathered.
class Peer {
 public:
  explicit Peer(int fd) : fd_(fd) {}
  ~Peer() { close(); }
  Peer(const Peer &) = delete;
  Peer &operator=(const Peer &) = delete;

  void say(const std::string &text);
  void shut();         // no more is said; it listens on
  void close();        // gone
  void reset();        // gone, by a reset where the socket knows one
  void pump();         // moves bytes both ways
  std::string take();  // and forget

  std::string got;
  bool listens = true;  // false: reads nothing
  bool ended = false;   // the other side says no more
  size_t unsaid() const { return to_say_.size(); }

 private:
  int fd_;
  std::string to_say_;
};

// A server's listening socket and the connections it got, in order.
struct TestServer {
  int fd = -1;
  std::string address;
  std::vector<std::unique_ptr<Peer>> connections;
};

class World : public upstream::EjectionListener {
 public:
  struct Plan {
    uint32_t servers = 1;
    bool handshake = false;
    std::function<void(config::Pool &)> tune = {};
    std::function<void(const Tables &)> rig = {};
    uint32_t filters = 0;  // of those in test_filters()
    uint32_t other_servers =
        0;  // of a second pool, kOther, that requests of the first may be sent to; 0: there is none
  };
  static constexpr uint32_t kOther = 1;
  World() : World(Plan{}) {}
  explicit World(const Plan &plan);
  ~World() override;

  Peer &connect(bool refused = false);
  // The nth connection the server got; turns until there is one.
  Peer &server(uint32_t index, size_t nth = 0);
  void refuse_connections(uint32_t index);  // nobody listens there any more

  void turn();
  // Turns until it holds; false when that takes too long.
  bool until(const std::function<bool()> &holds);
  bool got(Peer &peer, const std::string &text);  // has got exactly this; what it got is forgotten
  // Turns until nothing moves any more: what has not happened by then will not.
  void settle();
  // The time of requests runs out as if this much had passed.
  void pass_us(uint64_t us) { front->upstream.check_time(reactor.now_us + us); }

  void server_tripped(uint32_t, uint32_t server) override { tripped.push_back(server); }
  std::vector<uint32_t> tripped;

  std::vector<TestServer> servers;  // those of the other pool behind the pool's own
  std::unique_ptr<PuppetPool> other_made, made;
  StatsBook book;
  net::Reactor reactor;
  std::unique_ptr<client::Front> other, front;  // other: NULLABLE
  std::deque<std::unique_ptr<Peer>> clients;
  ServerCells &cells(uint32_t server);
  PoolCells &pool_cells() { return *made->pool->counters[0].pool; }

  // Ends everything and tells what is left over: "" when nothing is.
  std::string leftovers();

 private:
  void each_front(const std::function<void(client::Front &)> &see) const;
};

}  // namespace weir::testing
