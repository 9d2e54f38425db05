// What FakeHost offers beside the configuration and the client: pools, statistics, time, hashes and command tables.
#include <algorithm>
#include <numeric>

#include "tests/support/plugin_host.h"

namespace weir::test {

const void *fake_extension(std::string_view id);

struct FakeExtensions {
  static FakeHost &self(const weir_host *host) { return *static_cast<FakeHost *>(host->ctx); }
  static std::string_view view(weir_bytes b) { return {reinterpret_cast<const char *>(b.ptr), b.len}; }
  static weir_bytes bytes(std::string_view s) { return {reinterpret_cast<const uint8_t *>(s.data()), s.size()}; }

  // ---- weir.pools/1

  static uint32_t own(const weir_host *) { return 0; }
  static uint32_t pool(const weir_host *host, const char *name) {
    const auto &pools = self(host).pools;
    for (uint32_t i = 0; i < pools.size(); ++i) {
      if (pools[i].name == name) return i;
    }
    return UINT32_MAX;
  }
  static uint32_t servers(const weir_host *host, uint32_t at) {
    const FakeHost &fake = self(host);
    if (fake.pools.empty()) return fake.servers;
    return at < fake.pools.size() ? static_cast<uint32_t>(fake.pools[at].servers.size()) : 0;
  }
  static uint32_t target(const weir_host *host, const char *name, weir_errbuf *err) {
    uint32_t at = pool(host, name);
    const char *why = nullptr;
    if (at == UINT32_MAX) {
      why = "there is no such pool";
    } else if (self(host).pools[at].protocol != self(host).pools[0].protocol) {
      why = "it is of another protocol";
    }
    if (why != nullptr && err != nullptr) {
      err->len = static_cast<uint32_t>(std::min<size_t>(std::string_view(why).size(), err->cap));
      std::copy_n(why, err->len, err->ptr);
    }
    return why == nullptr ? at : UINT32_MAX;
  }
  static uint32_t server(const weir_host *host, uint32_t at, const char *name) {
    const FakeHost &fake = self(host);
    if (at >= fake.pools.size()) return UINT32_MAX;
    const auto &names = fake.pools[at].servers;
    auto place = std::find(names.begin(), names.end(), name);
    return place == names.end() ? UINT32_MAX : static_cast<uint32_t>(place - names.begin());
  }
  // A test puts the host into its scope: scope.core = host.get().
  static uint32_t server_of(const weir_scope *scope, uint32_t at, weir_bytes key) {
    if (scope->core == nullptr) return WEIR_NO_SERVER;
    uint32_t n = servers(static_cast<const weir_host *>(scope->core), at);
    return n == 0 ? WEIR_NO_SERVER : std::accumulate(key.ptr, key.ptr + key.len, 0U) % n;
  }
  static weir_bytes protocol(const weir_host *host, uint32_t at) {
    const auto &pools = self(host).pools;
    return at < pools.size() ? bytes(pools[at].protocol) : weir_bytes{nullptr, 0};
  }
  static uint32_t workers(const weir_host *) { return 2; }
  static weir_bytes name(const weir_host *host, uint32_t at) {
    const auto &pools = self(host).pools;
    return at < pools.size() ? bytes(pools[at].name) : weir_bytes{nullptr, 0};
  }

  // ---- weir.stats/1

  static uint32_t define(const weir_host *host, uint32_t kind, const char *text, const char *) {
    FakeHost &fake = self(host);
    if (fake.stats_.size() >= FakeHost::kMostStats || fake.defines(text)) return UINT32_MAX;
    fake.stats_.push_back({kind, text, {}});
    return static_cast<uint32_t>(fake.stats_.size() - 1);
  }
  static uint64_t *cells(const weir_host *host, uint32_t worker) {
    return self(host).cells_[worker % FakeHost::kWorkers];
  }
  static void observe(const weir_host *host, uint32_t, uint32_t handle, uint64_t value) {
    FakeHost &fake = self(host);
    if (handle < fake.stats_.size()) fake.stats_[handle].observed.push_back(value);
  }

  // ---- weir.loop/1

  static uint64_t timer(const weir_host *host, uint32_t worker, uint64_t after_us, uint64_t every_us,
                        void (*fn)(void *), void *ud) {
    FakeHost &fake = self(host);
    if (fn == nullptr || fake.timers_.size() >= 1024) return 0;
    fake.timers_.push_back({++fake.last_timer_, fake.now_us + std::max<uint64_t>(after_us, 1000),
                            every_us == 0 ? 0 : std::max<uint64_t>(every_us, 1000), worker, fn, ud});
    return fake.last_timer_;
  }
  static void cancel(const weir_host *host, uint32_t, uint64_t id) {
    std::erase_if(self(host).timers_, [id](const auto &one) { return one.id == id; });
  }

