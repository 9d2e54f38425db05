#include "core/net/resolver.h"

#include <cstring>
#include <utility>

namespace weir::net {
namespace {

std::vector<SocketAddress> convert(const boost::asio::ip::tcp::resolver::results_type &results) {
  std::vector<SocketAddress> addresses;
  for (const auto &entry : results) {
    SocketAddress address;
    address.len = static_cast<socklen_t>(entry.endpoint().size());
    std::memcpy(&address.storage, entry.endpoint().data(), entry.endpoint().size());
    addresses.push_back(address);
  }
  return addresses;
}

}  // namespace

void Resolver::resolve(const std::string &host, uint16_t port, Found found) {
  resolver_.async_resolve(host, std::to_string(port),
                          [found = std::move(found)](boost::system::error_code error,
                                                     const boost::asio::ip::tcp::resolver::results_type &results) {
                            if (error == boost::asio::error::operation_aborted) return;
                            found(convert(results), error ? error.message() : std::string());
                          });
}

std::vector<SocketAddress> Resolver::resolve_now(const std::string &host, uint16_t port, std::string &error) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::resolver resolver(io);
  boost::system::error_code failed;
  auto results = resolver.resolve(host, std::to_string(port), failed);
  if (failed) {
    error = failed.message();
    return {};
  }
  return convert(results);
}

}  // namespace weir::net
