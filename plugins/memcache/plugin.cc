// memcache.so: what memcached 1.6.18 speaks, in ascii (classic and meta commands) and in binary.
#include <weir/module.h>
#include <weir/protocol.h>
#include <weir/schema.h>

#include <cstring>
#include <new>

#include "arguments.h"
#include "command_table.h"
#include "filter_answers.h"
#include "line_tokens.h"
#include "local_replies.h"
#include "merger.h"
#include "probe.h"
#include "reply_parser.h"
#include "request_parser.h"
#include "settings.h"
#include "splitter.h"

namespace weir::memcache {
namespace {

constexpr uint32_t kMaxHead = 2 * kMaxLine;

void *create(const weir_host *host, weir_errbuf *err) {
  Settings settings;
  if (!read_settings(host, err, &settings)) return nullptr;
  return new (std::nothrow) Settings(settings);
}
void destroy(void *inst) {
  delete static_cast<Settings *>(inst);
}

void *worker_init(void *, uint32_t) {
  return new (std::nothrow) Merger;
}
void worker_fini(void *, void *worker) {
  delete static_cast<Merger *>(worker);
}

weir_status reply(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out) {
  if (err == WEIR_ERR_NONE && req) return answer_locally(scope, req->user, out);
  if (req && err >= WEIR_ERR_ANSWER && err <= WEIR_ERR_ANSWER_INT) return answer_for_filter(scope, req, err, text, out);
  return answer_failure(scope, req, err, text, out);
}

weir_status merge(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  if (!scope->worker) return WEIR_E_NOMEM;
  return static_cast<Merger *>(scope->worker)->merge(scope, *static_cast<const Settings *>(scope->inst), m, out);
}

constinit const weir_protocol kProtocol = {
    .struct_size = sizeof(weir_protocol),
    .flags = 0,
    .cmds = kCommandRows.data(),
    .cmd_count = kCommandCount,
    .client_state_size = sizeof(ClientState),
    .server_state_size = sizeof(ServerState),
    .max_head = kMaxHead,
    .tag_off = 0,
    .tag_width = 0,
    .create = create,
    .destroy = destroy,
    .worker_init = worker_init,
    .worker_fini = worker_fini,
    .parse_req = parse_requests,
    .parse_rsp = parse_replies,
    .reply = reply,
    .render = render_request,
    .merge = merge,
    .handshake = nullptr,
    .probe = probe_server,
    .retag = nullptr,
    .lease = watch_lease,
    .profile_idle = nullptr,
    .closed = nullptr,
    .args = args,
    .decode = decode_key,
};

const void *extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : nullptr;
}

const weir_component kComponents[] = {
    {WEIR_K_PROTOCOL, 0, "memcache", "memcached's protocols, classic, meta and binary", &kProtocol, extension},
};
const weir_module kModule = {
    .struct_size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .min_core_minor = 0,
    .reserved = 0,
    .component_count = 1,
    .id = "org.weir.memcache",
    .version = "0.1.0",
    .vendor = "weir",
    .license = "",
    .url = "",
    .required_extensions = nullptr,
    .components = kComponents,
};

}  // namespace
}  // namespace weir::memcache

extern "C" WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return &weir::memcache::kModule;
}
