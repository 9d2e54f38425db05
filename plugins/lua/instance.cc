#include "instance.h"

#include <algorithm>

#include "state.h"
#include "text.h"

namespace weir::lua {
namespace {

template <class Table>
const Table *extension(const weir_host *host, const char *id) {
  return static_cast<const Table *>(host->extension(host, id));
}

// The flag of a class, 0 when it is none.
uint32_t flag_of(std::string_view name) {
  if (name == "@read") return WEIR_CMD_READ;
  if (name == "@write") return WEIR_CMD_WRITE;
  if (name == "@admin") return WEIR_CMD_ADMIN;
  return name == "@multikey" ? WEIR_CMD_MULTIKEY : 0;
}

// How many letters to change, add, leave out or exchange with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> two(b.size() + 1), one(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    two.swap(one);
    one.swap(row);
    row[0] = i;
    for (size_t j = 1; j < row.size(); ++j) {
      row[j] = std::min({one[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1), one[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], two[j - 2] + 1);
    }
  }
  return row.back();
}

constexpr std::pair<std::string_view, std::string_view> kClassNames[] = {
    {"read", "weir.READ"},         {"write", "weir.WRITE"}, {"admin", "weir.ADMIN"},
    {"multikey", "weir.MULTIKEY"}, {"all", "weir.ALL"},
};

std::string unknown(const std::string &name, std::string_view protocol, const weir_cmd *commands, uint32_t n) {
  const size_t word = name.find_first_of(" |");
  for (uint32_t i = 0; word != std::string::npos && i < n; ++i) {
    if (name.compare(0, word, commands[i].name) == 0)
      return "'" + name + "' is no command of its own: register '" + commands[i].name + "' and look at req:arg(1)";
  }
  if (name.starts_with("@")) return "'" + name + "' is no class: expected @read, @write, @admin, @multikey or *";
  const std::string text = "'" + name + "' is no command that " +
                           (protocol.empty() ? "the protocol" : "protocol " + std::string(protocol)) + " knows";
  for (const auto &[its_word, constant] : kClassNames) {
    if (name == its_word) return text + "; is " + std::string(constant) + " meant, without quotes?";
  }
  std::vector<std::string_view> names;
  for (uint32_t i = 1; i < n; ++i) names.emplace_back(commands[i].name);
  const std::string like = nearest(name, names);
  return text + (like.empty() ? "" : "; is '" + like + "' meant?");
}

}  // namespace

Instance::Instance(const weir_host *its_host, Settings its_settings)
    : host(its_host),
      settings(std::move(its_settings)),
      chunk_name(settings.chunk_name()),
      pools(extension<weir_pools>(host, WEIR_EXT_POOLS)),
      stats(extension<weir_stats>(host, WEIR_EXT_STATS)),
      loop(extension<weir_loop>(host, WEIR_EXT_LOOP)),
      hashes(extension<weir_hashes>(host, WEIR_EXT_HASHES)) {}

bool Instance::check(std::string &why) {
  if (stats != nullptr) {
    errors_stat = stats->define(host, WEIR_S_COUNTER, "lua_errors", "calls of the script that failed");
    memory_stat = stats->define(host, WEIR_S_GAUGE, "lua_memory_bytes", "memory that the script uses, on all workers");
  }
  const State state(*this, Mode::kCheck, 0);
  why = state.failure();
  return why.empty();
}

bool Instance::resolve(const weir_cmd *commands, uint32_t n, uint8_t *want, std::string &why) {
  request_hooks_.assign(n, {});
  response_hooks_.assign(n, {});
  for (size_t i = 0; i < registrations.size(); ++i) {
    if (!add(static_cast<uint16_t>(i), commands, n, want, why)) return false;
  }
  return true;
}