  // ---- weir.hashes/1 and weir.commands/1

  static const void *find_hash(const weir_host *host, const char *text) {
    FakeHost &fake = self(host);
    const weir_component *component = fake.find(WEIR_K_HASH, text);
    if (component == nullptr) return nullptr;
    auto hash = std::make_unique<FakeHost::Hash>();
    hash->ops = static_cast<const weir_hash *>(component->ops);
    hash->host = std::make_unique<FakeHost>(FakeHost::Config(), 1);
    char text_of_error[256];
    weir_errbuf err{text_of_error, sizeof text_of_error, 0};
    hash->inst = hash->ops->create == nullptr ? nullptr : hash->ops->create(hash->host->get(), &err);
    if (err.len > 0) return nullptr;
    return fake.hashes_.emplace_back(std::move(hash)).get();
  }
  static uint64_t run_hash(const void *found, weir_bytes key) {
    if (key.len == 0) return 0;
    const auto *hash = static_cast<const FakeHost::Hash *>(found);
    weir_scope scope{};
    scope.struct_size = sizeof scope;
    scope.inst = hash->inst;
    uint64_t out = 0;
    hash->ops->run(&scope, &key, 1, &out);
    return hash->ops->bits == 32 ? out & UINT32_MAX : out;
  }
  static const weir_cmd *commands(const weir_host *host, const char *protocol, uint32_t *n) {
    const weir_component *component = self(host).find(WEIR_K_PROTOCOL, protocol);
    const auto *ops = component == nullptr ? nullptr : static_cast<const weir_protocol *>(component->ops);
    if (n != nullptr) *n = ops == nullptr ? 0 : ops->cmd_count;
    return ops == nullptr ? nullptr : ops->cmds;
  }
};

const void *fake_extension(std::string_view id) {
  using Fake = FakeExtensions;
  static const weir_pools pools = {
      sizeof(weir_pools), 0,          Fake::own,     Fake::pool, Fake::servers, Fake::target, Fake::server,
      Fake::server_of,    Fake::name, Fake::protocol};
  static const weir_stats stats = {sizeof(weir_stats), 0, Fake::define, Fake::cells, Fake::observe};
  static const weir_loop loop = {sizeof(weir_loop), 0, Fake::timer, Fake::cancel, Fake::workers};
  static const weir_hashes hashes = {sizeof(weir_hashes), 0, Fake::find_hash, Fake::run_hash};
  static const weir_commands commands = {sizeof(weir_commands), 0, Fake::commands};
  if (id == WEIR_EXT_POOLS) return &pools;
  if (id == WEIR_EXT_STATS) return &stats;
  if (id == WEIR_EXT_LOOP) return &loop;
  if (id == WEIR_EXT_HASHES) return &hashes;
  if (id == WEIR_EXT_COMMANDS) return &commands;
  return nullptr;
}

const weir_component *FakeHost::find(uint32_t kind, std::string_view name) const {
  for (const weir_module *module : modules) {
    if (const weir_component *found = PluginFile(module).find(kind, name)) return found;
  }
  return nullptr;
}

bool FakeHost::defines(std::string_view name) const {
  return std::any_of(stats_.begin(), stats_.end(), [name](const Stat &stat) { return stat.name == name; });
}

uint64_t FakeHost::stat(std::string_view name) const {
  uint64_t sum = 0;
  for (size_t i = 0; i < stats_.size(); ++i) {
    for (const auto &worker : cells_) sum += stats_[i].name == name ? worker[i] : 0;
  }
  return sum;
}

std::vector<uint64_t> FakeHost::observed(std::string_view name) const {
  for (const Stat &stat : stats_) {
    if (stat.name == name) return stat.observed;
  }
  return {};
}

// Timers may be set and cancelled by those that are called.
void FakeHost::advance(uint64_t us) {
  const uint64_t until_us = now_us + us;
  for (;;) {
    auto next = std::min_element(timers_.begin(), timers_.end(),
                                 [](const Timer &a, const Timer &b) { return a.at_us < b.at_us; });
    if (next == timers_.end() || next->at_us > until_us) break;
    const Timer due = *next;
    now_us = due.at_us;
    if (due.every_us == 0) {
      timers_.erase(next);
    } else {
      next->at_us += due.every_us;
    }
    due.fn(due.ud);
  }
  now_us = until_us;
}

}  // namespace weir::test
