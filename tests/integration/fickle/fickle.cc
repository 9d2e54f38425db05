// The filter "fickle": what it decides is left to chance, and much of it is nothing that a filter may decide. What it
// says of itself is always of the request it was asked about: keys get something put before them, answers are the
// request's last word.
#include <weir/weir.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <random>
#include <string>

namespace {

template <class T>
const T *extension(const weir_host *host, const char *id) {
  return static_cast<const T *>(host->extension(host, id));
}

struct Fickle {
  const weir_host *host;
  const weir_pools *pools;
  uint32_t target = UINT32_MAX;
  int64_t seed = 1;
  bool honest = false;  // only what may be decided
};

class Worker {
 public:
  Worker(const Fickle &fickle, uint32_t number)
      : fickle_(fickle), random_(static_cast<uint32_t>(fickle.seed) * 64 + number) {}

  weir_status decide(const weir_scope &scope, const weir_view &view, weir_verdict &verdict) {
    look_at(view);
    if (chance(40)) return WEIR_OK;
    if (!fickle_.honest && chance(5)) return pick(2) == 0 ? WEIR_E_FAIL : static_cast<weir_status>(1 + pick(9));
    verdict.user = random_();
    if (chance(15)) say(view, verdict);
    if (chance(50)) send(verdict);
    if (chance(50)) rewrite(scope, view, verdict);
    if (chance(20)) tag(verdict);
    return WEIR_OK;
  }
  void look_at(const weir_view &view) {
    const uint32_t words = view.arg_count(&view);
    if (chance(80)) return;
    const weir_bytes peer = view.client(&view), beyond = view.arg(&view, words + static_cast<uint32_t>(pick(3)));
    seen_ += peer.len + beyond.len;
    for (uint32_t i = 0; i < words && i < 5; ++i) seen_ += view.arg(&view, i).len;
  }

