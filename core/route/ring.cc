#include "core/route/ring.h"

#include <algorithm>
#include <utility>

namespace weir::route {
namespace {

weir_bytes bytes_of(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

}  // namespace

Ring::Table::~Table() {
  dist.dist().drop(dist.inst(), built);
}

Ring::Ring(Standings standings, const Rules &rules, SharedTable home, SharedTable fallback, uint64_t epoch)
    : standings_(std::move(standings)),
      rules_(rules),
      home_(std::move(home)),
      fallback_(std::move(fallback)),
      size_(static_cast<uint32_t>(standings_.size())),
      epoch_(epoch) {
  for (const Standing &standing : standings_) {
    live_ += standing.up ? 1 : 0;
    diverts_ = diverts_ || (rules_.keeps_down && (!standing.up || standing.back_since_us != 0));
  }
  empty_ = live_ == 0 && !rules_.keeps_down;
  simple_ = size_ > 1 && !empty_ && fallback_ == nullptr;
}

Result<Ring::SharedTable> Ring::lay_out(const plugin::Instance &dist, const std::deque<upstream::Backend> &backends,
                                        std::vector<uint8_t> among, const Ring *old) {
  for (const SharedTable &had : {old == nullptr ? nullptr : old->home_, old == nullptr ? nullptr : old->fallback_}) {
    if (had != nullptr && had->servers == among) return had;
  }
  std::vector<weir_server> servers;
  for (const upstream::Backend &backend : backends) {
    const config::Server &server = backend.config;
    const std::string &address = server.address.is_unix() ? server.address.path : server.address.host;
    auto index = static_cast<uint32_t>(servers.size());
    servers.push_back(
        {bytes_of(server.name), bytes_of(address), index, server.weight, server.address.port, among[index]});
  }
  char text[256];
  weir_errbuf why{text, sizeof text, 0};
  void *table = dist.dist().build(dist.inst(), servers.data(), static_cast<uint32_t>(servers.size()),
                                  old == nullptr ? nullptr : old->table(), &why);
  if (table == nullptr) {
    return Error{"distribution " + std::string(dist.component().info->name) +
                 " refused the servers: " + std::string(text, std::min(why.len, why.cap))};
  }
  return std::make_shared<const Table>(dist, table, std::move(among));
}

Result<std::unique_ptr<Ring>> Ring::build(const plugin::Instance &dist, const std::deque<upstream::Backend> &backends,
                                          Standings standings, const Rules &rules, const Ring *old) {
  std::vector<uint8_t> home, settled;
  for (const Standing &standing : standings) {
    home.push_back(standing.up || rules.keeps_down ? 1 : 0);
    settled.push_back(standing.up && standing.back_since_us == 0 ? 1 : 0);
  }
  auto table = lay_out(dist, backends, home, old);
  if (!table) return table.error();
  SharedTable fallback;
  if (!rules.keeps_down && settled != home) {
    auto laid = lay_out(dist, backends, settled, old);
    if (!laid) return laid.error();
    fallback = *laid;
  }
  uint64_t epoch = old == nullptr ? 1 : old->epoch() + 1;
  return std::unique_ptr<Ring>(new Ring(std::move(standings), rules, *table, std::move(fallback), epoch));
}

}  // namespace weir::route
