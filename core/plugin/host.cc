#include "core/plugin/host.h"

#include <algorithm>

#include "core/base/log.h"
#include "core/plugin/host_loop.h"

namespace weir::plugin {
namespace {

constexpr uint64_t kMaxText = 16 << 10;  // of what is logged at once

struct Offer {
  std::string_view id;
  const void *(*table)();
};

const Offer kOffers[] = {
    {WEIR_EXT_CONFIG, []() -> const void * { return ConfigView::table(); }},
    {WEIR_EXT_STATS, []() -> const void * { return StatsView::table(); }},
    {WEIR_EXT_POOLS, []() -> const void * { return PoolsView::table(); }},
    {WEIR_EXT_LOOP, []() -> const void * { return LoopView::table(); }},
    {WEIR_EXT_HASHES, []() -> const void * { return RegistryView::hashes(); }},
    {WEIR_EXT_COMMANDS, []() -> const void * { return RegistryView::commands(); }},
    {WEIR_EXT_CLIENT, []() -> const void * { return ClientView::table(); }},
};

LogLevel log_level(uint32_t level) {
  switch (level) {
    case WEIR_LOG_TRACE:
      return LogLevel::verb;
    case WEIR_LOG_DEBUG:
      return LogLevel::debug;
    case WEIR_LOG_INFO:
      return LogLevel::info;
    case WEIR_LOG_NOTICE:
      return LogLevel::notice;
    case WEIR_LOG_WARN:
      return LogLevel::warn;
    case WEIR_LOG_ERROR:
      return LogLevel::err;
    default:
      return LogLevel::crit;
  }
}

void log_line(const weir_host *host, uint32_t level, const char *text, uint64_t len) {
  const LogLevel l = log_level(level);
  if (!log::enabled(l) || text == nullptr) return;
  log::lines(l, Host::of(host).label() + ": ", {text, std::min(len, kMaxText)});
}

const void *extension(const weir_host *, const char *id) {
  for (const Offer &offer : kOffers) {
    if (id != nullptr && offer.id == id) return offer.table();
  }
  return nullptr;
}

}  // namespace

Host::Host(std::string_view component, const Registry *registry, const config::Use &use, const std::string &path,
           const weir_schema *schema, uint32_t pool, const PoolNames &pools, uint32_t workers,
           config::Complaints &complaints)
    : table_{.struct_size = sizeof(weir_host),
             .abi_major = WEIR_ABI_MAJOR,
             .abi_minor = WEIR_ABI_MINOR,
             .ctx = this,
             .core_version = WEIR_CORE_VERSION,
             .log = log_line,
             .extension = extension},
      config_(use, path, schema, complaints),
      stats_(workers),
      pools_(pool, pools),
      registry_(registry),
      workers_(workers),
      label_(pools_.own_name()) {
  if (!label_.empty()) label_.push_back('/');
  label_.append(component);
}

const std::vector<std::string_view> &Host::offered() {
  static const std::vector<std::string_view> the_ids = [] {
    std::vector<std::string_view> ids;
    for (const Offer &offer : kOffers) ids.push_back(offer.id);
    return ids;
  }();
  return the_ids;
}

}  // namespace weir::plugin
