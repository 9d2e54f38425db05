#include "core/app/signals.h"

#include <boost/asio/buffer.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/base/log.h"

namespace weir::app {

namespace {

constexpr int kEnds[] = {SIGTERM, SIGINT};
constexpr int kRequests[] = {SIGHUP, SIGTTIN, SIGTTOU, SIGUSR1, SIGUSR2};

sigset_t requests() {
  sigset_t set;
  sigemptyset(&set);
  for (int number : kRequests) sigaddset(&set, number);
  return set;
}

sigset_t all() {
  sigset_t set = requests();
  for (int number : kEnds) sigaddset(&set, number);
  return set;
}

// Blocked, they wait to be read; fails only without descriptors, like all else that the loop is made of.
int read_instead(const sigset_t &set) {
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  int fd = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  return fd;
}

}  // namespace

void Signals::hold() {
  sigset_t set = requests();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signals::Signals(boost::asio::io_context &control, Handlers handlers)
    : come_(control, read_instead(all())), handlers_(std::move(handlers)) {
  std::signal(SIGPIPE, SIG_IGN);
  wait();
}

void Signals::cancel() {
  come_.cancel();
}

void Signals::wait() {
  come_.async_read_some(boost::asio::buffer(&next_, sizeof next_),
                        [this](const boost::system::error_code &error, size_t) {
                          if (error) return;  // cancelled; this may be gone
                          int number = static_cast<int>(next_.ssi_signo);
                          wait();  // first, since a handler may cancel()
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
