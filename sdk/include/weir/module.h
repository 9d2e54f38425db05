/* weir/module.h - the one symbol a plugin file exports, and what it says about itself. */
#ifndef WEIR_MODULE_H
#define WEIR_MODULE_H
#include "types.h"
WEIR_EXTERN_C_BEGIN

struct weir_host;

enum {
  WEIR_K_PROTOCOL = 1,  /* ops: weir_protocol */
  WEIR_K_HASH = 2,      /* ops: weir_hash     */
  WEIR_K_DIST = 3,      /* ops: weir_dist     */
  WEIR_K_FILTER = 4,    /* ops: weir_filter   */
  WEIR_K_DISCOVERY = 5  /* reserved: where a pool's servers come from (Sentinel, cluster topologies) */
};                      /* a kind the core does not know is listed, not used */

/* ARRAY, {process}. One thing a pool's configuration can name. */
typedef struct weir_component {
  uint32_t kind, reserved;
  const char *name;    /* what the configuration calls it: lower case, digits, '_' and '-'; at most 64 bytes */
  const char *summary; /* one line for --list-plugins */
  const void *ops;     /* the kind's table, {process} */
  /* [any] NULLABLE. The component's own extensions by id, e.g. WEIR_EXT_SCHEMA; NULL = it has none of that name. */
  const void *(*extension)(const char *id);
} weir_component;

/* ---- weir.command/1: a component's own subcommand, `weir NAME ARGS...` ---------------------------------------------- */
#define WEIR_EXT_COMMAND "weir.command/1"
typedef struct weir_command {
  uint32_t struct_size, reserved;
  const char *name;    /* lower case, digits and '-' */
  const char *usage;   /* its arguments, e.g. "SCRIPT..." */
  const char *summary; /* one line for --help */
  /* Runs in a process of its own, with standard output and error: it may read files and take its time. args[0..n) follow
   * the name. The host offers weir.hashes/1 and weir.commands/1, and of weir.pools/1 nothing. The result is the
   * process's exit status: 0 = well, 1 = not, 2 = used wrongly (it has said how). */
  int32_t (*run)(const struct weir_host *, const weir_bytes *args, uint32_t n);
} weir_command;

/* Constant data, {process}. */
typedef struct weir_module {
  uint32_t struct_size;
  uint16_t abi_major, abi_minor; /* WEIR_ABI_MAJOR and WEIR_ABI_MINOR of the header it was compiled with */
  uint16_t min_core_minor, reserved;
  uint32_t component_count; /* 1..64 */
  const char *id;           /* reverse-dns, e.g. "org.example.colour" */
  const char *version, *vendor, *license, *url; /* non-null, may be "" */
  const char *const *required_extensions;       /* NULLABLE, NULL-terminated; one the core lacks = refused */
  const weir_component *components;
} weir_module;

/* The only exported symbol; the major is in its name, so that a clash is found before any code runs. No side effects:
 * --plugin-info calls it and nothing else, and it may be called more than once. */
#define WEIR_ENTRY weir_plugin_v0
#define WEIR_ENTRY_NAME "weir_plugin_v0"
WEIR_EXPORT const weir_module *weir_plugin_v0(void);

WEIR_ASSERT(sizeof(weir_component) == 40);
WEIR_ASSERT(sizeof(weir_module) == 72);

WEIR_EXTERN_C_END
#endif
