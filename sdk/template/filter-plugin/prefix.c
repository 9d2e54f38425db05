/* A filter plugin in one file: puts a prefix before every key. Copy the folder, decide something else in on_request(),
 * rename.
 *
 *   pools: { cache: { prefix: { text: "shop:" }, ... } }
 */
#include <stdlib.h>
#include <string.h>
#include <weir/filter.h>
#include <weir/module.h>
#include <weir/schema.h>

typedef struct instance {
  uint64_t len;
  uint8_t text[];
} instance;

static void *refuse(weir_errbuf *err, const char *why) {
  const size_t len = strlen(why);
  err->len = len < err->cap ? (uint32_t)len : err->cap;
  memcpy(err->ptr, why, err->len);
  return NULL;
}

/* Once a pool, and whenever the configuration is checked. */
static void *create(const weir_host *host, weir_errbuf *err) {
  const weir_config *config = host->extension(host, WEIR_EXT_CONFIG);
  const weir_node *node = config == NULL ? NULL : config->get(config->root(host), "text");
  weir_bytes text = {NULL, 0};
  if (node != NULL && config->str(node, &text) != WEIR_OK) return NULL; /* it has complained, with file and line */
  if (text.len == 0) return refuse(err, "expected \"text\", the prefix of all keys");
  instance *made = malloc(sizeof *made + text.len);
  if (made == NULL) return refuse(err, "out of memory");
  made->len = text.len;
  memcpy(made->text, text.ptr, text.len);
  return made;
}

static void destroy(void *inst) {
  free(inst);
}

/* Commands that read or write keys. The others cost nothing, and channels keep their names. */
static weir_status interests(void *inst, weir_bytes protocol, const weir_cmd *commands, uint32_t n, uint8_t *want,
                             weir_errbuf *err) {
  (void)inst, (void)protocol, (void)err;
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t flags = commands[i].flags;
    if ((flags & (WEIR_CMD_READ | WEIR_CMD_WRITE)) != 0 && (flags & WEIR_CMD_TOPICS) == 0) want[i] = WEIR_WANT_REQUEST;
  }
  return WEIR_OK;
}

/* The arena is emptied when the request is on its way: nothing here is freed, and nothing is shared between workers. */
static weir_status on_request(const weir_scope *scope, const weir_view *view, weir_verdict *verdict) {
  const instance *prefix = scope->inst;
  for (uint32_t i = 0; i < view->key_count; ++i) {
    const weir_bytes key = view->keys[i];
    uint8_t *to = scope->arena->alloc(scope->arena, prefix->len + key.len, 1);
    if (to == NULL) return WEIR_E_NOMEM; /* the request goes as on_error says */
    memcpy(to, prefix->text, prefix->len);
    if (key.len > 0) memcpy(to + prefix->len, key.ptr, key.len);
    verdict->new_keys[i] = (weir_bytes){to, prefix->len + key.len};
    verdict->rekeyed[i] = 1;
  }
  verdict->rekey_count = view->key_count;
  return WEIR_OK;
}

static const weir_filter kFilter = {.struct_size = sizeof(weir_filter),
                                    .create = create,
                                    .destroy = destroy,
                                    .interests = interests,
                                    .on_request = on_request};

static const weir_schema_key kKeys[] = {
    {.name = "text", .type = WEIR_T_STR, .help = "What is put before every key; mandatory."},
};
static const weir_schema kSchema = {.struct_size = sizeof(weir_schema), .key_count = 1, .keys = kKeys};

static const void *extension(const char *id) {
  return strcmp(id, WEIR_EXT_SCHEMA) == 0 ? &kSchema : NULL;
}

static const weir_component kComponents[] = {
    {.kind = WEIR_K_FILTER,
     .name = "prefix",
     .summary = "puts a prefix before every key",
     .ops = &kFilter,
     .extension = extension},
};

static const weir_module kModule = {
    .struct_size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .component_count = sizeof kComponents / sizeof *kComponents,
    .id = "org.example.prefix",
    .version = "1.0",
    .vendor = "Example",
    .license = "MIT",
    .url = "",
    .components = kComponents,
};

WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
