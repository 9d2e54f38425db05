#include "core/plugin/host_pools.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "core/config/value.h"
#include "core/plugin/host.h"

namespace weir::plugin {
namespace {

const std::string kNone;

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
weir_bytes protocol(const weir_host *host, uint32_t pool_index) {
  const std::string &text = Host::of(host).pools().protocol(pool_index);
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}
uint32_t target(const weir_host *host, const char *name, weir_errbuf *err) {
  return Host::of(host).pools().target(name, err);
}
uint32_t server(const weir_host *host, uint32_t pool_index, const char *name) {
  return Host::of(host).pools().server(pool_index, name);
}
uint32_t server_of(const weir_scope *scope, uint32_t pool_index, weir_bytes key) {
  if (scope == nullptr || !WEIR_HAS(scope, weir_scope, core) || scope->core == nullptr) return UINT32_MAX;
  return static_cast<const ClientView *>(scope->core)->server_of(pool_index, key);
}

void explain(weir_errbuf *err, std::string_view text) {
  if (err == nullptr || err->ptr == nullptr) return;
  err->len = static_cast<uint32_t>(std::min<size_t>(text.size(), err->cap));
  std::memcpy(err->ptr, text.data(), err->len);
}

}  // namespace

const weir_pools *PoolsView::table() {
  static const weir_pools the_table = {.struct_size = sizeof(weir_pools),
                                       .reserved = 0,
                                       .own = plugin::own,
                                       .pool = plugin::pool,
                                       .servers = plugin::servers,
                                       .target = plugin::target,
                                       .server = plugin::server,
                                       .server_of = plugin::server_of,
                                       .name = plugin::name,
                                       .protocol = plugin::protocol};
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

uint32_t PoolsView::server(uint32_t pool, const char *name) const {
  if (pool >= pools_.size() || name == nullptr) return UINT32_MAX;
  const std::vector<std::string> &names = pools_[pool].server_names;
  auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? UINT32_MAX : static_cast<uint32_t>(found - names.begin());
}

// Why requests may not go to that pool; empty when they may.
std::string PoolsView::target_fault(uint32_t pool, const char *name) const {
  if (closed_) return "pools may be named while the configuration is read only";
  if (own_ >= pools_.size()) return "there are no pools here";
  if (pool == UINT32_MAX) {
    std::vector<std::string_view> names;
    for (const PoolName &known : pools_) names.push_back(known.name);
    return "there is no such pool: " + config::unknown_word(name == nullptr ? "" : name, names);
  }
  if (pools_[pool].protocol == pools_[own_].protocol) return "";
  return "pool " + pools_[pool].name + " is of protocol " + pools_[pool].protocol + ", and pool " + own_name() +
         " is of " + pools_[own_].protocol;
}

uint32_t PoolsView::target(const char *name, weir_errbuf *err) {
  uint32_t found = pool(name);
  if (std::string fault = target_fault(found, name); !fault.empty()) {
    explain(err, fault);
    return UINT32_MAX;
  }
  if (std::find(targets_.begin(), targets_.end(), found) == targets_.end()) targets_.push_back(found);
  return found;
}

const std::string &PoolsView::name(uint32_t pool) const {
  return pool < pools_.size() ? pools_[pool].name : kNone;
}

const std::string &PoolsView::protocol(uint32_t pool) const {
  return pool < pools_.size() ? pools_[pool].protocol : kNone;
}

}  // namespace weir::plugin
