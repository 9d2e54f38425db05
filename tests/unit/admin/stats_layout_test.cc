// Our statistics beside those of a real nutcracker with the same pools: the same text, once numbers are masked.
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <regex>

#include "core/admin/stats_json.h"

namespace weir::admin {
namespace {

using boost::asio::ip::tcp;

class Nutcracker {
 public:
  explicit Nutcracker(const std::string &folder, uint16_t stats_port) {
    std::string program = WEIR_NUTCRACKER, config = folder + "/n.yml", log = folder + "/n.log", pid = folder + "/n.pid";
    std::string port = std::to_string(stats_port);
    const char *argv[] = {program.c_str(), "-c", config.c_str(), "-o", log.c_str(),  "-p",
                          pid.c_str(),     "-a", "127.0.0.1",    "-s", port.c_str(), nullptr};
    if (posix_spawn(&pid_, program.c_str(), nullptr, nullptr, const_cast<char **>(argv), environ) != 0) pid_ = -1;
  }
  ~Nutcracker() {
    if (pid_ < 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  bool running() {
    if (pid_ < 0 || waitpid(pid_, nullptr, WNOHANG) == 0) return pid_ > 0;
    pid_ = -1;
    return false;
  }

 private:
  pid_t pid_ = -1;
};

uint16_t free_port() {
  boost::asio::io_context io;
  return tcp::acceptor(io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)).local_endpoint().port();
}

// Everything the port sends; polls until the process listens or is gone.
std::string read_stats(Nutcracker &nutcracker, uint16_t port) {
  boost::asio::io_context io;
  while (nutcracker.running()) {
    tcp::socket socket(io);
    boost::system::error_code error;
    socket.connect({boost::asio::ip::address_v4::loopback(), port}, error);
    if (error) {
      usleep(2'000);
      continue;
    }
    std::string text;
    boost::asio::read(socket, boost::asio::dynamic_buffer(text), error);
    return text;
  }
  return "";
}

// Unix sockets to listen on: nothing can be in the way.
void write_config(const std::string &folder) {
  std::ofstream(folder + "/n.yml") << "longer_name:\n  listen: " << folder << "/1.sock\n  servers:\n"
                                   << "   - 127.0.0.1:1:1 zzz\n   - 127.0.0.1:2:1 a\n   - 127.0.0.1:11211:1\n"
                                   << "   - 127.0.0.1:3:1\n"
                                   << "zz:\n  listen: " << folder << "/2.sock\n  servers:\n   - 127.0.0.1:2:1\n"
                                   << "ab:\n  listen: " << folder << "/3.sock\n  servers:\n   - 127.0.0.1:2:1\n";
}

config::Settings same_settings() {
  config::Settings settings;
  auto add = [&](const char *name, std::initializer_list<const char *> servers) {
    config::Pool &pool = settings.pools.emplace_back();
    pool.name = name;
    for (const char *server : servers) pool.servers.emplace_back().name = server;
  };
  add("ab", {"127.0.0.1:2"});  // as the configuration sorts them
  add("zz", {"127.0.0.1:2"});
  add("longer_name", {"zzz", "a", "127.0.0.1", "127.0.0.1:3"});
  return settings;
}

std::string masked(const std::string &json) {
  std::string text = std::regex_replace(json, std::regex("\":[0-9]+"), "\":N");
  return std::regex_replace(text, std::regex("\"version\":\"[^\"]*\""), "\"version\":\"V\"");
}

// Without what twemproxy does not have.
std::string without_our_own(std::string text) {
  auto drop = [&text](const Metric &metric) {
    text = std::regex_replace(text, std::regex(", \"" + std::string(metric.name) + "\":N"), "");
  };
  for (size_t i = kTwemproxysPoolMetrics; i < kPoolMetricCount; ++i) drop(kPoolMetrics[i]);
  for (size_t i = kTwemproxysServerMetrics; i < kServerMetricCount; ++i) drop(kServerMetrics[i]);
  return text;
}

TEST(StatsLayout, IsThatOfARealNutcracker) {
  std::string folder = testing::TempDir() + "weir_stats_layout." + std::to_string(getpid());
  std::filesystem::create_directory(folder);
  write_config(folder);
  std::string theirs;
  // The port is free when it is chosen; when somebody else takes it first, nutcracker ends, and another is chosen.
  for (int attempt = 0; attempt < 5 && theirs.empty(); ++attempt) {
    uint16_t port = free_port();
    Nutcracker nutcracker(folder, port);
    theirs = read_stats(nutcracker, port);
  }
  std::filesystem::remove_all(folder);
  ASSERT_FALSE(theirs.empty()) << "nutcracker did not start";

  config::Settings settings = same_settings();
  StatsBook book(2);
  EXPECT_EQ(without_our_own(masked(stats_json(book, stats_names(settings, book), 1, 2))), masked(theirs));
}

}  // namespace
}  // namespace weir::admin
