// Addresses as pools write them. Control thread.
#pragma once

#include <string>

#include "core/base/result.h"
#include "core/config/settings.h"

namespace weir::config {

// "host:port", "[::1]:port", "::1:port" (split at the last colon, as twemproxy does) or "/path [mode]".
Result<Address> parse_listen(std::string_view text);

// "host:port:weight [name]" or "/path:weight [name]", taken apart from the right. The place is left to the caller.
Result<Server> parse_server(std::string_view text);

// A DNS server: "10.0.0.2", "10.0.0.2:5353", "::1", "[::1]:5353". Why it is none, else "".
std::string dns_server_fault(std::string_view text);

// The name of a server that is given none: host:port, host alone for port 11211, the path and a colon. libmemcached's
// rule, which twemproxy kept: it decides where keys lie.
std::string default_name(const Address &);

// Whether both stand for the same socket.
bool same_address(const Address &, const Address &);

}  // namespace weir::config
