// A DNS server that says what a test tells it to, over UDP on loopback. One thread answers; the object is owned by the
// test and may be told new things from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::test {

class FakeDns {
 public:
  FakeDns();
  ~FakeDns();
  FakeDns(const FakeDns &) = delete;
  FakeDns &operator=(const FakeDns &) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  // From now on the name stands for these addresses, IPv4 or IPv6; for none: it exists and has no address. Names that
  // were never set do not exist.
  void set(const std::string &name, std::vector<std::string> addresses);
  void forget(const std::string &name);
  enum class Mood { answers, fails, silent };  // fails: SERVFAIL
  void set_mood(Mood mood) { mood_ = mood; }
  // How often the name's IPv4 addresses were asked for.
  int asked(const std::string &name) const;

 private:
  void serve();
  std::string answer(const std::string &query);
  std::vector<std::string> look_up(const std::string &name, uint16_t type, bool &known);

  int socket_, end_;
  uint16_t port_;
  std::atomic<Mood> mood_{Mood::answers};
  mutable std::mutex mutex_;  // over the maps
  std::map<std::string, std::vector<std::string>> names_;
  std::map<std::string, int> asked_;
  std::thread thread_;
};

}  // namespace weir::test
