#include "core/net/relay.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace weir::net {
namespace {

// A pipe has a slot for each piece of a packet, however small the piece.
constexpr int kPipeSize = 1 << 20;

}  // namespace

bool Relay::open() {
  if (refused_) return false;
  if (::pipe2(pipe_, O_NONBLOCK | O_CLOEXEC) != 0) {
    pipe_[0] = pipe_[1] = -1;  // out of descriptors, perhaps: it is tried again
    return false;
  }
  ::fcntl(pipe_[1], F_SETPIPE_SZ, kPipeSize);  // where that is too much, it moves less at a time
  return true;
}

void Relay::close() {
  for (int &end : pipe_) {
    if (end >= 0) ::close(end);
    end = -1;
  }
}

ssize_t Relay::move(int from, int to, size_t len, ChunkPool &pool, Chain &rest) {
  ssize_t got = ::splice(from, nullptr, pipe_[1], nullptr, std::min(len, kMost), SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  if (got <= 0) {
    if (got == 0 || (errno != EINVAL && errno != ENOSYS && errno != EPERM)) return got;
    refused_ = true;
    close();
    errno = EAGAIN;
    return -1;
  }
  size_t left = static_cast<size_t>(got);
  while (left > 0) {
    ssize_t put = ::splice(pipe_[0], nullptr, to, nullptr, left, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (put <= 0) break;
    left -= static_cast<size_t>(put);
  }
  if (drain(left, pool, rest)) return got;
  close();  // with what is left in it
  errno = EIO;
  return -1;
}

bool Relay::drain(size_t len, ChunkPool &pool, Chain &rest) {
  while (len > 0) {
    Chunk *chunk = pool.get(std::min(len, Chain::kMost));
    ssize_t n = ::read(pipe_[0], chunk->bytes(), std::min(len, chunk->cap));
    if (n <= 0) {
      pool.put(chunk);
      if (n < 0 && errno == EINTR) continue;
      return false;
    }
    chunk->end = static_cast<size_t>(n);
    len -= chunk->end;
    rest.append(chunk);
  }
  return true;
}

}  // namespace weir::net
