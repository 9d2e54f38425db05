#include "settings.h"

#include <cstdio>
#include <cstring>
#include <string_view>

namespace weir::memcache {
namespace {

constexpr weir_schema_key kKeys[] = {
    {"shard_failure", WEIR_T_ENUM, 0, "error", "error|miss", 0, 0,
     "What a get over several servers answers when one of them fails: 'error', one SERVER_ERROR for the whole, or "
     "'miss', the keys of the other servers as if the rest were absent."},
    {"admin_commands", WEIR_T_ENUM, 0, "allow", "allow|deny", 0, 0,
     "Whether commands that administer a server (slabs, lru, lru_crawler, watch, shutdown ...) are forwarded; they "
     "are only where the pool has one server."},
};
constexpr weir_schema_switch kPick = {"redis", 0, 1};

void explain(weir_errbuf *err, const char *text) {
  uint64_t len = std::strlen(text);
  err->len = static_cast<uint32_t>(len < err->cap ? len : err->cap);
  std::memcpy(err->ptr, text, err->len);
}

// A key that takes one of two words. False: it was something else, and that has been complained about.
bool read_choice(const weir_config *config, const weir_node *root, const char *key, std::string_view no,
                 std::string_view yes, weir_errbuf *err, bool *out) {
  const weir_node *node = config->get(root, key);
  if (!node) return true;
  weir_bytes text = {};
  if (config->str(node, &text) != WEIR_OK) {
    explain(err, key);
    return false;
  }
  std::string_view word(reinterpret_cast<const char *>(text.ptr), text.len);
  *out = word == yes;
  if (word == yes || word == no) return true;
  char complaint[160];
  std::snprintf(complaint, sizeof(complaint), "%s: expected %.*s or %.*s, found '%.*s'", key,
                static_cast<int>(no.size()), no.data(), static_cast<int>(yes.size()), yes.data(),
                static_cast<int>(word.size() < 64 ? word.size() : 64), word.data());
  config->complain(node, complaint);
  explain(err, complaint);
  return false;
}

}  // namespace

const Settings &settings_of(const weir_scope *scope) {
  static constexpr Settings kDefaults;
  return scope->inst ? *static_cast<const Settings *>(scope->inst) : kDefaults;
}

const weir_schema kSchema = {sizeof(weir_schema), sizeof(kKeys) / sizeof(kKeys[0]), kKeys, &kPick};

bool read_settings(const weir_host *host, weir_errbuf *err, Settings *out) {
  const auto *pools = static_cast<const weir_pools *>(host->extension(host, WEIR_EXT_POOLS));
  if (pools) out->one_server = pools->servers(host, pools->own(host)) == 1;
  const auto *config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  const weir_node *root = config ? config->root(host) : nullptr;
  if (!root) return true;
  return read_choice(config, root, "shard_failure", "error", "miss", err, &out->failed_shard_is_miss) &&
         read_choice(config, root, "admin_commands", "allow", "deny", err, &out->deny_admin);
}

}  // namespace weir::memcache
