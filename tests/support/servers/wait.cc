#include "tests/support/servers/wait.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace weir::test {

double time_scale() {
  static const double scale = [] {
    const char *text = getenv("WEIR_TEST_TIME_SCALE");
    double value = text ? atof(text) : 1;
    return value > 0 ? value : 1;
  }();
  return scale;
}

milliseconds scaled(milliseconds ms) {
  return milliseconds(static_cast<int64_t>(static_cast<double>(ms.count()) * time_scale()));
}

bool slow_build() {
  return time_scale() > 1;
}

bool eventually(const std::function<bool()> &done, milliseconds within) {
  Clock::time_point deadline = Clock::now() + within;
  for (milliseconds nap(1);; nap = std::min(nap * 2, milliseconds(50))) {
    if (done()) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(nap);
  }
}

TempDir::TempDir() {
  std::string name = (std::filesystem::temp_directory_path() / "weir-test-XXXXXX").string();
  if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder " + name + ": " + strerror(errno));
  path_ = name;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempDir::write(const std::string &name, const std::string &text) const {
  std::ofstream(file(name), std::ios::binary) << text;
  return file(name);
}

std::string read_whole(const std::string &path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

bool exists(const std::string &path) {
  return access(path.c_str(), F_OK) == 0;
}

namespace {

uint16_t first_outgoing_port() {
  std::ifstream in("/proc/sys/net/ipv4/ip_local_port_range");
  int low = 0;
  in >> low;
  return static_cast<uint16_t>(low > 12'000 && low < 65'536 ? low : 32'768);
}

bool can_bind(uint16_t port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  bool ok = bind(fd, reinterpret_cast<sockaddr *>(&at), sizeof at) == 0;
  close(fd);
  return ok;
}

// The claim is an abstract unix socket: the kernel drops it with the process.
bool claim(uint16_t port) {
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  int length = snprintf(at.sun_path + 1, sizeof at.sun_path - 1, "weir-test-port-%u", port);
  socklen_t size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + static_cast<size_t>(length));
  if (bind(fd, reinterpret_cast<sockaddr *>(&at), size) == 0) return true;  // the descriptor stays open on purpose
  close(fd);
  return false;
}

}  // namespace

uint16_t free_port() {
  static std::mutex mutex;
  static std::mt19937 random{std::random_device{}()};
  std::lock_guard lock(mutex);
  std::uniform_int_distribution<int> pick(10'240, first_outgoing_port() - 1);
  for (int attempt = 0; attempt < 10'000; ++attempt) {
    uint16_t port = static_cast<uint16_t>(pick(random));
    if (can_bind(port) && claim(port)) return port;
  }
  throw std::runtime_error("no free TCP port found below the outgoing range");
}

namespace {

bool is_listening_at(const std::string &wanted) {
  for (const char *table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    while (std::getline(in, line)) {
      std::stringstream fields(line);
      std::string slot, local, remote, state;
      fields >> slot >> local >> remote >> state;
      if (state == "0A" && local.ends_with(wanted)) return true;
    }
  }
  return false;
}

}  // namespace

bool is_listening(uint16_t port) {
  char wanted[16];
  snprintf(wanted, sizeof wanted, ":%04X", port);
  return is_listening_at(wanted);
}

bool is_listening(uint16_t port, const std::string &ipv4) {
  in_addr address{};
  inet_pton(AF_INET, ipv4.c_str(), &address);
  char wanted[16];
  snprintf(wanted, sizeof wanted, "%08X:%04X", address.s_addr, port);
  return is_listening_at(wanted);
}

bool is_listening(const std::string &unix_path) {
  std::ifstream in("/proc/net/unix");
  std::string line;
  while (std::getline(in, line)) {
    // Num RefCount Protocol Flags Type St Inode Path; flag 0x10000 marks a socket that accepts.
    if (line.ends_with(" " + unix_path) && line.find(" 00010000 ") != std::string::npos) return true;
  }
  return false;
}

}  // namespace weir::test
