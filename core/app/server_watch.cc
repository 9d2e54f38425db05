#include "core/app/server_watch.h"

#include <algorithm>

namespace weir::app {

bool ServerWatch::tripped(uint64_t now_us) {
  return up_ && go_down(now_us);  // several workers, or connections, may say so
}

bool ServerWatch::probed(bool good, uint64_t now_us) {
  if (good == up_) {
    contrary_ = 0;
    return false;
  }
  ++contrary_;
  if (up_) return contrary_ >= rules_.fall && go_down(now_us);
  return contrary_ >= rules_.rise && come_back(now_us);
}

bool ServerWatch::time_passed(uint64_t now_us) {
  if (next_us() == 0 || now_us < next_us()) return false;
  if (!up_) return come_back(now_us);
  warm_at_us_ = 0;
  return true;
}

bool ServerWatch::go_down(uint64_t now_us) {
  up_ = false;
  contrary_ = 0;
  warm_at_us_ = 0;
  retry_at_us_ = rules_.probes ? 0 : now_us + rules_.retry_us;
  return true;
}

bool ServerWatch::come_back(uint64_t now_us) {
  up_ = true;
  contrary_ = 0;
  back_since_us_ = now_us;
  warm_at_us_ = rules_.slow_start_us == 0 ? 0 : now_us + rules_.slow_start_us;
  return true;
}

void ServerWatch::take_over(const ServerWatch &before, uint64_t now_us) {
  if (before.up_) return;
  go_down(now_us);
  if (retry_at_us_ != 0 && before.retry_at_us_ != 0) retry_at_us_ = std::min(retry_at_us_, before.retry_at_us_);
}

}  // namespace weir::app
