// A distribution plugin in one file: weighted rendezvous hashing. Every server gets a score for the key, the highest
// wins; when a server goes, only its own keys move. Copy the folder, change build() and select(), rename.
//
//   pools: { cache: { distribution: { use: seeded_rendezvous, seed: 7 }, ... } }
#include <weir/hash.h>
#include <weir/module.h>
#include <weir/schema.h>

#include <cmath>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace {

struct Instance {
  uint64_t seed = 0;
};

struct Node {
  uint64_t id;  // from the server's name, so that the order of the configuration does not matter
  double weight;
  uint32_t index;
};

// Immutable once built: any worker may read it at any time.
struct Ring {
  std::vector<Node> nodes;
};

uint64_t mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

uint64_t name_id(const weir_bytes &name, uint64_t seed) {
  uint64_t id = mix(seed + 1);
  for (uint64_t i = 0; i < name.len; ++i) id = mix(id ^ name.ptr[i]);
  return id;
}

void say(weir_errbuf *err, const char *text) {
  const size_t len = std::strlen(text);
  err->len = len < err->cap ? static_cast<uint32_t>(len) : err->cap;
  std::memcpy(err->ptr, text, err->len);
}

// No callback may throw, so everything that allocates says so: new (nothrow), and a catch around containers.
void *create(const weir_host *host, weir_errbuf *err) {
  auto *inst = new (std::nothrow) Instance;
  if (inst == nullptr) return say(err, "out of memory"), nullptr;
  const auto *config = static_cast<const weir_config *>(host->extension(host, WEIR_EXT_CONFIG));
  const weir_node *node = config == nullptr ? nullptr : config->get(config->root(host), "seed");
  int64_t seed = 0;
  if (node != nullptr && config->i64(node, &seed) != WEIR_OK) {  // it has complained, with file and line
    delete inst;
    return nullptr;
  }
  inst->seed = static_cast<uint64_t>(seed);
  return inst;
}

void destroy(void *inst) {
  delete static_cast<Instance *>(inst);
}

void *build(void *inst, const weir_server *servers, uint32_t n, const void *, weir_errbuf *err) {
  try {
    auto ring = std::make_unique<Ring>();
    for (uint32_t i = 0; i < n; ++i) {
      if (servers[i].alive == 0) continue;
      ring->nodes.push_back({name_id(servers[i].name, static_cast<Instance *>(inst)->seed),
                             static_cast<double>(servers[i].weight), servers[i].index});
    }
    return ring.release();
  } catch (const std::bad_alloc &) {
    return say(err, "out of memory"), nullptr;
  }
}

void drop(void *, void *ring) {
  delete static_cast<Ring *>(ring);
}

uint32_t choose(const Ring &ring, uint64_t hash) {
  uint32_t best = WEIR_NO_SERVER;
  double best_score = -1;
  for (const Node &node : ring.nodes) {
    // Uniform in (0, 1], then the weighted score of Wang and Ravishankar.
    const double u = (static_cast<double>(mix(hash ^ node.id) >> 11) + 1) / 9007199254740992.0;
    const double score = u == 1 ? HUGE_VAL : node.weight / -std::log(u);
    if (score <= best_score) continue;
    best_score = score;
    best = node.index;
  }
  return best;
}

void select(const weir_scope *, const void *ring, const uint64_t *hash, const weir_bytes *, uint32_t n,
            uint32_t *server_out) {
  for (uint32_t i = 0; i < n; ++i) server_out[i] = choose(*static_cast<const Ring *>(ring), hash[i]);
}

const weir_schema_key kKeys[] = {
    {"seed", WEIR_T_INT, 0, "0", nullptr, 0, 1 << 30, "Another seed spreads the keys another way."}};
const weir_schema kSchema = {sizeof(weir_schema), 1, kKeys, nullptr};

const void *extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : nullptr;
}

const weir_dist kDist = {.struct_size = sizeof(weir_dist),
                         .flags = 0,
                         .create = create,
                         .destroy = destroy,
                         .worker_init = nullptr,
                         .worker_fini = nullptr,
                         .build = build,
                         .drop = drop,
                         .select = select,
                         .explain = nullptr};

const weir_component kComponents[] = {
    {WEIR_K_DIST, 0, "seeded_rendezvous", "highest score wins; honours weights", &kDist, extension}};

const weir_module kModule = {.struct_size = sizeof(weir_module),
                             .abi_major = WEIR_ABI_MAJOR,
                             .abi_minor = WEIR_ABI_MINOR,
                             .min_core_minor = 0,
                             .reserved = 0,
                             .component_count = 1,
                             .id = "org.example.rendezvous",
                             .version = "1.0",
                             .vendor = "Example",
                             .license = "MIT",
                             .url = "",
                             .required_extensions = nullptr,
                             .components = kComponents};

}  // namespace

extern "C" WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
