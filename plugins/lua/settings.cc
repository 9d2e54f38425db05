#include "settings.h"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <system_error>

#include "text.h"

namespace weir::lua {
namespace {

constexpr size_t kMaxSource = 4 << 20;
constexpr int kMaxDepth = 32;
constexpr size_t kMaxChunkName = 40;  // Lua cuts what is longer than 60 at its front, in the middle of a name

const weir_schema_key kKeys[] = {
    {"file", WEIR_T_FILE, 0, nullptr, nullptr, 0, 0, "The script."},
    {"args", WEIR_T_ANY, 0, nullptr, nullptr, 0, 0, "What the script finds in weir.args: a map of any values."},
    {"memory_limit", WEIR_T_SIZE, 0, "64m", nullptr, 0, 0,
     "Memory that the script may use on each worker. What would need more fails."},
    {"instruction_limit", WEIR_T_INT, 0, "1000000", nullptr, 1000, INT64_C(1'000'000'000'000),
     "Instructions of Lua's virtual machine that one call of a hook may take, and what its library functions do "
     "beside."},
    {"time_limit", WEIR_T_DURATION, 0, "100ms", nullptr, 0, 0,
     "Processor time that one call of a hook may take, looked at every 1000 instructions or sooner."},
};
const weir_schema kSchema = {sizeof(weir_schema), sizeof(kKeys) / sizeof(kKeys[0]), kKeys, nullptr};

// Copies one value with all that is in it. false: complained about.
bool copy(const weir_config *config, const weir_node *node, int depth, Arg &out) {
  if (depth > kMaxDepth) {
    config->complain(node, "args: expected at most 32 levels");
    return false;
  }
  out.kind = config->kind(node);
  uint32_t boolean = 0;
  weir_bytes text = {};
  switch (out.kind) {
    case WEIR_N_BOOL:
      if (config->boolean(node, &boolean) != WEIR_OK) return false;
      out.boolean = boolean != 0;
      return true;
    case WEIR_N_INT:
      return config->i64(node, &out.integer) == WEIR_OK;
    case WEIR_N_FLOAT:
      return config->f64(node, &out.number) == WEIR_OK;
    case WEIR_N_STR:
      if (config->str(node, &text) != WEIR_OK) return false;
      out.text = view_of(text);
      return true;
    default:
      break;
  }
  for (uint32_t i = 0; i < config->count(node); ++i) {
    weir_bytes key = {};
    const weir_node *entry = config->at(node, i, out.kind == WEIR_N_MAP ? &key : nullptr);
    if (out.kind == WEIR_N_MAP) out.names.emplace_back(view_of(key));
    out.values.emplace_back();
    if (entry != nullptr && !copy(config, entry, depth + 1, out.values.back())) return false;
  }
  return true;
}

}  // namespace

const weir_schema *schema() {
  return &kSchema;
}

bool Settings::read(const weir_host *host, weir_errbuf *err) {
  const auto *config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  const weir_node *root = config != nullptr ? config->root(host) : nullptr;
  if (root == nullptr) {
    explain(err, "lua: needs a configuration with 'file', the script to run");
    return false;
  }
  weir_bytes file = {};
  bool good = true;
  const auto with = [&](const char *key, auto &&use) {
    const weir_node *node = config->get(root, key);
    if (node != nullptr && !use(node)) good = false;
    return node != nullptr;
  };
  if (!with("file", [&](const weir_node *n) { return config->str(n, &file) == WEIR_OK; })) {
    explain(err, "lua: expected 'file', the script to run; found none");
    return false;
  }
  with("args", [&](const weir_node *n) { return copy(config, n, 0, args); });
  with("memory_limit", [&](const weir_node *n) { return config->size(n, &memory_limit) == WEIR_OK; });
  with("instruction_limit", [&](const weir_node *n) { return config->i64(n, &instruction_limit) == WEIR_OK; });
  with("time_limit", [&](const weir_node *n) { return config->duration_us(n, &time_limit_us) == WEIR_OK; });
  if (!good) return false;
  path = view_of(file);
  const std::string why = read_source();
  explain(err, why);
  return why.empty();
}

std::string Settings::read_source() {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  if (!file || !(bytes << file.rdbuf())) {
    const std::string why = errno != 0 ? std::generic_category().message(errno) : "it is empty";
    return "lua: cannot read the script " + path + ": " + why;
  }
  source = std::move(bytes).str();
  if (source.size() > kMaxSource) return "lua: " + path + ": expected a script of at most 4 MiB";
  return {};
}

std::string Settings::chunk_name() const {
  if (path.size() <= kMaxChunkName) return "@" + path;
  return "@" + path.substr(path.rfind('/') + 1);
}

}  // namespace weir::lua
