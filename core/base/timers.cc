#include "core/base/timers.h"

#include <algorithm>

namespace weir {

thread_local Timers *Timers::of_this_thread_ = nullptr;

Timers::Timer *Timers::find(uint64_t id) {
  auto place = static_cast<uint32_t>(id) - 1;  // of 0: none
  if (place >= timers_.size()) return nullptr;
  Timer &timer = timers_[place];
  return timer.owner != nullptr && timer.round == static_cast<uint32_t>(id >> 32) ? &timer : nullptr;
}

uint64_t Timers::add(const void *owner, uint64_t after_us, uint64_t every_us, void (*fn)(void *), void *ud) {
  if (owner == nullptr || fn == nullptr) return 0;
  uint32_t &had = owners_[owner];
  if (had >= kMostOfOne) return 0;
  ++had;
  ++count_;
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(timers_.size()));
    timers_.emplace_back();
  }
  uint32_t place = free_.back();
  free_.pop_back();
  Timer &timer = timers_[place];
  timer = {owner, every_us == 0 ? 0 : std::clamp(every_us, kLeastUs, kMostUs), fn, ud, timer.round + 1};
  uint64_t id = (uint64_t{timer.round} << 32) | (place + 1);
  push(now_us_ + std::clamp(after_us, kLeastUs, kMostUs), id);
  return id;
}

void Timers::push(uint64_t at_us, uint64_t id) {
  due_.push_back({at_us, id});
  std::push_heap(due_.begin(), due_.end(), later);
}

void Timers::free_place(uint32_t place) {
  auto owner = owners_.find(timers_[place].owner);
  if (--owner->second == 0) owners_.erase(owner);
  timers_[place].owner = nullptr;
  free_.push_back(place);
  --count_;
}

void Timers::cancel(const void *owner, uint64_t id) {
  Timer *timer = find(id);
  if (timer == nullptr || timer->owner != owner) return;
  free_place(static_cast<uint32_t>(id) - 1);
  drop_stale();
}

void Timers::cancel_all(const void *owner) {
  if (!owners_.contains(owner)) return;
  for (uint32_t place = 0; place < timers_.size(); ++place) {
    if (timers_[place].owner == owner) free_place(place);
  }
  drop_stale();
}

// Who sets and cancels timers all the time must not fill the heap with those that are no more.
void Timers::drop_stale() {
  if (due_.size() > 2 * count_ + 64) {
    std::erase_if(due_, [this](const Due &due) { return find(due.id) == nullptr; });
    std::make_heap(due_.begin(), due_.end(), later);
  }
  while (!due_.empty() && find(due_.front().id) == nullptr) {
    std::pop_heap(due_.begin(), due_.end(), later);
    due_.pop_back();
  }
}

void Timers::run() {
  while (!due_.empty() && due_.front().at_us <= now_us_) {
    const Due due = due_.front();
    std::pop_heap(due_.begin(), due_.end(), later);
    due_.pop_back();
    const Timer timer = *find(due.id);
    if (timer.every_us == 0) {
      free_place(static_cast<uint32_t>(due.id) - 1);
    } else {
      uint64_t next_us = due.at_us + timer.every_us;
      push(next_us > now_us_ ? next_us : now_us_ + timer.every_us, due.id);
    }
    drop_stale();
    timer.fn(timer.ud);
  }
}

uint64_t Timers::next_us() const {
  return due_.empty() ? 0 : due_.front().at_us;
}

}  // namespace weir
