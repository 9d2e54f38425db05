#include "core/app/worker.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

#include "core/base/heap.h"

namespace weir::app {

Worker::Worker(uint32_t id, StatsPage &stats, std::vector<route::Pool *> pools, uint64_t memory_limit,
               WorkerEvents events)
    : id_(id), pools_(std::move(pools)), events_(std::move(events)), reactor_(id, stats) {
  reactor_.memory_limit = memory_limit;
}

Worker::~Worker() {
  join();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::join() {
  if (thread_.joinable()) thread_.join();
}

void Worker::take_client(route::Pool &pool, int fd, bool refused) {
  reactor_.clients.fetch_add(1, std::memory_order_relaxed);
  post([this, &pool, fd, refused] {
    client::Front &front = *front_of(pool);
    front.accept(fd, refused);
    if (draining_) front.drain();
  });
}

// A client is held back by the pool it belongs to, and may be so for a server of another pool.
void Worker::trip_noted() {
  post([this] {
    if (--trips_ > 0) return;
    for (auto &front : fronts_) front->release_held();
    for (auto &replaced : replaced_) replaced.front->release_held();
  });
}

void Worker::addresses_changed(route::Pool &pool, uint32_t server) {
  post([this, &pool, server] {
    if (client::Front *front = front_of(pool); front != nullptr) front->upstream.addresses_changed(server);
  });
}

void Worker::probe_servers() {
  post([this] {
    probes_ = true;
    for (auto &front : fronts_) front->upstream.start_probes();
  });
}

void Worker::leave() {
  post([this] { leaving_ = true; });
}

void Worker::drain() {
  post([this] {
    leaving_ = draining_ = true;
    for (auto &front : fronts_) front->drain();
    for (auto &replaced : replaced_) replaced.front->drain();
  });
}

void Worker::stop_now() {
  post([this] { stopped_ = true; });
}

void Worker::server_tripped(uint32_t pool, uint32_t server) {
  ++trips_;
  events_.server_tripped(id_, pool, server);
}

void Worker::server_probed(uint32_t pool, uint32_t server, bool good, const std::string &why) {
  events_.server_probed(pool, server, good, why);
}

void Worker::run() {
  // Signals are the control thread's, also those that it does not read.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), ("weir-" + std::to_string(id_)).c_str());
  reactor_.timers.serve_this_thread();
  for (route::Pool *pool : pools_) open_front(*pool);
  link_fronts(true);
  serve();
  for (auto &front : fronts_) front->close_all();
  for (auto &replaced : replaced_) replaced.front->close_all();
  replaced_.clear();
  fronts_.clear();
  events_.finished(id_);
}

// Whoever may send to another pool learns of its front; to be called again when fronts were replaced.
void Worker::link_fronts(bool all) {
  for (auto &front : fronts_) {
    if (all || front->reach.spare() == nullptr) front->set_spare(front_named(front->settings.failover_pool));
  }
  // Their rows are known now.
  for (auto &front : fronts_) {
    if (!all && front->reach.uses_targets()) continue;
    client::Reach::Fronts targets;
    for (const route::Target &target : front->pool.targets) targets.push_back(front_named(target.name));
    front->set_targets(targets);
  }
}

client::Front *Worker::front_named(const std::string &pool) {
  auto found =
      std::find_if(fronts_.begin(), fronts_.end(), [&pool](const auto &f) { return f->settings.name == pool; });
  return found == fronts_.end() ? nullptr : found->get();
}

void Worker::serve() {
  while (!stopped_ && !(leaving_ && drained())) {
    reactor_.turn(next_deadline());
    for (auto &front : fronts_) {
      front->upstream.check_time(reactor_.now_us);
      front->wake_waiters();
    }
    reactor_.timers.run();
    if (!replaced_.empty()) leave_pools();
    if (next_tick_us_ != 0 && reactor_.now_us >= next_tick_us_) tick();
    if (next_tick_us_ == 0) next_tick_us_ = reactor_.now_us + kTickUs;
  }
}

bool Worker::drained() const {
  return std::all_of(fronts_.begin(), fronts_.end(), [](const auto &front) { return front->clients() == 0; }) &&
         std::all_of(replaced_.begin(), replaced_.end(), [](const auto &l) { return l.front->clients() == 0; });
}

// Once a second while there is anything to look after: slow clients, and memory to give back.
void Worker::tick() {
  bool busy = false, more = false;
  auto look_after = [&](client::Front &front) {
    if (!front.wants_checks()) return;
    busy = true;
    more = front.check_time(reactor_.now_us, !checking_) || more;
  };
  for (auto &front : fronts_) look_after(*front);
  for (auto &replaced : replaced_) look_after(*replaced.front);
  checking_ = more;
  if (more) {  // there are very many clients: requests come in between
    next_tick_us_ = reactor_.now_us + kTickUs / 100;
    return;
  }
  if (give_memory_back()) busy = true;
  idle_ticks_ = busy ? 0 : idle_ticks_ + 1;
  next_tick_us_ = reactor_.now_us + kTickUs;
}

// What the last second had no use for. False: there was nothing. Whatever is done takes a request, so that there is
// something to give back at least once after the last thing that was done.
bool Worker::give_memory_back() {
  bool freed = reactor_.requests.trim();
  freed = reactor_.chunks.trim() || freed;
  if (!freed) return false;
  reactor_.out.trim();
  client::RequestArrays::of_this_thread().trim();
  upstream::ReplyArrays::of_this_thread().trim();
  heap::give_back();
  return true;
}

uint64_t Worker::next_deadline() {
  // After some quiet ticks nothing is left to look after: sleep until something happens.
  uint64_t next = idle_ticks_ < 4 ? next_tick_us_ : 0;
  if (next == 0) next_tick_us_ = 0;
  if (idle_ticks_ >= 4) idle_ticks_ = 0;
  auto not_after = [&next](uint64_t due) {
    if (due != 0 && (next == 0 || due < next)) next = due;
  };
  not_after(reactor_.timers.next_us());
  for (auto &front : fronts_) not_after(front->upstream.next_check_us());
  for (auto &replaced : replaced_) {
    not_after(replaced.front->upstream.next_check_us());
    not_after(replaced.ended ? reactor_.now_us : replaced.until_us);
  }
  return next;
}

// ---- pools that change
// ---------------------------------------------------------------------------------------------------

client::Front *Worker::front_of(const route::Pool &pool) {
  for (auto &front : fronts_) {
    if (&front->pool == &pool) return front.get();
  }
  for (auto &replaced : replaced_) {
    if (&replaced.front->pool == &pool) return replaced.front.get();
  }
  return nullptr;
}

void Worker::open_front(route::Pool &pool) {
  fronts_.push_back(std::make_unique<client::Front>(reactor_, pool, *this));
  if (pool.settings.preconnect) fronts_.back()->upstream.connect_all();
  if (probes_) fronts_.back()->upstream.start_probes();
}

void Worker::change_pools(std::vector<PoolChange> changes, uint64_t memory_limit) {
  post([this, changes = std::move(changes), memory_limit] {
    reactor_.memory_limit = memory_limit;
    for (const PoolChange &change : changes) {
      if (change.now != nullptr) open_front(*change.now);
    }
    for (const PoolChange &change : changes) {
      if (change.before != nullptr) replace(change);
    }
    link_fronts(false);
    // What has arrived with this turn goes the way that was there when it did.
    reactor_.later([this] {
      link_fronts(true);
      events_.pools_changed();
    });
  });
}

void Worker::replace(const PoolChange &change) {
  auto place = std::find_if(fronts_.begin(), fronts_.end(), [&](const auto &f) { return &f->pool == change.before; });
  std::unique_ptr<client::Front> old = std::move(*place);
  fronts_.erase(place);
  client::Front *successor = change.now == nullptr ? nullptr : front_of(*change.now);
  auto hand_over = [&](client::Front &front) { successor != nullptr ? front.hand_over(*successor) : front.drain(); };
  // Those that were on their way to this one go on to its successor.
  for (auto &replaced : replaced_) {
    if (replaced.front->successor() == old.get()) hand_over(*replaced.front);
  }
  hand_over(*old);
  replaced_.push_back({std::move(old), 0});
}

// Whether clients of another one may still send requests to its servers. Without clients it is not: pools may send to
// each other, and would wait for each other's end.
bool Worker::is_needed(const client::Front &front) const {
  return std::any_of(replaced_.begin(), replaced_.end(), [&front](const auto &other) {
    return other.front && other.front->clients() > 0 && other.front->reach.uses(&front);
  });
}

// After a turn: pools whose clients have gone end with the last answer, or some time later.
void Worker::leave_pools() {
  std::erase_if(replaced_, [this](Replaced &replaced) {
    client::Front &front = *replaced.front;
    if (replaced.ended) {
      route::Pool *pool = &front.pool;
      replaced.front.reset();
      events_.pool_left(pool);
      return true;
    }
    front.upstream.check_time(reactor_.now_us);
    front.wake_waiters();
    if (front.clients() > 0 || is_needed(front)) {
      replaced.until_us = 0;
      return false;
    }
    if (replaced.until_us == 0) replaced.until_us = reactor_.now_us + kLeaveUs;
    if (!front.is_done()) {
      if (reactor_.now_us < replaced.until_us) return false;
      if (front.upstream.is_awaited()) {  // by clients of a pool whose spare, or target, it was
        replaced.until_us = reactor_.now_us + kTickUs;
        return false;
      }
    }
    for (auto &other : replaced_) {
      if (other.front) other.front->forget_pool(front);
    }
    front.upstream.end();
    replaced.ended = true;
    return false;
  });
}

}  // namespace weir::app
