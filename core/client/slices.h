// Whose large command is worked on next.
//
// A command of more than kSlice keys is dispatched and merged in slices, one slice a turn of the loop, so that nobody
// else's request waits for all of it. However many clients have such a command, a turn does one slice of one of them.
// Owner: Front. Thread: the worker's alone.
#pragma once

#include <cstdint>
#include <deque>

#include "core/net/reactor.h"

namespace weir::client {

class ClientConnection;

constexpr uint32_t kSlice = 4096;  // keys

class Slices {
 public:
  explicit Slices(net::Reactor &reactor) : reactor_(reactor) {}

  // The client's work_slice() is called, once a turn in which it has its turn, until it returns false.
  void add(ClientConnection &client);
  void remove(ClientConnection &client);

 private:
  void run();

  net::Reactor &reactor_;
  std::deque<ClientConnection *> queue_;
  bool expected_ = false;  // run() will be called
};

}  // namespace weir::client
