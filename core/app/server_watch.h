// One server's ups and downs: what was seen of it, and what follows from that. It knows no clock and no socket.
//
//   up -- failure limit reached, or `fall` bad probes in a row --> down
//   down -- `rise` good probes in a row; without probes, when the retry time has come --> up
//
// A server that came back warms up for the slow start, which takes nothing away from being up.
// Owner: HealthKeeper. Thread: control.
#pragma once

#include <cstdint>

#include "core/route/ring.h"

namespace weir::app {

class ServerWatch {
 public:
  struct Rules {
    bool probes = false;  // there are some: nothing else brings a server back
    uint32_t rise = 0, fall = 0;
    uint64_t retry_us = 0;
    uint64_t slow_start_us = 0;
  };
  explicit ServerWatch(const Rules &rules) : rules_(rules) {}

  // Each tells whether the standing changed.
  bool tripped(uint64_t now_us);  // requests failed as often as the limit says
  bool probed(bool good, uint64_t now_us);
  bool time_passed(uint64_t now_us);
  // It stands as that one does, under its own rules; to begin with.
  void take_over(const ServerWatch &before, uint64_t now_us);
  // When time_passed() has something to do; 0 = never.
  uint64_t next_us() const { return up_ ? warm_at_us_ : retry_at_us_; }

  bool up() const { return up_; }
  bool warms() const { return up_ && warm_at_us_ != 0; }
  route::Standing standing() const { return {up_, warms() ? back_since_us_ : 0}; }
  // Probes in a row that spoke against how it stands.
  uint32_t contrary() const { return contrary_; }

 private:
  bool go_down(uint64_t now_us);
  bool come_back(uint64_t now_us);

  Rules rules_;
  bool up_ = true;
  uint32_t contrary_ = 0;
  uint64_t retry_at_us_ = 0, back_since_us_ = 0, warm_at_us_ = 0;
};

}  // namespace weir::app