 private:
  size_t pick(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool chance(int percent) { return static_cast<int>(pick(100)) < percent; }
  bool lies(int percent) { return !fickle_.honest && chance(percent); }
  static weir_bytes bytes_of(const std::string &text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
  }

  // Something in the server's place.
  void say(const weir_view &view, weir_verdict &verdict) {
    const bool drops = chance(1);
    verdict.action = drops ? WEIR_V_DROP_CLIENT : pick(2) == 0 ? WEIR_V_REJECT : WEIR_V_ANSWER;
    if (lies(10)) verdict.action = static_cast<uint32_t>(4 + pick(1000));
    verdict.answer = static_cast<uint32_t>(WEIR_ERR_ANSWER + pick(4));
    if (lies(20)) verdict.answer = static_cast<uint32_t>(pick(40));
    const weir_bytes word = view.arg(&view, view.arg_count(&view) - 1);
    said_.assign(reinterpret_cast<const char *>(word.ptr), word.len);
    if (verdict.answer == WEIR_ERR_ANSWER_INT && !lies(20)) said_ = pick(2) == 0 ? "7" : "-12";
    if (verdict.action == WEIR_V_REJECT && chance(10)) said_ += "\r\n$5\r\n" + std::string(pick(2000), '\0');
    verdict.text = bytes_of(said_);
    if (lies(5)) verdict.text = {nullptr, 5};
  }
  void send(weir_verdict &verdict) {
    const auto any = [this] { return pick(2) == 0 ? fickle_.target : fickle_.pools->own(fickle_.host); };
    if (chance(60)) verdict.pool = any();
    if (chance(30)) verdict.server = static_cast<uint32_t>(pick(2));
    if (chance(30)) verdict.mirror_pool = any();
    if (lies(10)) verdict.pool = static_cast<uint32_t>(pick(9));
    if (lies(10)) verdict.server = static_cast<uint32_t>(pick(2) == 0 ? pick(9) : UINT32_MAX - 1 - pick(9));
    if (lies(10)) verdict.mirror_pool = static_cast<uint32_t>(pick(9));
  }
  void rewrite(const weir_scope &scope, const weir_view &view, weir_verdict &verdict) {
    const size_t which = pick(20);
    std::string before = which == 0   ? std::string(300 + pick(2'000), 'x')
                         : which == 1 ? std::string(1, '\0') + "\r\n" + std::string(pick(20), ' ')
                         : which == 2 ? std::string(pick(200'000), 'x')
                                      : "f:";
    const bool all = chance(70);
    for (uint32_t i = 0; i < view.key_count; ++i) {
      if (!all && pick(2) == 0) continue;
      const weir_bytes key = view.keys[i];
      auto *to = static_cast<uint8_t *>(scope.arena->alloc(scope.arena, before.size() + key.len, 1));
      if (to == nullptr) return;
      std::copy_n(key.ptr, key.len, std::copy(before.begin(), before.end(), to));
      verdict.new_keys[i] = {to, before.size() + key.len};
      verdict.rekeyed[i] = lies(5) ? 255 : 1;
      ++verdict.rekey_count;
      if (lies(2)) verdict.new_keys[i] = {nullptr, key.len};
      if (lies(2)) verdict.new_keys[i].len = pick(2) == 0 ? 0 : UINT64_MAX - pick(2);
    }
    if (lies(5)) verdict.rekey_count = static_cast<uint32_t>(pick(2) == 0 ? pick(4) : UINT32_MAX - pick(4));
    if (lies(2)) verdict.new_keys = nullptr;
    if (lies(2)) verdict.rekeyed = reinterpret_cast<uint8_t *>(&verdict);
  }
  void tag(weir_verdict &verdict) {
    tag_ = "tag" + std::to_string(pick(1'000));
    if (lies(10)) tag_.resize(65 + pick(100), 't');
    verdict.tag = bytes_of(tag_);
    if (lies(5)) verdict.tag = {nullptr, 3};
  }

  const Fickle &fickle_;
  std::mt19937 random_;
  std::string said_, tag_;
  uint64_t seen_ = 0;
};

// ---- the component

void *create(const weir_host *host, weir_errbuf *err) {
  const auto *config = extension<weir_config>(host, WEIR_EXT_CONFIG);
  auto *fickle = new Fickle{host, extension<weir_pools>(host, WEIR_EXT_POOLS)};
  weir_bytes target{};
  bool ok = true;
  if (const weir_node *node = config->get(config->root(host), "seed"); node != nullptr)
    ok = config->i64(node, &fickle->seed) == WEIR_OK;
  if (const weir_node *node = config->get(config->root(host), "target"); ok && node != nullptr) {
    ok = config->str(node, &target) == WEIR_OK;
    const std::string name(reinterpret_cast<const char *>(target.ptr), target.len);
    if (ok) fickle->target = fickle->pools->target(host, name.c_str(), err);
  }
  if (const weir_node *node = config->get(config->root(host), "honest"); ok && node != nullptr) {
    uint32_t yes = 0;
    ok = config->boolean(node, &yes) == WEIR_OK;
    fickle->honest = yes != 0;
  }
  if (ok) return fickle;
  delete fickle;
  return nullptr;
}

void destroy(void *inst) {
  delete static_cast<Fickle *>(inst);
}

void *worker_init(void *inst, uint32_t worker) {
  return new Worker(*static_cast<Fickle *>(inst), worker);
}

void worker_fini(void *, void *worker) {
  delete static_cast<Worker *>(worker);
}

weir_status interests(void *, weir_bytes, const weir_cmd *, uint32_t n, uint8_t *want, weir_errbuf *) {
  for (uint32_t i = 0; i < n; ++i) want[i] = WEIR_WANT_REQUEST | WEIR_WANT_RESPONSE;
  return WEIR_OK;
}

weir_status on_request(const weir_scope *scope, const weir_view *view, weir_verdict *verdict) {
  return static_cast<Worker *>(scope->worker)->decide(*scope, *view, *verdict);
}

void on_response(const weir_scope *scope, const weir_view *view, const weir_outcome *) {
  static_cast<Worker *>(scope->worker)->look_at(*view);
}

const weir_schema_key kKeys[] = {{"seed", WEIR_T_INT, 0, "1", nullptr, 0, 0, "What chance begins with."},
                                 {"target", WEIR_T_STR, 0, nullptr, nullptr, 0, 0, "A pool to send requests to."},
                                 {"honest", WEIR_T_BOOL, 0, "false", nullptr, 0, 0, "Whether all of it is legal."}};
const weir_schema kSchema = {sizeof(weir_schema), std::size(kKeys), kKeys, nullptr};

const void *own_extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : nullptr;
}

const weir_filter kFickle = {sizeof(weir_filter), 0,         create,     destroy,    worker_init,
                             worker_fini,         interests, on_request, on_response};
const weir_component kComponents[] = {{WEIR_K_FILTER, 0, "fickle", "for tests", &kFickle, own_extension}};
const weir_module kModule = {.struct_size = sizeof(weir_module),
                             .abi_major = WEIR_ABI_MAJOR,
                             .abi_minor = WEIR_ABI_MINOR,
                             .min_core_minor = 0,
                             .reserved = 0,
                             .component_count = 1,
                             .id = "test.fickle",
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
