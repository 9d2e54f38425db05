#include "core/app/crash.h"

#include <execinfo.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "core/base/log.h"

namespace weir::app {
namespace {

// Only what is safe in a signal handler: write(2), and a backtrace whose library was loaded beforehand.
void last_words(int number) {
  const char *name = number == SIGSEGV ? "SEGV" : number == SIGBUS ? "BUS" : number == SIGFPE ? "FPE" : "ABRT";
  char text[64] = "weir: crashed by signal SIG";
  std::strncat(text, name, 8);
  std::strncat(text, "\n", 2);
  void *frames[64];
  int count = backtrace(frames, 64);
  int fd = log::descriptor();
  if (::write(fd, text, std::strlen(text)) > 0) backtrace_symbols_fd(frames, count, fd);
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void log_crashes() {
  void *frame[1];
  backtrace(frame, 1);  // loads what it needs now
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGABRT}) std::signal(number, &last_words);
}

}  // namespace weir::app
