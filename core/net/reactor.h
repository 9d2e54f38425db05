// What all connections of a worker share: its loop, its memory, its time, and the list of who has something to write.
// Owner: the worker. Thread: the worker's alone, but for post().
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/stats.h"
#include "core/base/timers.h"
#include "core/buffer/chunk.h"
#include "core/message/arena.h"
#include "core/message/inbox.h"
#include "core/message/out_list.h"
#include "core/message/request.h"
#include "core/net/loop.h"
#include "core/net/mailbox.h"
#include "core/net/relay.h"

namespace weir::net {

class Connection;

class Reactor {
 public:
  static constexpr size_t kWindow = 256 << 10;

  Reactor(uint32_t worker_id, StatsPage &stats);
  ~Reactor();
  Reactor(const Reactor &) = delete;
  Reactor &operator=(const Reactor &) = delete;

  const uint32_t worker_id;
  StatsPage &stats;
  Loop loop;
  ChunkPool chunks;
  RequestPool requests;
  Arena arena;
  OutList out;
  Window window;
  Relay relay;
  uint64_t now_us = 0;                 // the monotonic clock, read once a turn
  Timers timers{now_us};               // the owner of the reactor runs them, between turns
  uint64_t memory_limit = UINT64_MAX;  // of memory_in_use()
  std::atomic<uint32_t> clients{0};    // handed to this worker and not yet closed; a change a connection
  size_t other_memory = 0;             // what requests hold outside of chunks

  // What connections and requests hold on this worker, in bytes.
  size_t memory_in_use() const { return chunks.in_use() + requests.in_use() * sizeof(Request) + other_memory; }

  void post(std::function<void()> what) { mailbox_.post(std::move(what)); }  // [any]

  // The connection has output: it is told once when the turn ends.
  void wrote(Connection &connection);
  // A closed connection: destroyed at the end of the turn, when nothing can refer to it any more.
  void bury(std::unique_ptr<Connection> connection);
  // Called at the end of this turn, before output is flushed.
  void later(std::function<void()> what) { later_.push_back(std::move(what)); }

  // One turn: wait for events until deadline_us (monotonic; 0 = none), serve them, flush.
  void turn(uint64_t deadline_us);
  void refresh_clock();

 private:
  void flush();

  std::unique_ptr<uint8_t[]> window_memory_;
  Mailbox mailbox_;
  Connection *dirty_ = nullptr;  // linked by Connection::next_dirty_
  Connection **dirty_end_ = &dirty_;
  std::vector<std::function<void()>> later_;
  std::vector<std::unique_ptr<Connection>> buried_;
};

}  // namespace weir::net
