// A plugin whose components differ in what create() does: refuse, with and without a text, read some keys or none,
// count. What they see of the host is told to the test through the instance.
#include <weir/weir.h>

#include <cstring>
#include <string>
#include <vector>

#include "tests/unit/plugin/evil/seen.h"

namespace {

using evil::Seen;

void say(weir_errbuf *err, const char *text) {
  const size_t len = std::strlen(text);
  std::memcpy(err->ptr, text, len);
  err->len = static_cast<uint32_t>(len);
}

const weir_config *config_of(const weir_host *host) {
  return static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
}

void *refuse_with_text(const weir_host *host, weir_errbuf *err) {
  const weir_config *config = config_of(host);
  (void)config->get(config->root(host), "colour");
  say(err, "green is\nsold out\n");
  return nullptr;
}
void *refuse_silently(const weir_host *, weir_errbuf *) {
  return nullptr;
}
void *claim_too_long_a_text(const weir_host *, weir_errbuf *err) {
  std::memset(err->ptr, 'x', err->cap);
  err->len = UINT32_MAX;
  return nullptr;
}
void *read_nothing(const weir_host *, weir_errbuf *) {
  return new Seen;
}

void *complain_and_go_on(const weir_host *host, weir_errbuf *) {
  const weir_config *config = config_of(host);
  if (const weir_node *n = config->get(config->root(host), "colour")) config->complain(n, "green is sold out");
  return new Seen;
}

void read_typed(const weir_config *config, const weir_node *root, Seen &seen) {
  if (const weir_node *n = config->get(root, "flag")) seen.status.push_back(config->boolean(n, &seen.flag));
  if (const weir_node *n = config->get(root, "number")) seen.status.push_back(config->i64(n, &seen.number));
  if (const weir_node *n = config->get(root, "ratio")) seen.status.push_back(config->f64(n, &seen.ratio));
  if (const weir_node *n = config->get(root, "wait")) seen.status.push_back(config->duration_us(n, &seen.wait_us));
  if (const weir_node *n = config->get(root, "room")) seen.status.push_back(config->size(n, &seen.room));
  if (const weir_node *n = config->get(root, "pin")) seen.status.push_back(config->i64(n, &seen.number));
  for (const char *key : {"text", "password"}) {
    weir_bytes bytes{};
    if (const weir_node *n = config->get(root, key)) {
      seen.status.push_back(config->str(n, &bytes));
      seen.text.assign(reinterpret_cast<const char *>(bytes.ptr), bytes.len);
    }
  }
}

void read_groups(const weir_config *config, const weir_node *root, Seen &seen) {
  if (const weir_node *list = config->get(root, "list")) {
    for (uint32_t i = 0; i < config->count(list); ++i) seen.kinds.push_back(config->kind(config->at(list, i, nullptr)));
    seen.past_the_end = config->at(list, config->count(list), nullptr) != nullptr;
  }
  const weir_node *map = config->get(root, "map");
  if (map == nullptr) return;
  weir_bytes key{};
  (void)config->at(map, 0, &key);
  seen.first_key.assign(reinterpret_cast<const char *>(key.ptr), key.len);
}

void *read_everything(const weir_host *host, weir_errbuf *) {
  auto *seen = new Seen;
  const weir_config *config = config_of(host);
  read_typed(config, config->root(host), *seen);
  read_groups(config, config->root(host), *seen);
  for (weir_status status : seen->status) {
    if (status == WEIR_OK) continue;
    delete seen;
    return nullptr;
  }
  return seen;
}

void *use_the_host(const weir_host *host, weir_errbuf *) {
  auto *seen = new Seen;
  seen->host = host;
  seen->none = host->extension(host, "weir.nothing/1");
  seen->stats = static_cast<const weir_stats *>(host->extension(host, WEIR_EXT_STATS));
  seen->pools = static_cast<const weir_pools *>(host->extension(host, WEIR_EXT_POOLS));
  for (const char *name : {"hits", "misses", "hits", "Not Legal"}) {
    seen->handles.push_back(seen->stats->define(host, WEIR_S_COUNTER, name, "counts"));
  }
  seen->loop = static_cast<const weir_loop *>(host->extension(host, WEIR_EXT_LOOP));
  seen->hashes = static_cast<const weir_hashes *>(host->extension(host, WEIR_EXT_HASHES));
  seen->commands = static_cast<const weir_commands *>(host->extension(host, WEIR_EXT_COMMANDS));
  seen->hash = seen->hashes->find(host, "bare");
  seen->same_hash = seen->hashes->find(host, "bare");
  seen->refused_hash = seen->hashes->find(host, "refuse");
  seen->no_hash = seen->hashes->find(host, "host");  // it is a protocol
  seen->histogram = seen->stats->define(host, WEIR_S_HISTOGRAM, "spread", "how it is spread");
  return seen;
}

void destroy(void *inst) {
  delete static_cast<Seen *>(inst);
}

weir_status parse(const weir_scope *, weir_parse *) {
  return WEIR_OK;
}
weir_status reply(const weir_scope *, const weir_req *, uint32_t, weir_bytes, weir_out *) {
  return WEIR_OK;
}
const weir_cmd kCommands[] = {{"(other)", 0, 0}};

weir_protocol with(void *(*create)(const weir_host *, weir_errbuf *)) {
  weir_protocol p{};
  p.struct_size = sizeof p;
  p.cmds = kCommands;
  p.cmd_count = 1;
  p.create = create;
  p.destroy = destroy;
  p.parse_req = parse;
  p.parse_rsp = parse;
  p.reply = reply;
  return p;
}

const weir_protocol kText = with(refuse_with_text), kSilent = with(refuse_silently),
                    kLong = with(claim_too_long_a_text), kNothing = with(read_nothing),
                    kComplain = with(complain_and_go_on), kEverything = with(read_everything),
                    kHost = with(use_the_host);

void run(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = 77 + keys[i].len;
}
void *hash_without_object(const weir_host *, weir_errbuf *) {
  return nullptr;
}
const weir_hash kBare = {sizeof(weir_hash), 64, nullptr, nullptr, run};
const weir_hash kNull = {sizeof(weir_hash), 64, hash_without_object, nullptr, run};
const weir_hash kRefuse = {sizeof(weir_hash), 64, refuse_with_text, nullptr, run};

const weir_schema_key kKeys[] = {
    {"password", WEIR_T_STR, WEIR_KEY_SECRET, nullptr, nullptr, 0, 0, "Secret."},
    {"pin", WEIR_T_INT, WEIR_KEY_SECRET, nullptr, nullptr, 0, 0, "Secret too."},
    {"depth", WEIR_T_INT, 0, nullptr, nullptr, 0, 0, "Never read."},
};
const weir_schema kSchema = {sizeof(weir_schema), 3, kKeys, nullptr};
const void *extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : nullptr;
}