bool Instance::add(uint16_t index, const weir_cmd *commands, uint32_t n, uint8_t *want, std::string &why) {
  const Registration &registration = registrations[index];
  Hooks &hooks = registration.is_response ? response_hooks_ : request_hooks_;
  for (const std::string &name : registration.names) {
    const uint32_t flag = flag_of(name);
    bool found = flag != 0 || name == "*";  // a class may be empty
    for (uint32_t i = 0; i < n; ++i) {
      if (name != "*" && name != commands[i].name && (commands[i].flags & flag) == 0) continue;
      found = true;
      want[i] |= WEIR_WANT_REQUEST | (registration.is_response ? WEIR_WANT_RESPONSE : 0);
      if (hooks[i].empty() || hooks[i].back() != index) hooks[i].push_back(index);
    }
    if (found) continue;
    why = registration.place + ": " + unknown(name, protocol(), commands, n);
    return false;
  }
  return true;
}

bool Instance::pool(const std::string &name, bool ask, uint32_t &number, std::string &why) {
  const auto known = pool_numbers_.find(name);
  if (known != pool_numbers_.end()) {
    number = known->second;
    return true;
  }
  if (!ask || pools == nullptr || !WEIR_HAS(pools, weir_pools, target) || pools->target == nullptr) return false;
  char text[512];
  weir_errbuf err = {text, sizeof(text), 0};
  number = pools->target(host, name.c_str(), &err);
  if (number == UINT32_MAX) {
    why.assign(err.ptr, err.len);
    return false;
  }
  pool_numbers_.emplace(name, number);
  return true;
}

bool Instance::server(uint32_t pool, const std::string &name, bool ask, uint32_t &index) {
  const auto known = servers_.find({pool, name});
  if (known != servers_.end()) {
    index = known->second;
    return true;
  }
  if (!ask || pools == nullptr || !WEIR_HAS(pools, weir_pools, server) || pools->server == nullptr) return false;
  index = pools->server(host, pool, name.c_str());
  if (index == UINT32_MAX) return false;
  servers_.emplace(std::pair(pool, name), index);
  return true;
}

bool Instance::hash(const std::string &name, bool ask, const void *&found) {
  const auto known = hash_functions_.find(name);
  if (known != hash_functions_.end()) {
    found = known->second;
    return true;
  }
  found = ask && hashes != nullptr ? hashes->find(host, name.c_str()) : nullptr;
  if (found == nullptr) return false;
  hash_functions_.emplace(name, found);
  return true;
}

bool Instance::stat(uint32_t kind, const std::string &name, const std::string &help, bool ask, uint32_t &handle) {
  const auto known = stats_.find(name);
  if (known != stats_.end()) {
    handle = known->second.handle;
    return known->second.kind == kind;
  }
  if (!ask || stats == nullptr) return false;
  handle = stats->define(host, kind, name.c_str(), help.c_str());
  if (handle == UINT32_MAX) return false;
  stats_.emplace(name, Stat{kind, handle});
  return true;
}

std::string_view Instance::pool_name(uint32_t number) const {
  if (pools == nullptr || !WEIR_HAS(pools, weir_pools, name) || pools->name == nullptr) return {};
  return view_of(pools->name(host, number));
}

std::string_view Instance::protocol() const {
  if (pools == nullptr || !WEIR_HAS(pools, weir_pools, protocol) || pools->protocol == nullptr) return {};
  return view_of(pools->protocol(host, own_pool()));
}

uint32_t Instance::workers() const {
  const bool known = loop != nullptr && WEIR_HAS(loop, weir_loop, workers) && loop->workers != nullptr;
  return known ? loop->workers(host) : 0;
}

std::string nearest(std::string_view written, const std::vector<std::string_view> &names) {
  std::string_view best;
  size_t best_distance = written.size() / 3 + 1;
  for (const std::string_view name : names) {
    const size_t d = distance(written, name);
    if (d >= best_distance) continue;
    best_distance = d;
    best = name;
  }
  for (const std::string_view name : names) {  // "del" where "delete" is the word
    if (best.empty() && written.size() >= 3 && name.starts_with(written)) best = name;
  }
  return std::string(best);
}

}  // namespace weir::lua
