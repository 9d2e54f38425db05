/* A hash plugin in one file: copy the folder, put your function in the place of hash_key(), rename.
 *
 *   pools: { cache: { hash: sum31, ... } }
 */
#include <weir/hash.h>
#include <weir/module.h>

/* The same on every machine and in every release: it decides where data lies. */
static uint32_t hash_key(const uint8_t *key, uint64_t len) {
  uint32_t h = 0;
  for (uint64_t i = 0; i < len; ++i) h = h * 31u + key[i];
  return h;
}

static void run(const weir_scope *scope, const weir_bytes *keys, uint32_t n, uint64_t *out) {
  (void)scope;
  for (uint32_t i = 0; i < n; ++i) out[i] = hash_key(keys[i].ptr, keys[i].len);
}

static const weir_hash kHash = {.struct_size = sizeof(weir_hash), .bits = 32, .run = run};

static const weir_component kComponents[] = {
    {.kind = WEIR_K_HASH, .name = "sum31", .summary = "sum of bytes, times 31 at each step", .ops = &kHash},
};

static const weir_module kModule = {
    .struct_size = sizeof(weir_module),
    .abi_major = WEIR_ABI_MAJOR,
    .abi_minor = WEIR_ABI_MINOR,
    .component_count = sizeof kComponents / sizeof *kComponents,
    .id = "org.example.sum31",
    .version = "1.0",
    .vendor = "Example",
    .license = "MIT",
    .url = "",
    .components = kComponents,
};

WEIR_EXPORT const weir_module *weir_plugin_v0(void) {
  return &kModule;
}
