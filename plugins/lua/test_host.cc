#include "test_host.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "test_surface.h"
#include "text.h"

namespace weir::lua {
namespace {

constexpr uint64_t kStart = 1'000'000'000;
constexpr size_t kMaxStats = 64;
constexpr uint32_t kWorkers = 2;  // a script that takes no care of their number shall be found out

}  // namespace

struct TestHostCalls {
  static void log(const weir_host *host, uint32_t, const char *text, uint64_t len) {
    TestHost::of(host).last_log_.assign(text, len);
    std::printf("  log: %.*s\n", static_cast<int>(len), text);
  }

  static uint32_t own(const weir_host *) { return 0; }
  static uint32_t pool(const weir_host *host, const char *name) { return TestHost::of(host).number_of(name); }
  static uint32_t target(const weir_host *host, const char *name, weir_errbuf *) { return pool(host, name); }
  static uint32_t servers(const weir_host *host, uint32_t pool) { return TestHost::of(host).pools_[pool].servers; }
  static uint32_t server(const weir_host *host, uint32_t pool, const char *name) {
    TestHost::Pool &of = TestHost::of(host).pools_[pool];
    const auto known = std::find(of.names.begin(), of.names.end(), name);
    if (known != of.names.end()) return static_cast<uint32_t>(known - of.names.begin());
    if (of.names.size() >= of.servers) return UINT32_MAX;
    of.names.emplace_back(name);
    return static_cast<uint32_t>(of.names.size() - 1);
  }
  static uint32_t server_of(const weir_scope *scope, uint32_t pool, weir_bytes key) {
    const uint32_t n = static_cast<const TestHost *>(scope->core)->pools_[pool].servers;
    uint32_t hash = 2166136261U;
    for (const char c : view_of(key)) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return n == 0 ? UINT32_MAX : hash % n;
  }
  static weir_bytes name(const weir_host *host, uint32_t pool) {
    const TestHost &self = TestHost::of(host);
    return pool < self.pools_.size() ? bytes_of(self.pools_[pool].name) : weir_bytes{};
  }

  static weir_bytes protocol(const weir_host *, uint32_t) { return bytes_of(g_test_run->protocol); }
  static uint32_t workers(const weir_host *) { return kWorkers; }

  static uint32_t define(const weir_host *host, uint32_t, const char *name, const char *) {
    TestHost &self = TestHost::of(host);
    if (self.stats_.size() >= kMaxStats || std::find(self.stats_.begin(), self.stats_.end(), name) != self.stats_.end())
      return UINT32_MAX;
    self.stats_.emplace_back(name);
    return static_cast<uint32_t>(self.stats_.size() - 1);
  }
  static uint64_t *cells(const weir_host *host, uint32_t) { return TestHost::of(host).cells_.data(); }
  static void observe(const weir_host *, uint32_t, uint32_t, uint64_t) {}

  static uint64_t timer(const weir_host *host, uint32_t, uint64_t after, uint64_t every, void (*fn)(void *), void *ud) {
    TestHost &self = TestHost::of(host);
    if (self.timers_.size() >= 1024) return 0;
    self.timers_.push_back({++self.last_timer_, self.now_us_ + after, every, fn, ud});
    return self.last_timer_;
  }
  static void cancel(const weir_host *host, uint32_t, uint64_t id) {
    std::erase_if(TestHost::of(host).timers_, [&](const TestHost::Timer &t) { return t.id == id; });
  }

  // The core knows its own host only, not the test's.
  static const void *find_hash(const weir_host *host, const char *name) {
    const TestHost &self = TestHost::of(host);
    const auto *hashes = static_cast<const weir_hashes *>(self.real(WEIR_EXT_HASHES));
    return hashes != nullptr ? hashes->find(self.real_, name) : nullptr;
  }
  static const weir_hashes *hashes(const weir_host *host) {
    static weir_hashes table = {};
    const auto *real = static_cast<const weir_hashes *>(TestHost::of(host).real(WEIR_EXT_HASHES));
    if (real == nullptr) return nullptr;
    table = {sizeof(weir_hashes), 0, find_hash, real->run};
    return &table;
  }

  static const void *extension(const weir_host *host, const char *id) {
    static const weir_pools pools = {sizeof(weir_pools), 0,    own,     pool, servers, target, server,
                                     server_of,          name, protocol};
    static const weir_stats stats = {sizeof(weir_stats), 0, define, cells, observe};
    static const weir_loop loop = {sizeof(weir_loop), 0, timer, cancel, workers};
    if (std::strcmp(id, WEIR_EXT_POOLS) == 0) return &pools;
    if (std::strcmp(id, WEIR_EXT_STATS) == 0) return &stats;
    if (std::strcmp(id, WEIR_EXT_LOOP) == 0) return &loop;
    return std::strcmp(id, WEIR_EXT_HASHES) == 0 ? hashes(host) : nullptr;
  }
};

TestHost::TestHost(const weir_host *real) : real_(real), host_(*real), cells_(kMaxStats) {
  host_.ctx = this;
  host_.log = TestHostCalls::log;
  host_.extension = TestHostCalls::extension;
  number_of("test");
  restart();
}

void TestHost::restart() {
  for (Pool &pool : pools_) pool.servers = kUsualServers;
  std::fill(cells_.begin(), cells_.end(), 0);
  timers_.clear();
  last_log_.clear();
  hook_error_.clear();
  now_us_ = kStart;
}

void TestHost::pass(uint64_t us) {
  const uint64_t until = now_us_ + us;
  for (;;) {
    const auto next = std::min_element(timers_.begin(), timers_.end(),
                                       [](const Timer &a, const Timer &b) { return a.due_us < b.due_us; });
    if (next == timers_.end() || next->due_us > until) break;
    now_us_ = next->due_us;
    const Timer due = *next;
    if (due.every_us != 0)
      next->due_us += due.every_us;
    else
      timers_.erase(next);
    due.fn(due.ud);
  }
  now_us_ = until;
}

uint32_t TestHost::number_of(const std::string &pool) {
  for (uint32_t i = 0; i < pools_.size(); ++i) {
    if (pools_[i].name == pool) return i;
  }
  pools_.push_back({pool, kUsualServers, {}});
  return static_cast<uint32_t>(pools_.size() - 1);
}

}  // namespace weir::lua
