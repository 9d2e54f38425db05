// The examples of conf/hooks as an operator would start them: the file as it is, but for the addresses in it. Each
// server that it names by a port is a real one of the test's.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <map>
#include <regex>

#include "tests/integration/story.h"

namespace weir::test {

// Clients are told apart by addresses of the loopback network.
inline Stream connect_from(const std::string &host, uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in own{}, peer{};
  own.sin_family = peer.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &own.sin_addr);
  inet_pton(AF_INET, "127.0.0.1", &peer.sin_addr);
  peer.sin_port = htons(port);
  if (bind(fd, reinterpret_cast<sockaddr *>(&own), sizeof own) != 0 ||
      connect(fd, reinterpret_cast<sockaddr *>(&peer), sizeof peer) != 0) {
    ::close(fd);
    throw std::runtime_error("cannot connect from " + host);
  }
  return Stream(fd);
}

class Example {
 public:
  // edits: texts of the file and what stands there instead.
  explicit Example(const std::string &name, const std::map<std::string, std::string> &edits = {}, int workers = 1) {
    const std::string folder = WEIR_CONF_HOOKS;
    text_ = read_whole(folder + "/" + name + ".yml");
    for (const auto &[from, to] : edits) replace(from, to);
    replace("file: ", "file: " + folder + "/");
    const std::regex pool("\n  (\\w+):\n    listen: 127.0.0.1:(\\d+)\n    protocol: (\\w+)");
    std::vector<std::pair<std::string, std::string>> listen;
    for (std::sregex_iterator at(text_.begin(), text_.end(), pool), end; at != end; ++at) {
      pools_.emplace_back((*at)[1]);
      listen.emplace_back("listen: 127.0.0.1:" + (*at)[2].str() + "\n",
                          "listen: 127.0.0.1:" + std::to_string(pools_.back().port()) + "\n");
    }
    for (const auto &[from, to] : listen) replace(from, to);
    start_servers();
    proxy_ = std::make_unique<Proxy>(pools_, Proxy::Options{.workers = workers, .log_level = 5, .whole = text_});
  }

  Stream connect(const std::string &pool, const std::string &from = "127.0.0.1") const {
    for (const PoolText &p : pools_) {
      if (p.name() == pool) return connect_from(from, p.port());
    }
    throw std::runtime_error("no pool " + pool);
  }
  // By its port in the file.
  const RedisServer &redis(int port) const { return *redis_.at(port); }
  const Memcached &memcached(int port) const { return *memcached_.at(port); }
  Proxy &proxy() { return *proxy_; }
  // What the script of a pool has counted.
  bool counts(const std::string &pool, const std::string &name, long long wanted) const {
    return proxy_->stats_reach(
        [&](const Json &s) { return s.at(pool).at("plugins").at("lua").number(name) == wanted; });
  }
  void reload(const std::string &from, const std::string &to) {
    replace(from, to);
    const std::string file = proxy_->config_file();
    std::ofstream(file + ".new") << text_;
    std::rename((file + ".new").c_str(), file.c_str());
    proxy_->process().signal(SIGUSR1);
  }

 private:
  void replace(const std::string &from, const std::string &to) {
    size_t at = text_.find(from);
    if (at == std::string::npos) throw std::runtime_error("the example has no '" + from + "'");
    for (; at != std::string::npos; at = text_.find(from, at + to.size())) text_.replace(at, from.size(), to);
  }
  // 63nn is a redis-server, 112nn a memcached.
  void start_servers() {
    const std::regex server("- 127.0.0.1:(\\d+):1 ");
    std::map<int, std::string> addresses;
    for (std::sregex_iterator at(text_.begin(), text_.end(), server), end; at != end; ++at) {
      int port = std::stoi((*at)[1]);
      if (addresses.count(port) != 0) continue;
      if (port < 7000) {
        addresses[port] = (redis_[port] = std::make_unique<RedisServer>())->address();
      } else {
        addresses[port] = (memcached_[port] = std::make_unique<Memcached>())->address();
      }
    }
    for (const auto &[port, address] : addresses)
      replace("- 127.0.0.1:" + std::to_string(port) + ":", "- @" + address + ":");
    replace("- @", "- ");
  }

  std::string text_;
  std::vector<PoolText> pools_;
  std::map<int, std::unique_ptr<RedisServer>> redis_;
  std::map<int, std::unique_ptr<Memcached>> memcached_;
  std::unique_ptr<Proxy> proxy_;
};

}  // namespace weir::test
