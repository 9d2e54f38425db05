#include "core/app/signals.h"

#include <csignal>
#include <cstring>
#include <utility>

#include "core/base/log.h"

namespace weir::app {

namespace {

constexpr int kRequests[] = {SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};

void mask(int how) {
  sigset_t set;
  sigemptyset(&set);
  for (int number : kRequests) sigaddset(&set, number);
  pthread_sigmask(how, &set, nullptr);
}

}  // namespace

void Signals::hold() {
  mask(SIG_BLOCK);
}

Signals::Signals(boost::asio::io_context &control, Handlers handlers) : set_(control), handlers_(std::move(handlers)) {
  std::signal(SIGPIPE, SIG_IGN);
  for (int number : {SIGTERM, SIGINT}) set_.add(number);
  for (int number : kRequests) set_.add(number);
  mask(SIG_UNBLOCK);
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
