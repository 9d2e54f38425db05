// A configuration out of command-line options: written as text, then read like any other, so that it is checked alike.
#include <algorithm>

#include "core/config/load.h"
#include "core/config/yaml_text.h"

namespace weir::config {
namespace {

// On the command line the weight may be left out: "host:port", "[::1]:port", "/path".
std::string with_weight(const std::string &server) {
  std::string address = server.substr(0, server.find(' ')), rest = server.substr(address.size());
  size_t from = address.empty() || address[0] != '[' ? 0 : std::min(address.find(']'), address.size());
  auto colons = std::count(address.begin() + static_cast<std::ptrdiff_t>(from), address.end(), ':');
  bool weighted = !address.empty() && address[0] == '/' ? colons > 0 : colons != 1;
  return weighted ? server : address + ":1" + rest;
}

}  // namespace

std::string yaml_of_options(const std::string &protocol, const std::string &listen,
                            const std::vector<std::string> &servers) {
  std::string out = "pools:\n  default:\n    listen: " + quoted_text(listen) + "\n";
  if (!protocol.empty()) out.append("    protocol: ").append(quoted_text(protocol)).append("\n");
  out.append("    servers:\n");
  for (const std::string &server : servers)
    out.append("      - ").append(quoted_text(with_weight(server))).append("\n");
  return out;
}

}  // namespace weir::config
