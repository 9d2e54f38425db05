// Names to addresses without holding anybody up. Thread: control; the look-ups run on a thread of their own.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/net/socket.h"

namespace weir::net {

class Resolver {
 public:
  // error is empty on success; addresses are in the order to try them.
  using Found = std::function<void(std::vector<SocketAddress> addresses, const std::string &error)>;

  explicit Resolver(boost::asio::io_context &io) : resolver_(io) {}
  void resolve(const std::string &host, uint16_t port, Found found);
  // At start, before anybody is served.
  static std::vector<SocketAddress> resolve_now(const std::string &host, uint16_t port, std::string &error);

 private:
  boost::asio::ip::tcp::resolver resolver_;
};

}  // namespace weir::net
