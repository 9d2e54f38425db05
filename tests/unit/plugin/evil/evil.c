/* A plugin that is right in everything but what a macro makes wrong. Each of the libraries made of it differs by one
 * definition; without any it is the good one, which the tests compare with. */
#include <weir/weir.h>

#include <stdlib.h>
#include <string.h>

#ifndef EVIL_ENTRY
#define EVIL_ENTRY weir_plugin_v0
#endif
#ifndef EVIL_STRUCT_SIZE
#define EVIL_STRUCT_SIZE sizeof(weir_module)
#endif
#ifndef EVIL_MINOR
#define EVIL_MINOR WEIR_ABI_MINOR
#endif
#ifndef EVIL_MIN_CORE
#define EVIL_MIN_CORE 0
#endif
#ifndef EVIL_VENDOR
#define EVIL_VENDOR "Example"
#endif
#ifndef EVIL_ID
#define EVIL_ID "org.example.evil"
#endif
#ifndef EVIL_COUNT
#define EVIL_COUNT 2
#endif
#ifndef EVIL_NAME
#define EVIL_NAME "evil_" EVIL_TARGET
#endif
#ifndef EVIL_HASH_NAME
#define EVIL_HASH_NAME "evil_hash_" EVIL_TARGET
#endif
#ifndef EVIL_HASH_KIND
#define EVIL_HASH_KIND WEIR_K_HASH
#endif
#ifndef EVIL_HASH_OPS
#define EVIL_HASH_OPS &kHash
#endif
#ifndef EVIL_BITS
#define EVIL_BITS 32
#endif
#ifndef EVIL_PARSE_RSP
#define EVIL_PARSE_RSP parse
#endif
#ifndef EVIL_OPS_SIZE
#define EVIL_OPS_SIZE sizeof(weir_protocol)
#endif
#ifndef EVIL_STATE
#define EVIL_STATE 16
#endif
#ifndef EVIL_FLAGS
#define EVIL_FLAGS 0
#endif
#ifndef EVIL_CMD
#define EVIL_CMD "get"
#endif
#ifndef EVIL_ROW0
#define EVIL_ROW0 "(other)"
#endif
#ifndef EVIL_CMD_COUNT
#define EVIL_CMD_COUNT 3
#endif
#ifndef EVIL_SUMMARY
#define EVIL_SUMMARY "for tests"
#endif
#ifndef EVIL_REQUIRES
#define EVIL_REQUIRES WEIR_EXT_CONFIG
#endif
#ifndef EVIL_KEY
#define EVIL_KEY "colour"
#endif
#ifndef EVIL_KEY_TYPE
#define EVIL_KEY_TYPE WEIR_T_STR
#endif

static int started;
__attribute__((constructor)) static void start(void) {
  started = 1;
} /* a side effect that is nobody's business */

#ifdef EVIL_UNRESOLVED
extern int weir_nowhere_to_be_found(void);
#endif
#ifdef EVIL_EXPORTS
WEIR_EXPORT int evil_first(void) {
  return 1;
}
WEIR_EXPORT int evil_second(void) {
  return 2;
}
WEIR_EXPORT int evil_third(void) {
  return 3;
}
WEIR_EXPORT int evil_fourth(void) {
  return 4;
}
#endif

static void *create(const weir_host *host, weir_errbuf *err) {
  (void)err;
#ifdef EVIL_UNRESOLVED
  if (weir_nowhere_to_be_found()) return NULL;
#endif
  (void)host;
  return calloc(1, 1);
}
static void destroy(void *inst) {
  free(inst);
}
static weir_status parse(const weir_scope *scope, weir_parse *p) {
  (void)scope;
  p->used = p->len;
  return WEIR_OK;
}
static weir_status reply(const weir_scope *scope, const weir_req *req, uint32_t err, weir_bytes text, weir_out *out) {
  (void)scope, (void)req, (void)err, (void)text, (void)out;
  return WEIR_OK;
}
static void run(const weir_scope *scope, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  (void)scope;
  for (uint32_t i = 0; i < n; ++i) out[i] = keys[i].len;
}

static const weir_cmd kCommands[] = {
    {EVIL_ROW0, 0, 0}, {EVIL_CMD, WEIR_CMD_READ, 0}, {"set", WEIR_CMD_WRITE | WEIR_CMD_MULTIKEY, 0}};
static const weir_protocol kProtocol = {
    .struct_size = EVIL_OPS_SIZE,
    .flags = EVIL_FLAGS,
    .cmds = kCommands,
    .cmd_count = EVIL_CMD_COUNT,
    .client_state_size = EVIL_STATE,
    .server_state_size = 8,
    .create = create,
    .destroy = destroy,
    .parse_req = parse,
    .parse_rsp = EVIL_PARSE_RSP,
    .reply = reply,
#ifdef EVIL_PAST_THE_END /* bytes that struct_size does not claim must not be believed */
    .render = (void *)1,
#endif
};
static const weir_hash kHash = {.struct_size = sizeof(weir_hash), .bits = EVIL_BITS, .run = run};

static const weir_schema_key kKeys[] = {
    {EVIL_KEY, EVIL_KEY_TYPE, WEIR_KEY_POOL, "green", NULL, 0, 0, "The colour of \"things\"."},
    {"password", WEIR_T_STR, WEIR_KEY_SECRET, NULL, NULL, 0, 0, "What opens them."},
    {"depth", WEIR_T_INT, 0, NULL, NULL, 1, 9, "How deep."}};
static const weir_schema kSchema = {sizeof(weir_schema), 3, kKeys, NULL};
static const void *extension(const char *id) {
  return strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : NULL;
}

static const weir_component kComponents[] = {
    {WEIR_K_PROTOCOL, 0, EVIL_NAME, EVIL_SUMMARY, &kProtocol, extension},
    {EVIL_HASH_KIND, 0, EVIL_HASH_NAME, "for tests too", EVIL_HASH_OPS, NULL},
};
static const char *const kRequires[] = {EVIL_REQUIRES, NULL};

static const weir_module kModule = {
    .struct_size = EVIL_STRUCT_SIZE,
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = EVIL_MINOR,
    .min_core_minor = EVIL_MIN_CORE,
    .component_count = EVIL_COUNT,
    .id = EVIL_ID,
    .version = "1.2",
    .vendor = EVIL_VENDOR,
    .license = "MIT",
    .url = "",
    .required_extensions = kRequires,
    .components = kComponents,
};

WEIR_EXPORT const weir_module *EVIL_ENTRY(void);
const weir_module *EVIL_ENTRY(void) {
#ifdef EVIL_CRASH
  *(volatile int *)8 = started; /* aligned, and nobody's */
#endif
#ifdef EVIL_NULL_MODULE
  return started ? NULL : &kModule;
#else
  return started ? &kModule : NULL;
#endif
}
