#include "core/net/connection.h"

#include <cerrno>

namespace weir::net {

Connection::~Connection() {
  detach();
}

bool Connection::attach(int fd, uint32_t interest) {
  transport_ = Transport{};
  transport_.fd = fd;
  interest_ = interest;
  if (reactor_.loop.add(fd, this, interest)) return true;
  transport_.close();
  return false;
}

void Connection::detach() {
  if (open()) {
    reactor_.loop.remove(transport_.fd, this);
    transport_.close();
  }
  interest_ = 0;
  out_.clear(reactor_.chunks);
}

void Connection::change_interest(uint32_t interest) {
  if (!open()) return;
  interest_ = interest;
  reactor_.loop.change(transport_.fd, this, interest);
}

void Connection::want_reading(bool on) {
  set_interest(on ? (interest_ | Loop::kRead) : (interest_ & ~Loop::kRead));
}

void Connection::on_writable() {
  flush();
}

void Connection::flush() {
  if (!open()) return;
  if (out_.empty()) return set_interest(interest_ & ~Loop::kWrite);
  const Chunk *only = out_.only();
  ssize_t written = only != nullptr ? transport_.write(only->data(), only->size()) : write_pieces();
  if (written < 0) {
    if (errno != EAGAIN && errno != EINTR) return on_broken(errno);
    written = 0;
  }
  out_.consume(reactor_.chunks, static_cast<size_t>(written));
  set_interest(out_.empty() ? (interest_ & ~Loop::kWrite) : (interest_ | Loop::kWrite));
  if (written > 0) on_written(static_cast<size_t>(written));
}

ssize_t Connection::write_pieces() {
  iovec pieces[kMaxIov];
  int count = out_.gather(pieces, kMaxIov);
  return transport_.write(pieces, count);
}

}  // namespace weir::net
