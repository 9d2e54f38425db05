#include "core/base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <mutex>

namespace weir::log {
namespace {

constexpr size_t kMaxLine = 1024;
constexpr uint64_t kMaxLines = 64;  // at once

struct Sink {
  std::mutex mutex;      // guards pending and dropped; held for a memcpy, never for a write
  std::string pending;   // lines that wait for drain()
  uint64_t dropped = 0;  // lines that found pending full
  std::string file;      // "" = standard error
  int fd = STDERR_FILENO;
  uint64_t unwritten = 0;  // lines that the file did not take, since it last took one
  int write_error = 0;     // why
  bool torn = false;       // it took a part of the last one
  std::atomic<bool> synchronous{true};
  std::atomic<void (*)()> wake{nullptr};
  std::atomic<int> level{static_cast<int>(LogLevel::notice)};
};

Sink &sink() {
  static Sink the_sink;
  return the_sink;
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

// Of whole lines; how much of it the file took.
size_t write_some(Sink &s, std::string_view text) {
  size_t done = 0;
  while (done < text.size()) {
    ssize_t n = ::write(s.fd, text.data() + done, text.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      s.write_error = n < 0 ? errno : EIO;
      break;
    }
    done += static_cast<size_t>(n);
    s.torn = text[done - 1] != '\n';
  }
  return done;
}

// Lines that cannot be written (a full disk) are lost, and counted; the proxy goes on. What was lost is said by the
// first line that can be written again.
void write_lines(Sink &s, std::string_view lines) {
  auto lose = [&s](std::string_view text) {
    s.unwritten += static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n'));
  };
  if (lines.empty()) return;
  if (s.torn && write_some(s, "\n") == 0) return lose(lines);
  if (s.unwritten > 0) {
    std::string said = stamp(LogLevel::err, std::to_string(s.unwritten) + " log lines before this one could not be " +
                                                "written: " + std::strerror(s.write_error));
    if (write_some(s, said) < said.size()) return lose(lines);
    s.unwritten = 0;
  }
  lose(lines.substr(write_some(s, lines)));
}

// Whole lines, so many of them, which stay together.
void put(const std::string &out, uint64_t count) {
  Sink &s = sink();
  if (s.synchronous.load(std::memory_order_relaxed)) return write_lines(s, out);
  bool first = false;
  {
    std::lock_guard lock(s.mutex);
    if (s.pending.size() + out.size() > kMaxPending) {
      s.dropped += count;
    } else {
      first = s.pending.empty();
      s.pending += out;
    }
  }
  if (auto wake = s.wake.load(); first && wake != nullptr) wake();
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
  s.torn = false;
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
  write_lines(s, lines);
  if (dropped > 0) write_lines(s, stamp(LogLevel::warn, std::to_string(dropped) + " log lines were dropped"));
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
  if (enabled(l)) put(stamp(l, text), 1);
}

void lines(LogLevel l, std::string_view head, std::string_view text) {
  if (!enabled(l)) return;
  std::string out;
  uint64_t count = 0;
  for (size_t end = 0; end != std::string_view::npos && count < kMaxLines; ++count) {
    end = text.find('\n');
    out += stamp(l, std::string(head).append(text.substr(0, end)));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  put(out, count);
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
