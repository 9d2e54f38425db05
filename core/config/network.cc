#include "core/config/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "core/base/text.h"
#include "core/config/value.h"

namespace weir::config {
namespace {

constexpr uint32_t kMappedBits = 96;  // in front of an IPv4 address
constexpr const char *kExpected = R"(expected a network like 10.0.0.0/8 or "fd00::/8", an address, or unix)";

// How many bits the address itself has; 0: it is none.
uint32_t parse_address(const std::string &text, std::array<uint8_t, 16> &bytes) {
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return 128;
  constexpr uint8_t kMapped[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  std::memcpy(bytes.data(), kMapped, sizeof kMapped);
  return ::inet_pton(AF_INET, text.c_str(), bytes.data() + sizeof kMapped) == 1 ? 32 : 0;
}

bool same_bits(const std::array<uint8_t, 16> &a, const std::array<uint8_t, 16> &b, uint32_t bits) {
  uint32_t whole = bits / 8, rest = bits % 8;
  if (std::memcmp(a.data(), b.data(), whole) != 0) return false;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

bool Network::has(const ClientAddress &client) const {
  if (is_unix) return client.kind == ClientAddress::Kind::unix_socket;
  return client.kind == ClientAddress::Kind::ip && same_bits(bytes, client.bytes, bits);
}

std::optional<ClientAddress> parse_client(std::string_view text) {
  ClientAddress client;
  client.kind = text == "unix" ? ClientAddress::Kind::unix_socket : ClientAddress::Kind::ip;
  if (text != "unix" && parse_address(std::string(text), client.bytes) == 0) return std::nullopt;
  return client;
}

std::optional<Network> parse_network(std::string_view text, std::string &fault) {
  Network network;
  network.text = text;
  if (text == "unix") {
    network.is_unix = true;
    return network;
  }
  size_t slash = text.find('/');
  uint32_t size = parse_address(std::string(text.substr(0, slash)), network.bytes);
  uint64_t bits = size;
  bool legal = size != 0 && (slash == std::string_view::npos || parse_decimal(text.substr(slash + 1), bits));
  if (!legal || bits > size) {
    fault = std::string(kExpected) + ", found \"" + printable(text) + "\"";
    if (legal) fault += "; an address of that kind has " + std::to_string(size) + " bits";
    return std::nullopt;
  }
  network.bits = static_cast<uint32_t>(bits) + (size == 32 ? kMappedBits : 0);
  std::array<uint8_t, 16> start{};
  for (uint32_t bit = 0; bit < network.bits; ++bit) {
    start[bit / 8] |= static_cast<uint8_t>(network.bytes[bit / 8] & (0x80U >> (bit % 8)));
  }
  if (start != network.bytes) {
    fault = "has bits behind its first " + std::to_string(bits) + "; a network ends in zeros, an address has no /";
    return std::nullopt;
  }
  return network;
}

}  // namespace weir::config
