#include "core/route/ring.h"

#include <algorithm>
#include <utility>

namespace weir::route {
namespace {

weir_bytes bytes_of(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

}  // namespace

Ring::Ring(const plugin::Instance &dist, void *table, std::vector<uint8_t> alive, uint64_t epoch)
    : dist_(dist), table_(table), alive_(std::move(alive)), size_(static_cast<uint32_t>(alive_.size())), epoch_(epoch) {
  live_ = static_cast<uint32_t>(std::count(alive_.begin(), alive_.end(), 1));
}

Ring::~Ring() {
  dist_.dist().drop(dist_.inst(), table_);
}

Result<std::unique_ptr<Ring>> Ring::build(const plugin::Instance &dist, const std::deque<upstream::Backend> &backends,
                                          std::vector<uint8_t> alive, const Ring *old) {
  std::vector<weir_server> servers;
  for (const upstream::Backend &backend : backends) {
    const config::Server &server = backend.config;
    const std::string &address = server.address.is_unix() ? server.address.path : server.address.host;
    auto index = static_cast<uint32_t>(servers.size());
    servers.push_back(
        {bytes_of(server.name), bytes_of(address), index, server.weight, server.address.port, alive[index]});
  }
  char text[256];
  weir_errbuf why{text, sizeof text, 0};
  void *table = dist.dist().build(dist.inst(), servers.data(), static_cast<uint32_t>(servers.size()),
                                  old == nullptr ? nullptr : old->table(), &why);
  if (table == nullptr) {
    return Error{"distribution " + std::string(dist.component().info->name) +
                 " refused the servers: " + std::string(text, std::min(why.len, why.cap))};
  }
  return std::unique_ptr<Ring>(new Ring(dist, table, std::move(alive), old == nullptr ? 1 : old->epoch() + 1));
}

}  // namespace weir::route
