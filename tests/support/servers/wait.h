// Waiting for a condition with a deadline, temporary folders, ports: what every server of a test needs. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace weir::test {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// How much slower than a plain build this one may be: WEIR_TEST_TIME_SCALE, 1 when unset.
double time_scale();
milliseconds scaled(milliseconds);
// True where work is cut down because a sanitizer or valgrind slows the proxy: WEIR_TEST_TIME_SCALE > 1.
bool slow_build();
// How long anything that must happen may take.
inline milliseconds patience() {
  return scaled(milliseconds(10'000));
}

// Polls until done() is true. False: it was not within the deadline.
bool eventually(const std::function<bool()> &done, milliseconds within = patience());

// A folder of its own, removed with all it holds.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir &) = delete;
  TempDir &operator=(const TempDir &) = delete;
  const std::string &path() const { return path_; }
  std::string file(const std::string &name) const { return path_ + "/" + name; }
  std::string write(const std::string &name, const std::string &text) const;  // returns its path

 private:
  std::string path_;
};

std::string read_whole(const std::string &path);  // empty when there is no such file
bool exists(const std::string &path);

// A TCP port that nothing listens on, kept from other tests for the life of this process. It lies below the range the
// kernel takes outgoing connections' ports from, so that no connection can sit on it when a server wants it back.
uint16_t free_port();

// Whether something listens there; makes no connection, so that nothing is counted.
bool is_listening(uint16_t port);
bool is_listening(uint16_t port, const std::string &ipv4);  // at this address alone
bool is_listening(const std::string &unix_path);

}  // namespace weir::test
