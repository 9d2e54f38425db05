#include "core/app/signals.h"

#include <csignal>
#include <cstring>
#include <utility>

#include "core/base/log.h"

namespace weir::app {

Signals::Signals(boost::asio::io_context &control, Handlers handlers) : set_(control), handlers_(std::move(handlers)) {
  std::signal(SIGPIPE, SIG_IGN);
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2}) set_.add(number);
  wait();
}

void Signals::cancel() {
  set_.cancel();
}

void Signals::wait() {
  set_.async_wait([this](const boost::system::error_code &error, int number) {
    if (error) return;  // cancelled; this may be gone
    wait();             // first, since a handler may cancel()
    handle(number);
  });
}

void Signals::handle(int number) {
  WEIR_LOG(notice, "signal %d (%s) received", number, sigabbrev_np(number));
  switch (number) {
    case SIGTERM:
    case SIGINT:
      return std::exchange(stopping_, true) ? handlers_.stop_now() : handlers_.stop();
    case SIGTTIN:
      return handlers_.change_level(1);
    case SIGTTOU:
      return handlers_.change_level(-1);
    case SIGHUP:
      return handlers_.reopen_log();
    case SIGUSR1:
      return handlers_.reload();
    case SIGUSR2:
      return handlers_.upgrade();
    default:
      return;
  }
}

}  // namespace weir::app
