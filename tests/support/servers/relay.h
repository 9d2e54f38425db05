// Stands between weir and a real server and does to the connection what networks do: cuts it, holds it, lets it
// trickle. Replies stay the server's own, so that they can be checked. One thread of its own; all else from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

namespace weir::test {

class Relay {
 public:
  enum class Fault : uint8_t {
    none,
    closes_at_once,  // whoever connects is closed without a word
    resets_replies,  // half of what the server says next, then RST; again for each new connection
    halves_replies,  // half of what the server says next, then silence; RST when the fault is over
    trickles,        // the server's words byte by byte
    holds,           // nothing goes through in either direction until the fault is another; then all of it
    swallows,        // requests go to the server, its replies to nobody; RST when it is over
  };
  explicit Relay(uint16_t to_port);
  ~Relay();
  Relay(const Relay &) = delete;
  Relay &operator=(const Relay &) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  uint16_t port() const { return port_; }
  void set(Fault fault) { fault_ = fault; }
  void reset_all() { reset_all_ = true; }  // RST to everyone who is connected now
  int accepted() const { return accepted_; }
  int struck() const { return struck_; }  // how many connections a fault has met

 private:
  struct Pair;
  void run();
  bool serve(Pair &pair, short client_events, short server_events);
  bool pass_reply(Pair &pair, const char *bytes, size_t len);
  const uint16_t to_port_, port_;
  int listener_;
  std::atomic<Fault> fault_{Fault::none};
  std::atomic<bool> reset_all_{false}, stopping_{false};
  std::atomic<int> accepted_{0}, struck_{0};
  std::thread thread_;
};

// An address at which connects are neither accepted nor refused: the queue of its listening socket is full.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  BlackHole(const BlackHole &) = delete;
  BlackHole &operator=(const BlackHole &) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  uint16_t port_;
  int listener_;
  int fillers_[4] = {-1, -1, -1, -1};
};

}  // namespace weir::test
