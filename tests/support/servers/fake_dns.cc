#include "tests/support/servers/fake_dns.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

namespace weir::test {
namespace {

constexpr uint16_t kA = 1, kAaaa = 28;
constexpr size_t kHeader = 12;

std::string number(uint16_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
}

uint16_t number_at(const std::string &bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[at]) << 8 | static_cast<uint8_t>(bytes[at + 1]));
}

// The question's name; at: past it.
std::string name_in(const std::string &query, size_t &at) {
  std::string name;
  while (at < query.size() && query[at] != 0) {
    auto len = static_cast<uint8_t>(query[at]);
    if (!name.empty()) name += '.';
    name += query.substr(at + 1, len);
    at += 1U + len;
  }
  ++at;
  return name;
}

std::string record(const std::string &address) {
  bool v6 = address.find(':') != std::string::npos;
  char bytes[16];
  if (inet_pton(v6 ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1)
    throw std::runtime_error("no address: " + address);
  size_t len = v6 ? 16 : 4;
  // The name is that of the question; class IN, 0 seconds to live.
  return std::string("\xc0\x0c", 2) + number(v6 ? kAaaa : kA) + number(1) + std::string(4, '\0') +
         number(static_cast<uint16_t>(len)) + std::string(bytes, len);
}

}  // namespace

FakeDns::FakeDns() : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), end_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof at;
  if (bind(socket_, reinterpret_cast<sockaddr *>(&at), len) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr *>(&at), &len) != 0) {
    throw std::runtime_error("no UDP port for the DNS server");
  }
  port_ = ntohs(at.sin_port);
  thread_ = std::thread([this] { serve(); });
}

FakeDns::~FakeDns() {
  eventfd_write(end_, 1);
  thread_.join();
  close(socket_);
  close(end_);
}

void FakeDns::set(const std::string &name, std::vector<std::string> addresses) {
  std::lock_guard lock(mutex_);
  names_[name] = std::move(addresses);
}

void FakeDns::forget(const std::string &name) {
  std::lock_guard lock(mutex_);
  names_.erase(name);
}

int FakeDns::asked(const std::string &name) const {
  std::lock_guard lock(mutex_);
  auto at = asked_.find(name);
  return at == asked_.end() ? 0 : at->second;
}

void FakeDns::serve() {
  for (;;) {
    pollfd ready[] = {{socket_, POLLIN, 0}, {end_, POLLIN, 0}};
    poll(ready, 2, -1);
    if (ready[1].revents != 0) return;
    char bytes[512];
    sockaddr_storage from{};
    socklen_t len = sizeof from;
    ssize_t n = recvfrom(socket_, bytes, sizeof bytes, 0, reinterpret_cast<sockaddr *>(&from), &len);
    if (n < static_cast<ssize_t>(kHeader)) continue;
    std::string reply = answer(std::string(bytes, static_cast<size_t>(n)));
    if (mood_ != Mood::silent) sendto(socket_, reply.data(), reply.size(), 0, reinterpret_cast<sockaddr *>(&from), len);
  }
}

std::vector<std::string> FakeDns::look_up(const std::string &name, uint16_t type, bool &known) {
  std::lock_guard lock(mutex_);
  if (type == kA) ++asked_[name];
  auto at = names_.find(name);
  known = at != names_.end();
  std::vector<std::string> found = known ? at->second : std::vector<std::string>();
  std::erase_if(found, [type](const std::string &a) { return (a.find(':') != std::string::npos) != (type == kAaaa); });
  return found;
}

std::string FakeDns::answer(const std::string &query) {
  size_t at = kHeader;
  std::string name = name_in(query, at);
  if (at + 4 > query.size()) return "";
  bool known = false;
  std::vector<std::string> found = look_up(name, number_at(query, at), known);
  uint16_t code = mood_ == Mood::fails ? 2 : known ? 0 : 3;
  if (code != 0) found.clear();
  std::string reply = query.substr(0, 2) + number(static_cast<uint16_t>(0x8180 | code)) + number(1) +
                      number(static_cast<uint16_t>(found.size())) + number(0) + number(0) +
                      query.substr(kHeader, at + 4 - kHeader);
  for (const std::string &address : found) reply += record(address);
  return reply;
}

}  // namespace weir::test