const weir_component kComponents[] = {
    {WEIR_K_PROTOCOL, 0, "text", "", &kText, nullptr},
    {WEIR_K_PROTOCOL, 0, "silent", "", &kSilent, nullptr},
    {WEIR_K_PROTOCOL, 0, "long", "", &kLong, nullptr},
    {WEIR_K_PROTOCOL, 0, "nothing", "", &kNothing, nullptr},
    {WEIR_K_PROTOCOL, 0, "complain", "", &kComplain, nullptr},
    {WEIR_K_PROTOCOL, 0, "everything", "", &kEverything, extension},
    {WEIR_K_PROTOCOL, 0, "host", "", &kHost, nullptr},
    {WEIR_K_HASH, 0, "bare", "", &kBare, nullptr},
    {WEIR_K_HASH, 0, "null", "", &kNull, nullptr},
    {WEIR_K_HASH, 0, "refuse", "", &kRefuse, nullptr},
};

const weir_module kModule = {.struct_size = sizeof(weir_module),
                             .abi_major = WEIR_ABI_MAJOR,
                             .abi_minor = WEIR_ABI_MINOR,
                             .min_core_minor = 0,
                             .reserved = 0,
                             .component_count = sizeof kComponents / sizeof *kComponents,
                             .id = "org.example.create",
                             .version = "1",
                             .vendor = "",
                             .license = "",
                             .url = "",
                             .required_extensions = nullptr,
                             .components = kComponents};

}  // namespace

const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
