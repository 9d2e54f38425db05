// Which server a hash belongs to, for one set of live servers. Immutable once built: the control thread builds a new
// one when a server goes down or comes back, workers read whichever is current. Owner: the pool. Thread: built and
// dropped by control, read by all.
//
// A ring either leaves servers that are down out of its table, or keeps them there: then their keys stay theirs, and
// whoever sends has to look (diverts()).
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "core/base/result.h"
#include "core/plugin/instance.h"
#include "core/route/slow_start.h"
#include "core/upstream/backend.h"

namespace weir::route {

// How a server stands.
struct Standing {
  // NOLINTNEXTLINE(google-explicit-constructor): up or down is all that most have to say
  Standing(bool is_up = true, uint64_t since_us = 0) : up(is_up), back_since_us(since_us) {}
  bool up;
  uint64_t back_since_us;  // not 0: it came back then, and gets its keys by and by
};
using Standings = std::vector<Standing>;

class Ring {
 public:
  struct Rules {
    bool keeps_down = false;  // in the table
    uint64_t slow_start_us = 0;
  };
  // old: the ring this one replaces, or null.
  static Result<std::unique_ptr<Ring>> build(const plugin::Instance &dist,
                                             const std::deque<upstream::Backend> &backends, Standings standings,
                                             const Rules &rules, const Ring *old);
  Ring(const Ring &) = delete;
  Ring &operator=(const Ring &) = delete;

  const void *table() const { return home_->built; }
  bool alive(uint32_t server) const { return standings_[server].up; }
  uint32_t live() const { return live_; }
  uint32_t size() const { return size_; }
  // Nobody is in the table.
  bool empty() const { return empty_; }
  // There are several in it, and what it says is all there is to say.
  bool simple() const { return simple_; }
  // Keys may belong to servers that are down, or not back yet: they have to go elsewhere.
  bool diverts() const { return diverts_; }
  // Some servers are not back yet for all their keys, which are where fallback_table() says.
  bool warms() const { return fallback_ != nullptr; }
  const void *fallback_table() const { return fallback_->built; }
  // part: the key, or what is hashed of it.
  bool has_come_back(uint32_t server, weir_bytes part, uint64_t now_us) const {
    uint64_t since = standings_[server].back_since_us;
    return since == 0 || is_back(part, since, rules_.slow_start_us, now_us);
  }
  // Tells a ring from those before and after it; an address may be used again.
  uint64_t epoch() const { return epoch_; }

 private:
  // What the distribution built for some of the servers. Rings that follow each other may share it.
  struct Table {
    Table(const plugin::Instance &with, void *what, std::vector<uint8_t> who)
        : dist(with), built(what), servers(std::move(who)) {}
    ~Table();
    Table(const Table &) = delete;
    Table &operator=(const Table &) = delete;
    const plugin::Instance &dist;
    void *const built;
    const std::vector<uint8_t> servers;
  };
  using SharedTable = std::shared_ptr<const Table>;  // [control]
  static Result<SharedTable> lay_out(const plugin::Instance &dist, const std::deque<upstream::Backend> &backends,
                                     std::vector<uint8_t> servers, const Ring *old);

  Ring(Standings standings, const Rules &rules, SharedTable home, SharedTable fallback, uint64_t epoch);
  const Standings standings_;
  const Rules rules_;
  const SharedTable home_, fallback_;  // the latter null unless servers warm up
  const uint32_t size_;
  const uint64_t epoch_;
  uint32_t live_ = 0;
  bool diverts_ = false, empty_ = false, simple_ = false;
};

}  // namespace weir::route
