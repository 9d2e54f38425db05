#include "core/net/resolver.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cstring>
#include <utility>

#include "core/net/lookup.h"

namespace weir::net {
namespace {

std::string listed(const std::vector<std::string> &servers) {
  std::string list;
  for (const std::string &server : servers) list.append(list.empty() ? "" : ",").append(server);
  return list;
}

}  // namespace

Resolver::Resolver(boost::asio::io_context &io, const std::vector<std::string> &servers)
    : io_(io), servers_(listed(servers)) {
  static const int ready = ares_library_init(ARES_LIB_INIT_ALL);
  static_cast<void>(ready);
}

Resolver::~Resolver() {
  for (auto &lookup : running_) lookup->stop();
}

void Resolver::resolve(const std::string &host, uint16_t port, Found found) {
  auto lookup = std::make_shared<Lookup>(io_, host, port, std::move(found));
  if (running_.size() < kMostAtOnce) {
    start(lookup);
  } else {
    waiting_.push_back(std::move(lookup));
  }
}

void Resolver::start(const std::shared_ptr<Lookup> &lookup) {
  running_.push_back(lookup);
  lookup->start(servers_, [this, lookup] { ended(lookup); });
}

void Resolver::ended(const std::shared_ptr<Lookup> &lookup) {
  lookup->stop();
  std::erase(running_, lookup);
  if (!waiting_.empty()) {
    std::shared_ptr<Lookup> next = std::move(waiting_.front());
    waiting_.pop_front();
    start(next);
  }
  lookup->tell();  // last: it may end the resolver
}

std::vector<SocketAddress> Resolver::resolve_now(const std::string &host, uint16_t port, std::string &error) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::resolver resolver(io);
  boost::system::error_code failed;
  auto results = resolver.resolve(host, std::to_string(port), failed);
  if (failed) error = failed.message();
  std::vector<SocketAddress> addresses;
  for (const auto &entry : results) {
    SocketAddress address;
    address.len = static_cast<socklen_t>(entry.endpoint().size());
    std::memcpy(&address.storage, entry.endpoint().data(), entry.endpoint().size());
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace weir::net
