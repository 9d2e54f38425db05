// The plugin file redis.so: one protocol, "redis".
#include <weir/weir.h>

#include <cstring>
#include <new>

#include "command_table.h"
#include "error_replies.h"
#include "handshake.h"
#include "local_replies.h"
#include "merger.h"
#include "probe.h"
#include "refusals.h"
#include "renderer.h"
#include "reply_parser.h"
#include "request_parser.h"
#include "script_resend.h"
#include "subscription.h"

namespace weir::redis {

namespace {

// The longest token a parser must see in one piece: a key, or an inline line and what follows it in the buffer.
constexpr uint32_t kMaxHead = 128 * 1024;

const Settings &settings_of(const weir_scope *scope) {
  return *static_cast<const Settings *>(scope->inst);
}

void *create(const weir_host *host, weir_errbuf *err) try {
  auto settings = new Settings;
  if (settings->read(host, err)) return settings;
  delete settings;
  return nullptr;
} catch (const std::bad_alloc &) {
  return nullptr;
}

void destroy(void *inst) {
  delete static_cast<Settings *>(inst);
}

weir_status parse_req(const weir_scope *scope, weir_parse *p) {
  return parse_requests(settings_of(scope), *static_cast<ClientState *>(scope->state), p);
}

weir_status parse_rsp(const weir_scope *scope, weir_parse *p) {
  return parse_replies(settings_of(scope), *static_cast<ServerState *>(scope->state), p);
}

weir_status reply(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out) {
  if (err == WEIR_ERR_NONE && req) return answer_locally(settings_of(scope), scope, req, out);
  std::string_view words(reinterpret_cast<const char *>(text.ptr), text.len);
  return req ? answer_instead(scope, req, err, words, out) : write_core_error(scope, err, words, out);
}

weir_status render(const weir_scope *scope, const weir_render *r, weir_out *out) {
  bool topics = r->purpose == WEIR_RENDER_TOPICS_ON || r->purpose == WEIR_RENDER_TOPICS_OFF;
  if (topics) return render_topics(scope, r, out);
  if (r->purpose == WEIR_RENDER_RESEND) return render_script(settings_of(scope), scope, r, out);
  return render_request(settings_of(scope), scope, r, out);
}

weir_status merge(const weir_scope *scope, const weir_merge *m, weir_out *out) {
  return merge_replies(settings_of(scope), scope, m, out);
}

weir_status handshake(const weir_scope *scope, uint64_t profile, uint32_t step, const weir_rsp *prev, weir_out *out,
                      weir_errbuf *err) {
  return shake_hands(settings_of(scope), scope, profile, step, prev, out, err);
}

weir_status probe(const weir_scope *scope, uint32_t step, const weir_rsp *prev, weir_out *out, weir_errbuf *err) {
  return probe_server(scope, step, prev, out, err);
}

void lease(const weir_scope *client, const weir_req *begin, uint32_t server, uint32_t on) {
  ClientState &st = *static_cast<ClientState *>(client->state);
  if (kCommands[begin->cmd].policy == Policy::kSubscription)
    subscription_lease(st, on != 0);
  else if (UserWord::unpack(begin->user).value & kTxRequest)
    transaction_lease(st, server, on != 0);
}

void closed(const weir_scope *scope, uint32_t is_server) {
  if (!is_server) static_cast<ClientState *>(scope->state)->tx.queue.clear();
}

uint32_t args(const weir_scope *scope, const weir_req *, weir_bytes message, weir_bytes *out, uint32_t cap) {
  return list_arguments(scope, message, out, cap);
}

const void *extension(const char *id) {
  return std::strcmp(id, WEIR_EXT_SCHEMA) == 0 ? schema() : nullptr;
}

}  // namespace

const weir_module *module() {
  static const weir_protocol ops = {
      .struct_size = sizeof(weir_protocol),
      .flags = 0,
      .cmds = kCmds,
      .cmd_count = kCommandCount,
      .client_state_size = sizeof(ClientState),
      .server_state_size = sizeof(ServerState),
      .max_head = kMaxHead,
      .tag_off = 0,
      .tag_width = 0,
      .create = create,
      .destroy = destroy,
      .worker_init = nullptr,
      .worker_fini = nullptr,
      .parse_req = parse_req,
      .parse_rsp = parse_rsp,
      .reply = reply,
      .render = render,
      .merge = merge,
      .handshake = handshake,
      .probe = probe,
      .retag = nullptr,
      .lease = lease,
      .profile_idle = nullptr,
      .closed = closed,
      .args = args,
      .decode = nullptr,
  };
  static const weir_component components[] = {
      {WEIR_K_PROTOCOL, 0, "redis", "Redis and everything that speaks RESP2 or RESP3", &ops, extension}};
  static const weir_module about = {
      .struct_size = sizeof(weir_module),
      .abi_major = WEIR_ABI_MAJOR,
      .abi_minor = WEIR_ABI_MINOR,
      .min_core_minor = WEIR_ABI_MINOR,
      .reserved = 0,
      .component_count = 1,
      .id = "org.weir.redis",
      .version = "0.1.0",
      .vendor = "weir",
      .license = "",
      .url = "",
      .required_extensions = nullptr,
      .components = components,
  };
  return &about;
}

}  // namespace weir::redis

extern "C" WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return weir::redis::module();
}
