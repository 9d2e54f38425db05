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
};
constexpr weir_schema_switch kPick = {"redis", 0, 1};

void explain(weir_errbuf *err, const char *text) {
  uint64_t len = std::strlen(text);
  err->len = static_cast<uint32_t>(len < err->cap ? len : err->cap);
  std::memcpy(err->ptr, text, err->len);
}

}  // namespace

const weir_schema kSchema = {sizeof(weir_schema), sizeof(kKeys) / sizeof(kKeys[0]), kKeys, &kPick};

bool read_settings(const weir_host *host, weir_errbuf *err, Settings *out) {
  const auto *config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  if (!config) return true;
  const weir_node *root = config->root(host);
  const weir_node *node = root ? config->get(root, "shard_failure") : nullptr;
  if (!node) return true;
  weir_bytes text = {};
  if (config->str(node, &text) != WEIR_OK) {
    explain(err, "shard_failure: expected the word error or miss");
    return false;
  }
  std::string_view word(reinterpret_cast<const char *>(text.ptr), text.len);
  if (word == "error" || word == "miss") {
    out->failed_shard_is_miss = word == "miss";
    return true;
  }
  char complaint[160];
  std::snprintf(complaint, sizeof(complaint), "shard_failure: expected error or miss, found '%.*s'",
                static_cast<int>(word.size() < 64 ? word.size() : 64), word.data());
  config->complain(node, complaint);
  explain(err, complaint);
  return false;
}

}  // namespace weir::memcache
