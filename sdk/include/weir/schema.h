/* weir/schema.h - what a component says about its own configuration, before any instance exists.
 *
 * Offered by a component as the extension "weir.schema/1" (weir_component.extension). The core checks names and types
 * against it, prints defaults with --print-config, and generates the configuration reference from it. A component
 * without one still gets its configuration; the core then learns its keys only from what create() reads.
 */
#ifndef WEIR_SCHEMA_H
#define WEIR_SCHEMA_H
#include "types.h"
WEIR_EXTERN_C_BEGIN

#define WEIR_EXT_SCHEMA "weir.schema/1"

enum {
  WEIR_T_BOOL = 1,  /* true or false */
  WEIR_T_INT = 2,   /* decimal digits, min..max */
  WEIR_T_STR = 3,
  WEIR_T_ENUM = 4,  /* one of the words in `choices`, separated by '|' */
  WEIR_T_DURATION = 5,
  WEIR_T_SIZE = 6,
  WEIR_T_LIST = 7,  /* a list of strings */
  WEIR_T_ANY = 8,
  WEIR_T_FILE = 9   /* a file's path, from the directory of the configuration file unless it begins with '/'. It must be
                     * readable; str() gives the whole path; a reload looks whether the file's content has changed */
};
enum {
  WEIR_KEY_POOL = 1,    /* may also be written directly in the pool, as nutcracker.yml does */
  WEIR_KEY_SECRET = 2   /* never printed, never logged */
};

/* ARRAY, {process}. */
typedef struct weir_schema_key {
  const char *name;
  uint32_t type, flags;      /* WEIR_T_*, WEIR_KEY_* */
  const char *fallback;      /* NULLABLE; the default, as it would be written in YAML; NULL = unset */
  const char *choices;       /* NULLABLE; WEIR_T_ENUM only: "a|b|c" */
  int64_t min, max;          /* WEIR_T_INT only; both 0 = no bounds */
  const char *help;          /* one sentence for the reference */
} weir_schema_key;

/* How a pool picks this protocol without `protocol:`: a boolean key written directly in the pool. */
typedef struct weir_schema_switch {
  const char *key; /* e.g. "redis": `redis: true` */
  uint32_t value;  /* the value that picks this component, 0 or 1 */
  uint32_t otherwise; /* 1: this component is also picked when the key is absent and `protocol:` too */
} weir_schema_switch;

typedef struct weir_schema {
  uint32_t struct_size, key_count;
  const weir_schema_key *keys;
  const weir_schema_switch *pick; /* NULLABLE; protocols only */
} weir_schema;

WEIR_ASSERT(sizeof(weir_schema_key) == 56);

WEIR_EXTERN_C_END
#endif
