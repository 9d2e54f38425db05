#include "core/plugin/host_registry.h"

#include <string_view>

#include "core/plugin/host.h"
#include "core/plugin/instance.h"

namespace weir::plugin {
namespace {

const PoolNames kNoPools;

// A hash that asks for hashes while it is made for somebody gets none: two could go round in circles.
thread_local bool finding = false;

const void *find(const weir_host *host, const char *name) {
  return Host::of(host).registry().find_hash(name);
}

uint64_t run(const void *found, weir_bytes key) {
  if (found == nullptr || key.len == 0) return 0;
  const auto &instance = *static_cast<const Instance *>(found);
  weir_scope scope{};
  scope.struct_size = sizeof scope;
  scope.inst = instance.inst();
  uint64_t out = 0;
  instance.hash().run(&scope, &key, 1, &out);
  return instance.hash().bits == 32 ? out & UINT32_MAX : out;
}

const weir_cmd *commands_of(const weir_host *host, const char *protocol, uint32_t *n) {
  return Host::of(host).registry().find_commands(protocol, n);
}

}  // namespace

RegistryView::RegistryView(const Registry *registry) : registry_(registry) {}
RegistryView::~RegistryView() = default;

const weir_hashes *RegistryView::hashes() {
  static const weir_hashes the_table = {.struct_size = sizeof(weir_hashes), .reserved = 0, .find = find, .run = run};
  return &the_table;
}

const weir_commands *RegistryView::commands() {
  static const weir_commands the_table = {.struct_size = sizeof(weir_commands), .reserved = 0, .table = commands_of};
  return &the_table;
}

const Instance *RegistryView::find_hash(const char *name) {
  if (closed_ || finding || registry_ == nullptr || name == nullptr) return nullptr;
  for (const auto &instance : found_) {
    if (std::string_view(instance->component().info->name) == name) return instance.get();
  }
  const Component *component = registry_->find(WEIR_K_HASH, name);
  if (component == nullptr) return nullptr;
  config::Complaints ignored;  // one that refuses its defaults is none that can be used like this
  finding = true;
  auto made = Instance::make(*component, config::Use{}, name, UINT32_MAX, kNoPools, 0, ignored);
  finding = false;
  return made ? found_.emplace_back(std::move(made)).get() : nullptr;
}

const weir_cmd *RegistryView::find_commands(const char *protocol, uint32_t *n) const {
  const bool may = registry_ != nullptr && protocol != nullptr;
  const Component *component = may ? registry_->find(WEIR_K_PROTOCOL, protocol) : nullptr;
  const auto *ops = component == nullptr ? nullptr : static_cast<const weir_protocol *>(component->info->ops);
  if (n != nullptr) *n = ops == nullptr ? 0 : ops->cmd_count;
  return ops == nullptr ? nullptr : ops->cmds;
}

}  // namespace weir::plugin
