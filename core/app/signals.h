// What the process does on signals. Owned by the control thread; handlers run there, in its loop.
#pragma once

#include <sys/signalfd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

namespace weir::app {

class Signals {
 public:
  struct Handlers {
    std::function<void()> stop;             // TERM or INT, the first time
    std::function<void()> stop_now;         // TERM or INT, again
    std::function<void(int)> change_level;  // TTIN: +1, TTOU: -1
    std::function<void()> reopen_log;       // HUP
    std::function<void()> reload;           // USR1
    std::function<void()> upgrade;          // USR2
  };

  // What asks for something else than an end waits from here on until there are handlers: whoever finds the pid file,
  // or the port open, may ask at once, and would otherwise end the process.
  static void hold();
  // From here on they are read by the loop: no code runs in a signal handler. Threads that are started after this leave
  // them to it. PIPE is ignored for the life of the process.
  Signals(boost::asio::io_context &, Handlers);
  // Stops waiting, so that the loop can end.
  void cancel();

 private:
  void wait();
  void handle(int number);

  boost::asio::posix::stream_descriptor come_;
  signalfd_siginfo next_{};
  Handlers handlers_;
  bool stopping_ = false;
};

}  // namespace weir::app
