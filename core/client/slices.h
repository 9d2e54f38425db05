// Whose large command is worked on next.
//
// A command of more than kSlice keys is dispatched and merged in slices, one slice a turn of the loop, so that nobody
// else's request waits for all of it. However many clients have such a command, a turn does one slice for one of them.
// Dispatches take turns among each other; merges come one after the other, since a protocol may remember where it
// stands in a merge, but not in any number of them. When there are both, every other slice is a merge's.
//
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <cstdint>
#include <deque>

#include "core/net/reactor.h"

namespace weir::client {

class ClientConnection;

constexpr uint32_t kSlice = 4096;  // keys

// What a client has left to do after a slice.
enum class Left {
  nothing,
  other,  // something, when it is its turn again
  same    // the same, and it goes first
};

class Slices {
 public:
  explicit Slices(net::Reactor &reactor) : reactor_(reactor) {}

  // The client's dispatch_slice(), or merge_slice(), is called as often as there is something left.
  void add_dispatch(ClientConnection &client) { add(dispatches_, client); }
  void add_merge(ClientConnection &client) { add(merges_, client); }
  void remove(ClientConnection &client);

 private:
  using Queue = std::deque<ClientConnection *>;
  void add(Queue &queue, ClientConnection &client);
  void expect_run();
  void run();

  net::Reactor &reactor_;
  Queue dispatches_, merges_;
  bool merge_next_ = false;
  bool expected_ = false;  // run() will be called
};

}  // namespace weir::client
