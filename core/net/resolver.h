// Names to addresses without holding anybody up: /etc/hosts, then the DNS servers and search domains of
// /etc/resolv.conf, by c-ares on the control thread's io_context (docs/adr/0017-names-by-c-ares.md).
// Owner: whoever asks. Thread: control.
#pragma once

#include <boost/asio/io_context.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/net/socket.h"

namespace weir::net {

// Who knows where names are.
class NameSource {
 public:
  // error is empty on success; addresses are in the order to try them.
  using Found = std::function<void(std::vector<SocketAddress> addresses, const std::string &error)>;
  virtual ~NameSource() = default;
  // found is called later, never from within, unless the source has ended by then.
  virtual void resolve(const std::string &host, uint16_t port, Found found) = 0;
};

class Lookup;

class Resolver final : public NameSource {
 public:
  // servers: "10.0.0.2", "10.0.0.2:5353", "[::1]:5353"; none = those of /etc/resolv.conf.
  explicit Resolver(boost::asio::io_context &io, const std::vector<std::string> &servers = {});
  ~Resolver() override;  // whoever still waits hears nothing
  Resolver(const Resolver &) = delete;
  Resolver &operator=(const Resolver &) = delete;

  void resolve(const std::string &host, uint16_t port, Found found) override;

  // Blocks. For addresses to listen on, at start.
  static std::vector<SocketAddress> resolve_now(const std::string &host, uint16_t port, std::string &error);

  static constexpr uint64_t kMostMs = 5'000;  // then a look-up has failed
  static constexpr size_t kMostAtOnce = 64;   // look-ups; more wait for their turn

 private:
  friend class Lookup;
  void start(const std::shared_ptr<Lookup> &lookup);
  void ended(const std::shared_ptr<Lookup> &lookup);

  boost::asio::io_context &io_;
  const std::string servers_;
  std::vector<std::shared_ptr<Lookup>> running_;
  std::deque<std::shared_ptr<Lookup>> waiting_;
};

}  // namespace weir::net
