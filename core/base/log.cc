#include "core/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace weir::log {
namespace {

constexpr size_t kMaxLine = 1024;

struct Sink {
  std::mutex mutex;      // guards pending and dropped; held for a memcpy, never for a write
  std::string pending;   // lines that wait for drain()
  uint64_t dropped = 0;  // lines that found pending full
  std::string file;      // "" = standard error
  int fd = STDERR_FILENO;
  std::atomic<bool> synchronous{true};
  std::atomic<void (*)()> wake{nullptr};
  std::atomic<int> level{static_cast<int>(LogLevel::notice)};
};

Sink &sink() {
  static Sink the_sink;
  return the_sink;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    ssize_t n = ::write(fd, text.data(), text.size());
    if (n <= 0) return;  // a log that cannot be written is lost; the proxy goes on
    text.remove_prefix(static_cast<size_t>(n));
  }
}

const char *level_name(LogLevel l) {
  static const char *const kNames[] = {"emerg", "alert", "crit",  "error", "warn",  "notice",
                                       "info",  "debug", "trace", "trace", "trace", "trace"};
  return kNames[static_cast<int>(l)];
}

std::string stamp(LogLevel l, std::string_view text) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm local{};
  localtime_r(&now.tv_sec, &local);
  char head[64];
  size_t len = strftime(head, sizeof head, "[%Y-%m-%d %H:%M:%S", &local);
  len += static_cast<size_t>(std::snprintf(head + len, sizeof head - len, ".%03d] %-6s ",
                                           static_cast<int>(now.tv_nsec / 1'000'000), level_name(l)));
  std::string out(head, len);
  for (char c : text.substr(0, kMaxLine)) out.push_back(static_cast<unsigned char>(c) < 0x20 ? ' ' : c);
  out.push_back('\n');
  return out;
}

}  // namespace

bool open(const std::string &file, int level) {
  set_level(level);
  sink().file = file;
  return reopen();
}

bool reopen() {
  Sink &s = sink();
  if (s.file.empty()) return true;
  int fd = ::open(s.file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  if (s.fd != STDERR_FILENO) ::close(s.fd);
  s.fd = fd;
  return true;
}

void drain() {
  Sink &s = sink();
  std::string lines;
  uint64_t dropped = 0;
  {
    std::lock_guard lock(s.mutex);
    lines.swap(s.pending);
    std::swap(dropped, s.dropped);
  }
  write_all(s.fd, lines);
  if (dropped > 0) write_all(s.fd, stamp(LogLevel::warn, std::to_string(dropped) + " log lines were dropped"));
}

void on_pending(void (*wake)()) {
  sink().wake.store(wake);
}

void synchronous(bool on) {
  drain();
  sink().synchronous.store(on);
}

int descriptor() {
  return sink().fd;
}
int level() {
  return sink().level.load(std::memory_order_relaxed);
}
void set_level(int level) {
  sink().level.store(std::clamp(level, 0, kMaxLevel));
}

void line(LogLevel l, std::string_view text) {
  if (!enabled(l)) return;
  Sink &s = sink();
  std::string out = stamp(l, text);
  if (s.synchronous.load(std::memory_order_relaxed)) return write_all(s.fd, out);
  bool first = false;
  {
    std::lock_guard lock(s.mutex);
    if (s.pending.size() + out.size() > kMaxPending) {
      ++s.dropped;
    } else {
      first = s.pending.empty();
      s.pending += out;
    }
  }
  if (auto wake = s.wake.load(); first && wake != nullptr) wake();
}

void format(LogLevel l, const char *format, ...) {
  char text[kMaxLine];
  va_list args;
  va_start(args, format);
  int len = std::vsnprintf(text, sizeof text, format, args);
  va_end(args);
  if (len > 0) line(l, {text, std::min(static_cast<size_t>(len), sizeof text - 1)});
}

}  // namespace weir::log
