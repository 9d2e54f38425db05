#include "core/plugin/host_pools.h"

#include "core/plugin/host.h"

namespace weir::plugin {
namespace {

uint32_t own(const weir_host *host) {
  return Host::of(host).pools().own();
}
uint32_t pool(const weir_host *host, const char *name) {
  return Host::of(host).pools().pool(name);
}
uint32_t servers(const weir_host *host, uint32_t pool_index) {
  return Host::of(host).pools().servers(pool_index);
}
weir_bytes name(const weir_host *host, uint32_t pool_index) {
  const std::string &text = Host::of(host).pools().name(pool_index);
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

}  // namespace

const weir_pools *PoolsView::table() {
  static const weir_pools the_table = {.struct_size = sizeof(weir_pools),
                                       .reserved = 0,
                                       .own = plugin::own,
                                       .pool = plugin::pool,
                                       .servers = plugin::servers,
                                       .target = nullptr,
                                       .server = nullptr,
                                       .server_of = nullptr,
                                       .name = plugin::name};
  return &the_table;
}

uint32_t PoolsView::pool(const char *name) const {
  for (size_t i = 0; name != nullptr && i < pools_.size(); ++i) {
    if (pools_[i].name == name) return static_cast<uint32_t>(i);
  }
  return UINT32_MAX;
}

uint32_t PoolsView::servers(uint32_t pool) const {
  return pool < pools_.size() ? pools_[pool].servers : 0;
}

const std::string &PoolsView::name(uint32_t pool) const {
  static const std::string kNone;
  return pool < pools_.size() ? pools_[pool].name : kNone;
}

}  // namespace weir::plugin
