// Run-time logging. Any thread may log; no thread but the one that calls drain() ever touches the file, so that a full
// disk or a slow terminal cannot hold up a worker.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

// twemproxy's levels, by number.
enum class LogLevel : int { emerg, alert, crit, err, warn, notice, info, debug, verb, vverb, vvverb, pverb };

namespace log {

inline constexpr int kMaxLevel = 11;
// Lines waiting for drain() are bounded; what does not fit is counted, and the count logged.
inline constexpr size_t kMaxPending = 1 << 20;

// [control] Opens file, or standard error when it is empty. False: errno says why.
bool open(const std::string &file, int level);
// [control] Opens the file again, after it was moved away (SIGHUP). False: errno says why; lines go on to the old one.
bool reopen();
// [control] Writes what is waiting. What the file does not take is lost, and counted: that is said as soon as it takes
// something again.
void drain();
// [control] Called, from any thread, when the first line begins to wait. It must not log.
void on_pending(void (*wake)());
// [control] From now on line() writes at once; for start and end, when no worker runs.
void synchronous(bool on);

int descriptor();           // [any] where lines go now; for the last words of a crash
int level();                // [any]
void set_level(int level);  // [any] clamped to 0..kMaxLevel

inline bool enabled(LogLevel l) {
  return static_cast<int>(l) <= level();
}
// [any] One line, cut at 1 KiB. Callers must not pass secrets.
void line(LogLevel l, std::string_view text);
// [any] The same of several lines with '\n' between them, each with head in front: no other thread's come in between.
// At most 64.
void lines(LogLevel l, std::string_view head, std::string_view text);
[[gnu::format(printf, 2, 3)]] void format(LogLevel l, const char *format, ...);

}  // namespace log

// Formats only when the level is on.
#define WEIR_LOG(l, ...)                                                                                  \
  do {                                                                                                    \
    if (::weir::log::enabled(::weir::LogLevel::l)) ::weir::log::format(::weir::LogLevel::l, __VA_ARGS__); \
  } while (0)

}  // namespace weir
