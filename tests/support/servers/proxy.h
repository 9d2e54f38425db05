// The proxy under test, started on a configuration of the test's making. It is the weir of this build, or whatever
// WEIR_TEST_PROXY names; a twemproxy there shows that a story tells the truth. Used by the thread that made it.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/servers/json.h"
#include "tests/support/servers/process.h"
#include "tests/support/servers/stream.h"

namespace weir::test {

std::string proxy_binary();
bool proxy_is_twemproxy();
std::string twemproxy_binary();  // empty when this machine has none

// What twemproxy is known not to do.
#define SKIP_ON_TWEMPROXY(why) \
  if (::weir::test::proxy_is_twemproxy()) GTEST_SKIP() << "twemproxy: " << why
#define SKIP_WITHOUT_TWEMPROXY() \
  if (::weir::test::twemproxy_binary().empty()) GTEST_SKIP() << "no nutcracker in PATH to compare with"

// One pool of a configuration in nutcracker's form.
class PoolText {
 public:
  explicit PoolText(std::string name = "alpha") : name_(std::move(name)), port_(free_port()) {}
  PoolText &redis() { return set("redis", "true"); }
  PoolText &set(const std::string &key, const std::string &value);
  PoolText &listen(const std::string &address);  // instead of the free port it has otherwise
  PoolText &server(const std::string &address, const std::string &name = "", int weight = 1);
  template <class Servers>
  PoolText &servers(const Servers &all) {
    for (const auto &s : all) server(s->address());
    return *this;
  }
  std::string text() const;
  const std::string &name() const { return name_; }
  uint16_t port() const { return port_; }
  const std::string &listen() const { return listen_; }  // empty when it is the port
  std::string key(const std::string &name) const;        // its value, "" when it is not set

 private:
  std::string name_, listen_;
  uint16_t port_;
  std::vector<std::pair<std::string, std::string>> keys_;
  std::vector<std::string> servers_;
};

class Proxy {
 public:
  struct Options {
    int workers = 1;
    std::string binary = {};  // instead of proxy_binary()
    int log_level = 6;
    std::vector<std::string> more = {};  // further arguments
    std::string top = {};                // lines above the pools: then the file is in weir's own form
    std::string whole = {};              // the file, instead of what the pools say: they only tell the ports
  };
  explicit Proxy(const PoolText &pool);
  Proxy(const PoolText &pool, int workers);
  Proxy(std::vector<PoolText> pools, Options options);
  ~Proxy();  // ends it; fails the test if it had died or a sanitizer complained

  Stream connect(size_t pool = 0) const;
  Json stats() const;
  std::string stats_text() const;
  // Polls the stats until the predicate holds; false: it never did in time.
  bool stats_reach(const std::function<bool(const Json &)> &) const;
  Process &process() { return *process_; }
  std::string log() const { return process_->err() + read_whole(log_file()); }
  std::string config_file() const { return dir_.file("conf.yml"); }
  std::string pid_file() const { return dir_.file("pid"); }
  std::string log_file() const { return dir_.file("log"); }
  uint16_t stats_port() const { return stats_port_; }
  // Asks it to end and waits.
  Ended stop();

 private:
  std::vector<std::string> argv() const;
  bool ready() const;
  TempDir dir_;
  std::vector<PoolText> pools_;
  Options options_;
  uint16_t stats_port_;
  bool expect_end_ = false;
  std::unique_ptr<Process> process_;
};

}  // namespace weir::test
