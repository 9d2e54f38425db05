// A network of clients, "10.0.0.0/8", as bytes to compare. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::config {

// Where a client comes from. IPv4 is written as IPv6 does it, ::ffff:a.b.c.d, so that a socket for both makes no
// difference.
struct ClientAddress {
  enum class Kind : uint8_t { not_asked, ip, unix_socket, unknown };
  std::array<uint8_t, 16> bytes{};
  Kind kind = Kind::not_asked;
};

struct Network {
  std::string text;  // as it was written
  std::array<uint8_t, 16> bytes{};
  uint32_t bits = 0;  // how many of them count
  bool is_unix = false;

  bool has(const ClientAddress &client) const;
  bool operator==(const Network &other) const { return text == other.text; }
};

// "10.1.2.3", "::1", "unix": one client. Nothing: it is none.
std::optional<ClientAddress> parse_client(std::string_view text);

// "10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1", "unix". Nothing: fault says what is wrong.
std::optional<Network> parse_network(std::string_view text, std::string &fault);

}  // namespace weir::config
