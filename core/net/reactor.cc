#include "core/net/reactor.h"

#include "core/base/clock.h"
#include "core/net/connection.h"

namespace weir::net {

Reactor::Reactor(uint32_t id, StatsPage &page)
    : worker_id(id), stats(page), requests(chunks), arena(chunks), window_memory_(new uint8_t[kWindow]) {
  window = {window_memory_.get(), kWindow};
  loop.add(mailbox_.fd(), &mailbox_, Loop::kRead);
  refresh_clock();
}

Reactor::~Reactor() {
  loop.remove(mailbox_.fd(), &mailbox_);
}

void Reactor::refresh_clock() {
  now_us = monotonic_us();
}

void Reactor::bury(std::unique_ptr<Connection> connection) {
  buried_.push_back(std::move(connection));
}

void Reactor::flush() {
  // Flushing may give others something to write (a client whose queue emptied reads on): until nobody has.
  while (Connection *connection = dirty_) {
    dirty_ = connection->next_dirty_;
    if (dirty_ == nullptr) dirty_end_ = &dirty_;
    connection->next_dirty_ = nullptr;
    connection->dirty_ = false;
    connection->turn_ends();
  }
}

void Reactor::turn(uint64_t deadline_us) {
  int64_t wait = -1;
  if (!later_.empty() || dirty_ != nullptr) {
    wait = 0;
  } else if (deadline_us != 0) {
    wait = deadline_us > now_us ? static_cast<int64_t>(deadline_us - now_us) : 0;
  }
  loop.wait(wait);
  refresh_clock();  // before anybody reckons with it: the wait may have been long
  loop.serve();
  if (!later_.empty()) {
    std::vector<std::function<void()>> now;
    now.swap(later_);
    for (auto &what : now) what();
  }
  flush();
  buried_.clear();
}

}  // namespace weir::net
