#include "core/config/address.h"

#include <arpa/inet.h>

#include "core/base/text.h"
#include "core/config/value.h"

namespace weir::config {
namespace {

constexpr uint16_t kMemberPort = 11211;  // libmemcached leaves it out of names
constexpr size_t kLongestPath = 107;     // sun_path, with its NUL
constexpr size_t kLongestHost = 255;
constexpr std::string_view kListenForm = "\"host:port\" or \"/path [mode]\"";
constexpr std::string_view kServerForm = "\"host:port:weight [name]\" or \"/path:weight [name]\"";

Error wrong(std::string_view expected, std::string_view found, std::string_view hint = "") {
  std::string text = "expected ";
  text.append(expected).append(", found \"").append(printable(found)).append("\"");
  if (!hint.empty()) text.append("; ").append(hint);
  return Error{text};
}

std::string in_form(std::string_view what, std::string_view form) {
  return std::string(what).append(" in ").append(form);
}

bool parse_port(std::string_view text, uint16_t &port) {
  uint64_t number = 0;
  if (!parse_decimal(text, number) || number < 1 || number > 65535) return false;
  port = static_cast<uint16_t>(number);
  return true;
}

// "[::1]" is "::1"; anything else stands for itself. Empty: not a host.
std::string_view bare_host(std::string_view host) {
  if (!host.empty() && host.front() == '[') {
    if (host.size() < 3 || host.back() != ']') return {};
    host = host.substr(1, host.size() - 2);
  }
  bool odd = host.find_first_of("[] \t/\n\r") != std::string_view::npos || host.find('\0') != std::string_view::npos;
  return odd || host.size() > kLongestHost ? std::string_view() : host;
}

bool is_path(std::string_view path) {
  return !path.empty() && path[0] == '/' && path.size() > 1 && path.size() <= kLongestPath &&
         path.find('\0') == std::string_view::npos;
}

bool parse_mode(std::string_view text, uint32_t &mode) {
  if (text.empty() || text.size() > 4) return false;
  uint32_t number = 0;
  for (char c : text) {
    if (c < '0' || c > '7') return false;
    number = number * 8 + static_cast<uint32_t>(c - '0');
  }
  mode = number;
  return number <= 0777;
}

Result<Address> parse_listen_path(std::string_view text) {
  Address address;
  address.text = text;
  size_t space = text.rfind(' ');
  if (space != std::string_view::npos && !parse_mode(text.substr(space + 1), address.mode)) {
    return wrong(in_form("an octal mode of at most 0777", "\"/path mode\""), text);
  }
  std::string_view path = text.substr(0, space);
  path = path.substr(0, path.find_last_not_of(' ') + 1);
  if (!is_path(path)) return wrong("a path of 2 to 107 bytes", text);
  address.path = path;
  return address;
}

// Cuts off and returns what follows the last c. False when there is none.
bool cut_last(std::string_view &text, char c, std::string_view &tail) {
  size_t at = text.rfind(c);
  if (at == std::string_view::npos) return false;
  tail = text.substr(at + 1);
  text = text.substr(0, at);
  return true;
}

Error server_form(std::string_view text) {
  std::string_view head = text.substr(0, text.find(' ')), tail;
  bool path = !text.empty() && text[0] == '/';
  uint16_t port = 0;
  std::string hint;
  if (path && head.find(':') == std::string_view::npos) {
    hint = "the weight is missing, write \"" + printable(head) + ":1\"";
  } else if (std::string_view rest = head; !path && cut_last(rest, ':', tail) && parse_port(tail, port) &&
                                           !rest.empty() &&
                                           (rest.find(':') == std::string_view::npos || rest.back() == ']')) {
    hint = "the weight is missing, write \"" + printable(head) + ":1\"";
  }
  return wrong(kServerForm, text, hint);
}

}  // namespace

Result<Address> parse_listen(std::string_view text) {
  if (!text.empty() && text[0] == '/') return parse_listen_path(text);
  Address address;
  address.text = text;
  std::string_view host = text, port;
  if (!cut_last(host, ':', port)) return wrong(kListenForm, text);
  if (!parse_port(port, address.port)) return wrong(in_form("a port from 1 to 65535", "\"host:port\""), text);
  if (host.empty()) return wrong(kListenForm, text, "write 0.0.0.0 for all addresses");
  address.host = bare_host(host);
  if (address.host.empty()) return wrong(in_form("a host name or address", "\"host:port\""), text);
  return address;
}

Result<Server> parse_server(std::string_view text) {
  Server server;
  bool unix_path = !text.empty() && text[0] == '/';
  std::string_view rest = text, name, weight, port;
  bool named = cut_last(rest, ' ', name);
  rest = rest.substr(0, rest.find_last_not_of(' ') + 1);
  if (!cut_last(rest, ':', weight)) return server_form(text);
  server.address.text = rest;
  uint64_t number = 0;
  if (!unix_path) {
    if (!cut_last(rest, ':', port)) return server_form(text);
    if (!parse_port(port, server.address.port)) return wrong(in_form("a port from 1 to 65535", kServerForm), text);
    server.address.host = bare_host(rest);
    if (server.address.host.empty()) return wrong(in_form("a host name or address", kServerForm), text);
  } else {
    if (!is_path(rest)) return wrong(in_form("a path of 2 to 107 bytes", kServerForm), text);
    server.address.path = rest;
  }
  if (!parse_decimal(weight, number) || number < 1 || number > INT32_MAX) {
    bool digits = !weight.empty() && weight.find_first_not_of("0123456789") == std::string_view::npos;
    bool large = digits && weight.find_first_not_of('0') != std::string_view::npos;
    return wrong(in_form(large ? "a weight of at most 2147483647" : "a weight of at least 1", kServerForm), text);
  }
  if (named && name.empty()) return wrong(in_form("a name after the space", kServerForm), text);
  server.weight = static_cast<uint32_t>(number);
  server.name = named ? std::string(name) : default_name(server.address);
  return server;
}

std::string dns_server_fault(std::string_view text) {
  std::string host(text);
  in6_addr bytes{};
  auto is_address = [&bytes](int family, const std::string &a) { return ::inet_pton(family, a.c_str(), &bytes) == 1; };
  if (is_address(AF_INET, host) || is_address(AF_INET6, host)) return "";
  bool bracketed = !text.empty() && text[0] == '[';
  std::string_view rest = text, port;
  uint16_t number = 0;
  if (cut_last(rest, ':', port) && parse_port(port, number)) {
    host = bare_host(rest);
    if (is_address(bracketed ? AF_INET6 : AF_INET, host)) return "";
  }
  return wrong("the address of a DNS server like 10.0.0.2, 10.0.0.2:5353 or [::1]:5353", text).text;
}

std::string default_name(const Address &address) {
  if (address.is_unix()) return address.path + ":";
  if (address.port != kMemberPort) return address.text;
  return address.text.substr(0, address.text.rfind(':'));
}

bool same_address(const Address &a, const Address &b) {
  return a.path == b.path && a.host == b.host && a.port == b.port;
}

}  // namespace weir::config
