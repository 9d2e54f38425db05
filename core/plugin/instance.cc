#include "core/plugin/instance.h"

#include <algorithm>
#include <utility>

#include "core/plugin/host.h"
#include "core/plugin/host_loop.h"
#include "core/plugin/schema.h"

namespace weir::plugin {
namespace {

constexpr uint32_t kErrorBytes = 1024;

// The four kinds have these operations alike.
struct Common {
  void *(*create)(const weir_host *, weir_errbuf *) = nullptr;
  void (*destroy)(void *) = nullptr;
  void *(*worker_init)(void *, uint32_t) = nullptr;
  void (*worker_fini)(void *, void *) = nullptr;
  bool may_be_null = false;  // create() may return no object and mean success
};

template <class T>
Common common_of(const void *ops, bool may_be_null) {
  const T &t = *static_cast<const T *>(ops);
  Common out{.create = t.create, .destroy = t.destroy, .may_be_null = may_be_null};
  if constexpr (requires { t.worker_init; }) {
    out.worker_init = t.worker_init;
    out.worker_fini = t.worker_fini;
  }
  return out;
}

Common common(const weir_component &c) {
  switch (c.kind) {
    case WEIR_K_PROTOCOL:
      return common_of<weir_protocol>(c.ops, false);
    case WEIR_K_HASH:
      return common_of<weir_hash>(c.ops, true);
    case WEIR_K_DIST:
      return common_of<weir_dist>(c.ops, true);
    case WEIR_K_FILTER:
      return common_of<weir_filter>(c.ops, false);
    default:
      return {};
  }
}

struct Created {
  void *inst = nullptr;
  std::string text;  // why not, in the plugin's words
};

Created call_create(const Common &ops, const weir_host *host) {
  if (ops.create == nullptr) return {};
  char bytes[kErrorBytes];
  weir_errbuf err{.ptr = bytes, .cap = kErrorBytes, .len = 0};
  Created out;
  out.inst = ops.create(host, &err);
  out.text.assign(bytes, std::min(err.len, kErrorBytes));
  for (char &c : out.text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  while (out.text.ends_with(' ')) out.text.pop_back();
  return out;
}

// True when the instance may be used. What is wrong has been complained about.
bool accepted(const Component &component, const Common &ops, const Created &made, ConfigView &config) {
  const std::string name = component.info->name;
  const weir_node &root = *config.root();
  if (made.inst == nullptr && !made.text.empty()) config.complain(root, name + ": " + made.text);
  if (config.complaints() > 0) return false;
  if (made.inst == nullptr && !ops.may_be_null) {
    config.complain(root, name + " refused its configuration without saying why");
    return false;
  }
  config.complain_unread();
  return config.complaints() == 0;
}

}  // namespace

Instance::Instance(const Component &component, std::unique_ptr<Host> host)
    : component_(component), host_(std::move(host)) {}

std::unique_ptr<Instance> Instance::make(const Component &component, const config::Use &use, const std::string &path,
                                         uint32_t pool_index, const PoolNames &pools, uint32_t workers,
                                         config::Complaints &complaints) {
  auto host = std::make_unique<Host>(component.info->name, component.registry, use, path, schema_of(*component.info),
                                     pool_index, pools, workers, complaints);
  std::unique_ptr<Instance> out(new Instance(component, std::move(host)));
  const Common ops = common(*component.info);
  const Created made = call_create(ops, out->host_->table());
  out->inst_ = made.inst;  // destroyed with `out` when it is not accepted
  if (!accepted(component, ops, made, out->host_->config())) return nullptr;
  out->host_->close();
  return out;
}

Instance::~Instance() {
  const Common ops = common(*component_.info);
  if (inst_ != nullptr && ops.destroy != nullptr) ops.destroy(inst_);
}

void *Instance::worker_init(uint32_t worker_id) const {
  const Common ops = common(*component_.info);
  return ops.worker_init == nullptr ? nullptr : ops.worker_init(inst_, worker_id);
}

void Instance::worker_fini(void *worker) const {
  const Common ops = common(*component_.info);
  if (worker != nullptr && ops.worker_fini != nullptr) ops.worker_fini(inst_, worker);
  LoopView::cancel_all(*host_);
}

const std::vector<uint32_t> &Instance::targets() const {
  return host_->pools().targets();
}

std::vector<PluginStat> Instance::stats() const {
  return host_->stats().sums();
}

}  // namespace weir::plugin
