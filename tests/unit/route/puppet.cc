#include "tests/unit/route/puppet.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "core/config/load.h"

namespace weir::testing {
namespace {

void *some_instance(const weir_host *, weir_errbuf *) {
  static int instance;
  return &instance;
}
void forget_instance(void *) {}
weir_status parse_nothing(const weir_scope *, weir_parse *) {
  return WEIR_OK;
}
weir_status no_reply(const weir_scope *, const weir_req *, uint32_t, weir_bytes, weir_out *) {
  return WEIR_OK;
}

void first_digit(const weir_scope *, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  for (uint32_t i = 0; i < n; ++i) {
    uint8_t c = keys[i].ptr[0];
    out[i] = c >= '0' && c <= '9' ? static_cast<uint64_t>(c - '0') : 0;
  }
}

void *build_ring(void *, const weir_server *, uint32_t n, const void *, weir_errbuf *) {
  return new uint32_t(n);
}
void drop_ring(void *, void *ring) {
  delete static_cast<uint32_t *>(ring);
}
void modulo(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n, uint32_t *out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = static_cast<uint32_t>(hash[i] % *static_cast<const uint32_t *>(ring));
}

weir_status see_nothing(void *, weir_bytes, const weir_cmd *, uint32_t, uint8_t *, weir_errbuf *) {
  return WEIR_OK;
}
weir_status decide_nothing(const weir_scope *, const weir_view *, weir_verdict *) {
  return WEIR_OK;
}

constexpr weir_cmd kCommands[] = {{"(other)", 0, 0}};

// The mapped file's table for a kind; puppet.cc leaves it writable.
template <class T>
T &table(uint32_t kind) {
  static void *file = dlopen(WEIR_PUPPET, RTLD_NOW | RTLD_LOCAL);
  auto entry = file == nullptr ? nullptr : reinterpret_cast<decltype(&weir_plugin_v0)>(dlsym(file, WEIR_ENTRY_NAME));
  if (entry == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    std::abort();
  }
  const weir_module &module = *entry();
  for (uint32_t i = 0; i < module.component_count; ++i) {
    if (module.components[i].kind == kind) return *static_cast<T *>(const_cast<void *>(module.components[i].ops));
  }
  std::abort();
}

}  // namespace

Tables puppet_tables() {
  Tables tables{table<weir_protocol>(WEIR_K_PROTOCOL), table<weir_hash>(WEIR_K_HASH), table<weir_dist>(WEIR_K_DIST),
                table<weir_filter>(WEIR_K_FILTER)};
  tables.protocol = {};
  tables.protocol.struct_size = sizeof(weir_protocol);
  tables.protocol.cmds = kCommands;
  tables.protocol.cmd_count = 1;
  tables.protocol.create = &some_instance;
  tables.protocol.destroy = &forget_instance;
  tables.protocol.parse_req = &parse_nothing;
  tables.protocol.parse_rsp = &parse_nothing;
  tables.protocol.reply = &no_reply;
  tables.hash = {};
  tables.hash.struct_size = sizeof(weir_hash);
  tables.hash.bits = 32;
  tables.hash.run = &first_digit;
  tables.dist = {};
  tables.dist.struct_size = sizeof(weir_dist);
  tables.dist.build = &build_ring;
  tables.dist.drop = &drop_ring;
  tables.dist.select = &modulo;
  tables.filter = {};
  tables.filter.struct_size = sizeof(weir_filter);
  tables.filter.create = &some_instance;
  tables.filter.destroy = &forget_instance;
  tables.filter.interests = &see_nothing;
  tables.filter.on_request = &decide_nothing;
  return tables;
}

PuppetPool::PuppetPool(const std::vector<std::string> &servers, const std::function<void(config::Pool &)> &tune) {
  if (Status loaded = registry.load(WEIR_PUPPET); !loaded) {
    complaints = loaded.error().text;
    return;
  }
  std::string text =
      "pools:\n  p:\n    listen: 127.0.0.1:1\n    protocol: puppet\n    hash: puppet\n    distribution: puppet\n"
      "    servers:\n";
  for (const std::string &server : servers) text += "      - \"" + server + ":1\"\n";
  config::Complaints found;
  auto root = config::read_text(text, "test", found);
  auto checked = root == nullptr ? std::nullopt : config::check(root, registry.catalog(), found);
  if (checked) {
    settings = std::move(*checked);
    if (tune) tune(settings.pools[0]);
    names = {{"p", static_cast<uint32_t>(servers.size())}};
    pool = route::Pool::make(settings.pools[0], 0, registry, names, 1, found);
  }
  complaints = found.text();
}

}  // namespace weir::testing
