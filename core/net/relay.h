// Moves bytes from one socket into another without a copy: through a pipe, by splice(2). What the other socket does not
// take is read into chunks, so that the pipe is empty after every call and bytes are counted where all others are.
// Owner: the reactor. Thread: the worker's alone.
#pragma once

#include <sys/types.h>

#include "core/buffer/chain.h"

namespace weir::net {

// The process ignores SIGPIPE: splice(2) knows no MSG_NOSIGNAL.
class Relay {
 public:
  static constexpr size_t kFrom = 64 << 10;   // fewer bytes cost less to copy
  static constexpr size_t kMost = 256 << 10;  // bytes at once

  Relay() = default;
  ~Relay() { close(); }
  Relay(const Relay &) = delete;
  Relay &operator=(const Relay &) = delete;

  // False: there is no pipe, or the system cannot do it; read and write instead.
  bool usable() { return pipe_[0] >= 0 || open(); }
  // As read(2) of at most len bytes; they are written to `to`, and what that does not take is appended to rest, which
  // is empty before. An error of `to` will show again when rest is written.
  ssize_t move(int from, int to, size_t len, ChunkPool &pool, Chain &rest);

 private:
  bool open();
  void close();
  bool drain(size_t len, ChunkPool &pool, Chain &rest);

  int pipe_[2] = {-1, -1};
  bool refused_ = false;
};

}  // namespace weir::net
