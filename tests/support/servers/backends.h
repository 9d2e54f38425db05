// Real servers to shard over: redis-server and memcached, empty, without persistence, on loopback.
// Used by the thread that made them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/servers/process.h"
#include "tests/support/servers/stream.h"

namespace weir::test {

// What both kinds share: a process at an address that can be killed, started again and stopped in its tracks.
class Backend {
 public:
  virtual ~Backend();
  const std::string &address() const { return address_; }  // host:port, or the path of a unix socket
  uint16_t port() const { return port_; }
  Stream connect() const;
  void start();
  void kill();    // at once, as by a crash
  void pause();   // SIGSTOP: connections are accepted by the kernel, nothing is read
  void resume();  // SIGCONT

 protected:
  Backend(std::string name, bool unix_socket, std::string host = "127.0.0.1", uint16_t port = 0);
  virtual std::vector<std::string> argv() const = 0;
  bool listening() const;
  TempDir dir_;
  std::string name_, host_, socket_, address_;
  uint16_t port_ = 0;
  int starts_ = 0;
  std::unique_ptr<Process> process_;
};

class RedisServer : public Backend {
 public:
  struct Options {
    bool unix_socket = false;
    std::string password = {};
    std::vector<std::string> more = {};  // further arguments of redis-server
    std::string host = "127.0.0.1";
    uint16_t port = 0;  // 0: a free one
  };
  RedisServer();
  explicit RedisServer(Options);
  // One command over a connection of its own, logged in; the raw reply.
  std::string call(const std::vector<std::string> &args, int db = 0) const;
  std::string info(const std::string &field) const;  // of INFO, "" when it has none such

 private:
  std::vector<std::string> argv() const override;
  Options options_;
};

class Memcached : public Backend {
 public:
  explicit Memcached(std::vector<std::string> more = {});
  std::string call(const std::string &request) const;

 private:
  std::vector<std::string> argv() const override;
  std::vector<std::string> more_;
};

}  // namespace weir::test
