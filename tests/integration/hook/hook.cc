// The filter "hook" and its command, for stories about what the core does for filters: it reads a file, counts, keeps
// time and does nothing to requests.
#include <weir/weir.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

namespace {

template <class T>
const T *extension(const weir_host *host, const char *id) {
  return static_cast<const T *>(host->extension(host, id));
}

struct Hook {
  const weir_host *host;
  const weir_stats *stats;
  const weir_loop *loop;
  std::string refuses = {};  // the command it cannot bear
  uint32_t ticks = 0, seen = 0, level = 0, size = 0;
};

struct WorkerState {
  Hook *hook;
  uint64_t *cells;
  uint32_t worker;
};

std::string first_line(const weir_config *config, const weir_node *node) {
  weir_bytes path{};
  std::string line;
  if (node == nullptr || config->str(node, &path) != WEIR_OK) return line;
  std::ifstream file(std::string(reinterpret_cast<const char *>(path.ptr), path.len));
  std::getline(file, line);
  return line;
}

void refuse(weir_errbuf *err, const std::string &text) {
  err->len = static_cast<uint32_t>(text.size() < err->cap ? text.size() : err->cap);
  std::memcpy(err->ptr, text.data(), err->len);
}

// The file's first line is the name of the gauge, or "refuse COMMAND".
void *create(const weir_host *host, weir_errbuf *err) {
  const auto *config = extension<weir_config>(host, WEIR_EXT_CONFIG);
  std::string line = first_line(config, config->get(config->root(host), "file"));
  auto *hook = new Hook{host, extension<weir_stats>(host, WEIR_EXT_STATS), extension<weir_loop>(host, WEIR_EXT_LOOP)};
  if (line.starts_with("refuse ")) hook->refuses = line.substr(7);
  hook->ticks = hook->stats->define(host, WEIR_S_COUNTER, "ticks", "");
  hook->seen = hook->stats->define(host, WEIR_S_COUNTER, "seen", "");
  hook->level =
      hook->stats->define(host, WEIR_S_GAUGE, line.empty() || !hook->refuses.empty() ? "level" : line.c_str(), "");
  hook->size = hook->stats->define(host, WEIR_S_HISTOGRAM, "size", "");
  if (hook->level == UINT32_MAX) {
    refuse(err, "the file's first line is no name");
    delete hook;
    return nullptr;
  }
  return hook;
}

void destroy(void *inst) {
  delete static_cast<Hook *>(inst);
}

void tick(void *ud) {
  auto &state = *static_cast<WorkerState *>(ud);
  weir_count(state.cells, state.hook->ticks, 1);
  state.hook->stats->observe(state.hook->host, state.worker, state.hook->size, 1'000);
}

void *worker_init(void *inst, uint32_t worker) {
  auto *hook = static_cast<Hook *>(inst);
  auto *state = new WorkerState{hook, hook->stats->cells(hook->host, worker), worker};
  weir_set(state->cells, hook->level, 7);
  hook->loop->timer(hook->host, worker, 1'000, 0, tick, state);
  return state;
}

void worker_fini(void *, void *worker) {
  delete static_cast<WorkerState *>(worker);
}

weir_status interests(void *inst, weir_bytes, const weir_cmd *cmds, uint32_t n, uint8_t *want, weir_errbuf *err) {
  auto *hook = static_cast<Hook *>(inst);
  for (uint32_t i = 0; i < n; ++i) {
    want[i] = WEIR_WANT_REQUEST;
    if (hook->refuses == cmds[i].name) {
      refuse(err, "cannot bear " + hook->refuses);
      return WEIR_E_CONFIG;
    }
  }
  return WEIR_OK;
}

weir_status on_request(const weir_scope *scope, const weir_view *, weir_verdict *verdict) {
  auto &state = *static_cast<WorkerState *>(scope->worker);
  weir_count(state.cells, state.hook->seen, 1);
  static const char kTag[] = "all";
  verdict->tag = {reinterpret_cast<const uint8_t *>(kTag), 3};
  return WEIR_OK;
}

// Says what it was given, and what it may ask of the core.
int32_t run(const weir_host *host, const weir_bytes *args, uint32_t n) {
  const auto *hashes = extension<weir_hashes>(host, WEIR_EXT_HASHES);
  const auto *commands = extension<weir_commands>(host, WEIR_EXT_COMMANDS);
  uint32_t rows = 0;
  commands->table(host, "redis", &rows);
  const void *hash = hashes->find(host, "fnv1a_64");
  std::printf("%d commands\n", rows > 100 ? 1 : 0);
  for (uint32_t i = 0; i < n; ++i) {
    std::printf("%.*s %llx\n", static_cast<int>(args[i].len), reinterpret_cast<const char *>(args[i].ptr),
                static_cast<unsigned long long>(hashes->run(hash, args[i])));
  }
  return n == 0 ? 2 : 0;
}

const weir_schema_key kKeys[] = {{"file", WEIR_T_FILE, 0, nullptr, nullptr, 0, 0, "A file."}};
const weir_schema kSchema = {sizeof(weir_schema), 1, kKeys, nullptr};
const weir_command kCommand = {sizeof(weir_command), 0, "hook-hash", "KEY...", "hash keys", run};

const void *own_extension(const char *id) {
  if (std::strcmp(id, WEIR_EXT_SCHEMA) == 0) return &kSchema;
  return std::strcmp(id, WEIR_EXT_COMMAND) == 0 ? &kCommand : nullptr;
}

const weir_filter kHook = {sizeof(weir_filter), 0,         create,     destroy, worker_init,
                           worker_fini,         interests, on_request, nullptr};
const weir_component kComponents[] = {{WEIR_K_FILTER, 0, "hook", "for tests", &kHook, own_extension}};
const weir_module kModule = {.struct_size = sizeof(weir_module),
                             .abi_major = WEIR_ABI_MAJOR,
                             .abi_minor = WEIR_ABI_MINOR,
                             .min_core_minor = 0,
                             .reserved = 0,
                             .component_count = 1,
                             .id = "test.hook",
                             .version = "1",
                             .vendor = "",
                             .license = "",
                             .url = "",
                             .required_extensions = nullptr,
                             .components = kComponents};

}  // namespace

const weir_module *weir_plugin_v0() {
  return &kModule;
}
