#include "core/app/worker.h"

#include <malloc.h>
#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

namespace weir::app {

Worker::Worker(uint32_t id, StatsPage &stats, Pools &pools, uint64_t memory_limit, WorkerEvents events)
    : id_(id), pools_(pools), events_(std::move(events)), reactor_(id, stats) {
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

void Worker::take_client(uint32_t pool, int fd, bool refused) {
  reactor_.clients.fetch_add(1, std::memory_order_relaxed);
  post([this, pool, fd, refused] {
    fronts_[pool]->accept(fd, refused);
    if (draining_) fronts_[pool]->drain();
  });
}

// A client is held back by the pool it belongs to, and may be so for a server of another pool.
void Worker::trip_noted() {
  post([this] {
    if (--trips_ > 0) return;
    for (auto &front : fronts_) front->release_held();
  });
}

void Worker::addresses_changed(uint32_t pool, uint32_t server) {
  post([this, pool, server] { fronts_[pool]->upstream.addresses_changed(server); });
}

void Worker::leave() {
  post([this] { leaving_ = true; });
}

void Worker::drain() {
  post([this] {
    leaving_ = draining_ = true;
    for (auto &front : fronts_) front->drain();
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
  // Signals are the control thread's.
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), ("weir-" + std::to_string(id_)).c_str());
  for (auto &pool : pools_) fronts_.push_back(std::make_unique<client::Front>(reactor_, *pool, *this));
  link_fronts();
  for (auto &front : fronts_) {
    if (front->settings.preconnect) front->upstream.connect_all();
    if (id_ == 0) front->upstream.start_probes();  // one worker is enough to know how a server is
  }
  serve();
  for (auto &front : fronts_) front->close_all();
  fronts_.clear();
  events_.finished(id_);
}

// Whoever may send to another pool learns of its front; to be called again when fronts were replaced.
void Worker::link_fronts() {
  for (auto &front : fronts_) {
    auto spare = std::find_if(fronts_.begin(), fronts_.end(), [&front](const auto &other) {
      return other->settings.name == front->settings.failover_pool;
    });
    front->reach.set_spare(spare == fronts_.end() ? nullptr : spare->get());
  }
}

void Worker::serve() {
  while (!stopped_ && !(leaving_ && drained())) {
    reactor_.turn(next_deadline());
    for (auto &front : fronts_) {
      front->upstream.check_time(reactor_.now_us);
      front->wake_waiters();
    }
    if (next_tick_us_ != 0 && reactor_.now_us >= next_tick_us_) tick();
    if (next_tick_us_ == 0) next_tick_us_ = reactor_.now_us + kTickUs;
  }
}

bool Worker::drained() const {
  return std::all_of(fronts_.begin(), fronts_.end(), [](const auto &front) { return front->clients() == 0; });
}

// Once a second while there is anything to look after: slow clients, and memory to give back.
void Worker::tick() {
  bool busy = false;
  for (auto &front : fronts_) {
    if (!front->wants_checks()) continue;
    busy = true;
    front->check_time(reactor_.now_us);
  }
  if (reactor_.chunks.trim()) {
    malloc_trim(0);
    busy = true;
  }
  reactor_.requests.trim();
  idle_ticks_ = busy ? 0 : idle_ticks_ + 1;
  next_tick_us_ = reactor_.now_us + kTickUs;
}

uint64_t Worker::next_deadline() {
  // After some quiet ticks nothing is left to look after: sleep until something happens.
  uint64_t next = idle_ticks_ < 4 ? next_tick_us_ : 0;
  if (next == 0) next_tick_us_ = 0;
  if (idle_ticks_ >= 4) idle_ticks_ = 0;
  for (auto &front : fronts_) {
    uint64_t due = front->upstream.next_check_us();
    if (due != 0 && (next == 0 || due < next)) next = due;
  }
  return next;
}

}  // namespace weir::app
