// The plugin file lua.so: one filter, "lua", and the subcommand that tests scripts.
#include <weir/weir.h>

#include <cstring>
#include <memory>
#include <new>

#include "decide.h"
#include "instance.h"
#include "log.h"
#include "test_command.h"
#include "text.h"

namespace weir::lua {
namespace {

void *create(const weir_host *host, weir_errbuf *err) try {
  Settings settings;
  if (!settings.read(host, err)) return nullptr;
  auto instance = std::make_unique<Instance>(host, std::move(settings));
  std::string why;
  if (instance->check(why)) return instance.release();
  explain(err, why);
  return nullptr;
} catch (const std::bad_alloc &) {
  return nullptr;
}

void destroy(void *inst) {
  delete static_cast<Instance *>(inst);
}

void *worker_init(void *inst, uint32_t worker_id) try {
  auto state = std::make_unique<State>(*static_cast<Instance *>(inst), Mode::kWorker, worker_id);
  if (!state->failure().empty()) log_line(*state, WEIR_LOG_ERROR, state->failure());
  return state.release();
} catch (const std::bad_alloc &) {
  return nullptr;
}

void worker_fini(void *, void *worker) {
  delete static_cast<State *>(worker);
}

weir_status interests(void *inst, weir_bytes, const weir_cmd *commands, uint32_t n, uint8_t *want,
                      weir_errbuf *err) try {
  std::string why;
  if (static_cast<Instance *>(inst)->resolve(commands, n, want, why)) return WEIR_OK;
  explain(err, why);
  return WEIR_E_CONFIG;
} catch (const std::bad_alloc &) {
  return WEIR_E_NOMEM;
}

weir_status on_request(const weir_scope *scope, const weir_view *view, weir_verdict *verdict) try {
  auto *state = static_cast<State *>(scope->worker);
  if (state == nullptr || !state->failure().empty()) return WEIR_E_FAIL;
  return run_request_hooks(*state, scope, view, verdict);
} catch (const std::bad_alloc &) {
  return WEIR_E_NOMEM;
}

void on_response(const weir_scope *scope, const weir_view *view, const weir_outcome *outcome) try {
  auto *state = static_cast<State *>(scope->worker);
  if (state != nullptr && state->failure().empty()) run_response_hooks(*state, scope, view, outcome);
} catch (const std::bad_alloc &) {
  return;  // there is nobody to tell
}

const void *extension(const char *id) {
  if (std::strcmp(id, WEIR_EXT_SCHEMA) == 0) return schema();
  return std::strcmp(id, WEIR_EXT_COMMAND) == 0 ? test_command() : nullptr;
}

}  // namespace
}  // namespace weir::lua

extern "C" WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  using namespace weir::lua;
  static const weir_filter ops = {.struct_size = sizeof(weir_filter),
                                  .flags = 0,
                                  .create = create,
                                  .destroy = destroy,
                                  .worker_init = worker_init,
                                  .worker_fini = worker_fini,
                                  .interests = interests,
                                  .on_request = on_request,
                                  .on_response = on_response};
  static const weir_component components[] = {
      {WEIR_K_FILTER, 0, "lua", "a script in Lua 5.4 that rewrites, routes, answers and observes", &ops, extension}};
  static const weir_module about = {.struct_size = sizeof(weir_module),
                                    .abi_major = WEIR_ABI_MAJOR,
                                    .abi_minor = WEIR_ABI_MINOR,
                                    .min_core_minor = WEIR_ABI_MINOR,
                                    .reserved = 0,
                                    .component_count = 1,
                                    .id = "org.weir.lua",
                                    .version = "0.1.0",
                                    .vendor = "weir",
                                    .license = "",
                                    .url = "",
                                    .required_extensions = nullptr,
                                    .components = components};
  return &about;
}
